import type { IconName } from '../../ground/assets/icons.ts';
import { mayDo, type Right, type Role } from '../../people/workspaces/roles.ts';

/** A place of the dashboard, as menus, bars and the list of shortcuts name it. */
export type NavigationPlace = {
  /** The `section` or `place` of its pages. */
  name: string;
  href: string;
  label: string;
  icon: IconName;
  /** Follows G on the keyboard. */
  key?: string;
  /** The right that its page asks for; `instance`: to look after the instance. Without one it is for every member. */
  right?: Right | 'instance';
};

/** The main places of a workspace. @param home its address, '/w/acme' */
export const mainPlaces = (home: string): NavigationPlace[] => [
  { name: 'links', href: `${home}/links`, label: 'Links', icon: 'link', key: 'l' },
  { name: 'campaigns', href: `${home}/campaigns`, label: 'Campaigns', icon: 'megaphone', key: 'c' },
  { name: 'reports', href: `${home}/reports`, label: 'Reports', icon: 'chart-no-axes-column', key: 'r' },
];

/** The places below Settings. */
export const settingsPlaces = (home: string): NavigationPlace[] => [
  { name: 'workspace', href: `${home}/settings`, label: 'Workspace', icon: 'building-2' },
  { name: 'members', href: `${home}/members`, label: 'Members', icon: 'users' },
  { name: 'domains', href: `${home}/domains`, label: 'Domains', icon: 'globe' },
  { name: 'keys', href: `${home}/keys`, label: 'API keys', icon: 'key-round' },
  { name: 'shares', href: `${home}/shares`, label: 'Shared reports', icon: 'share-2' },
  { name: 'mailings', href: `${home}/mailings`, label: 'Reports by mail', icon: 'mail' },
  { name: 'profile', href: '/profile', label: 'Profile', icon: 'user' },
  { name: 'mail', href: '/admin/mail', label: 'Mail', icon: 'mail', right: 'instance' },
];

/**
 * The places whose pages somebody may open.
 * @param isAdmin of the instance
 */
export const placesFor = (places: readonly NavigationPlace[], role: Role, isAdmin: boolean): NavigationPlace[] =>
  places.filter(({ right }) => right === undefined || (right === 'instance' ? isAdmin : mayDo(role, right)));
