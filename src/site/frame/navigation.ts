import type { IconName } from '../../ground/assets/icons.ts';
import { mayDo, type Right, type Role } from '../../people/workspaces/roles.ts';

/** Parts of the navigation. The last three are the scopes of settings, each with a shell of its own. */
export type PlaceGroup = 'main' | 'reports' | 'library' | SettingsScope;
export type SettingsScope = 'workspace' | 'account' | 'server';

type Offered = {
  name: string;
  label: string;
  icon: IconName;
  /** Other words that find it in the search, in small letters. */
  words?: string;
  /** The right that its page asks for; `instance`: to look after the instance. Without one it is for every member. */
  right?: Right | 'instance';
};

/** A place of the dashboard, as bars, menus, shortcuts and the search name it; its name is the `section` of its pages. */
export type NavigationPlace = Offered & {
  group: PlaceGroup;
  href: string;
  /** Follows G on the keyboard. */
  key?: string;
};

/** Something to do, as the search offers it. It has an address, a form of the frame that it sends, or a dialog alone. */
export type NavigationAction = Offered & {
  href?: string;
  /** The id of a form that stands on every page. */
  form?: string;
  /** The id of a dialog that scripts open instead. */
  opens?: string;
};

/** THE list of places, in the order of the sidebar. @param home the address of a workspace, '/w/acme' */
export const placesBelow = (home: string): NavigationPlace[] => [
  { name: 'links', group: 'main', href: `${home}/links`, label: 'Links', icon: 'link', key: 'l', words: 'short urls' },
  { name: 'campaigns', group: 'main', href: `${home}/campaigns`, label: 'Campaigns', icon: 'megaphone', key: 'c' },
  {
    name: 'reports',
    group: 'main',
    href: `${home}/reports`,
    label: 'Reports',
    icon: 'chart-no-axes-column',
    key: 'r',
    words: 'analytics statistics clicks visitors',
  },
  { name: 'realtime', group: 'reports', href: `${home}/realtime`, label: 'Realtime', icon: 'activity', words: 'live' },
  { name: 'compare', group: 'reports', href: `${home}/compare`, label: 'Compare', icon: 'chart-line' },
  { name: 'views', group: 'reports', href: `${home}/views`, label: 'Saved views', icon: 'bookmark' },
  { name: 'shares', group: 'reports', href: `${home}/shares`, label: 'Shared reports', icon: 'share-2' },
  {
    name: 'mailings',
    group: 'reports',
    href: `${home}/mailings`,
    label: 'Reports by mail',
    icon: 'mail',
    words: 'email weekly monthly',
  },
  { name: 'tags', group: 'library', href: `${home}/tags`, label: 'Tags', icon: 'tag', key: 't', words: 'labels' },
  {
    name: 'templates',
    group: 'library',
    href: `${home}/templates`,
    label: 'Link templates',
    icon: 'layout-template',
    words: 'presets defaults',
  },
  {
    name: 'domains',
    group: 'library',
    href: `${home}/domains`,
    label: 'Domains',
    icon: 'globe',
    key: 'd',
    words: 'dns hosts brand settings',
  },
  {
    name: 'history',
    group: 'library',
    href: `${home}/history`,
    label: 'History',
    icon: 'history',
    key: 'h',
    words: 'changes undo audit trail activity',
  },
  {
    name: 'general',
    group: 'workspace',
    href: `${home}/settings`,
    label: 'General',
    icon: 'settings',
    key: 's',
    words: 'settings workspace name time zone delete',
  },
  {
    name: 'members',
    group: 'workspace',
    href: `${home}/members`,
    label: 'Members',
    icon: 'users',
    words: 'settings people team roles invitations',
  },
  {
    name: 'keys',
    group: 'workspace',
    href: `${home}/keys`,
    label: 'API keys',
    icon: 'key-round',
    words: 'settings developers programs tokens',
  },
  {
    name: 'conversions',
    group: 'workspace',
    href: `${home}/conversions`,
    label: 'Conversions',
    icon: 'circle-check',
    words: 'settings goals purchases sign-ups postback pixel script tracking',
  },
  {
    name: 'profile',
    group: 'account',
    href: '/account',
    label: 'Profile',
    icon: 'user',
    words: 'settings my account name e-mail address',
  },
  {
    name: 'security',
    group: 'account',
    href: '/account/security',
    label: 'Security',
    icon: 'shield-check',
    words: 'settings my account password sessions log in delete',
  },
  {
    name: 'outbox',
    group: 'server',
    href: '/admin/mail',
    label: 'Mail',
    icon: 'server',
    right: 'instance',
    words: 'settings admin outbox smtp',
  },
];

/** The scopes of settings, as headings, menus and the search call them. */
export const settingsScopes: Readonly<Record<SettingsScope, string>> = {
  workspace: 'Workspace settings',
  account: 'Account',
  server: 'Server',
};

/** Names of the places in the bar of a phone, which has its button for new links in their middle, and More at the end. */
export const tabNames = ['links', 'reports', 'campaigns'] as const;

/**
 * THE list of things to do from anywhere, in the order in which the search offers them.
 * @param home the address of a workspace, '/w/acme'
 * @param others the other workspaces of the person
 */
export const actionsBelow = (home: string, others: readonly { name: string; slug: string }[]): NavigationAction[] => [
  {
    name: 'create-link',
    href: `${home}/links/new`,
    opens: 'create-link',
    label: 'Create a link',
    icon: 'plus',
    right: 'changeLinks',
    words: 'new add shorten url',
  },
  {
    name: 'create-several',
    href: `${home}/links/several`,
    label: 'Create several links',
    icon: 'list-plus',
    right: 'changeLinks',
    words: 'new add bulk many csv import channels utm list',
  },
  {
    name: 'create-campaign',
    href: `${home}/campaigns/new`,
    label: 'Create a campaign',
    icon: 'megaphone',
    right: 'organise',
    words: 'new add',
  },
  {
    name: 'share-report',
    href: `${home}/shares`,
    label: 'Share a report',
    icon: 'share-2',
    right: 'sendReports',
    words: 'public send',
  },
  {
    name: 'invite',
    href: `${home}/members#field-email`,
    label: 'Invite somebody',
    icon: 'users',
    right: 'managePeople',
    words: 'add new member people team',
  },
  {
    name: 'add-domain',
    href: `${home}/domains#domain-host`,
    label: 'Add a domain',
    icon: 'globe',
    right: 'manageDomains',
    words: 'new host dns',
  },
  {
    name: 'create-key',
    href: `${home}/keys#key-name`,
    label: 'Create an API key',
    icon: 'key-round',
    right: 'makeKeys',
    words: 'new add token',
  },
  ...others.map(
    ({ name, slug }): NavigationAction => ({
      name: `switch-${slug}`,
      href: `/w/${slug}/links`,
      label: `Switch to ${name}`,
      icon: 'chevrons-up-down',
      words: 'workspace change',
    }),
  ),
  {
    name: 'create-workspace',
    href: '/workspaces/new',
    label: 'Create a workspace',
    icon: 'building-2',
    words: 'new add team',
  },
  {
    name: 'reference',
    href: '/docs',
    label: 'Read the API reference',
    icon: 'file-text',
    words: 'developers programs openapi documentation docs',
  },
  { name: 'shortcuts', opens: 'shortcuts', label: 'Keyboard shortcuts', icon: 'keyboard', words: 'keys help' },
  { name: 'log-out', form: 'log-out', label: 'Log out', icon: 'log-out', words: 'sign out leave' },
];

/**
 * The places or actions that somebody may open.
 * @param isAdmin of the instance
 */
export const offeredTo = <Each extends Offered>(all: readonly Each[], role: Role, isAdmin: boolean): Each[] =>
  all.filter(({ right }) => right === undefined || (right === 'instance' ? isAdmin : mayDo(role, right)));
