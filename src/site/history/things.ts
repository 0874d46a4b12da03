import type { What } from '../../ground/events/happened.ts';
import { type Right, mayDo, type Role } from '../../people/workspaces/roles.ts';

/** Something that events happen to, by the first word of their names. */
type Thing = {
  /** As sentences call one and several of them. */
  one: string;
  many: string;
  /** The filter that finds it, a name of `thingFilters`. */
  filter: string;
  /** Its page, below the address of a workspace. */
  page?: (id: string) => string;
  /** Its events are for those who may do this, as its page is. */
  right?: Right;
};

/** THE list of things, which words, filters and rights of the History follow. */
export const thingList: Readonly<Record<string, Thing>> = {
  link: { one: 'link', many: 'links', filter: 'links', page: (id) => `/links/${id}` },
  tag: { one: 'tag', many: 'tags', filter: 'tags', page: (id) => `/reports/tags/${id}` },
  campaign: { one: 'campaign', many: 'campaigns', filter: 'campaigns', page: (id) => `/reports/campaigns/${id}` },
  template: { one: 'link template', many: 'link templates', filter: 'templates', page: () => '/templates' },
  domain: { one: 'domain', many: 'domains', filter: 'domains', page: (id) => `/domains/${id}` },
  share: { one: 'shared report', many: 'shared reports', filter: 'reports' },
  mailing: { one: 'report by mail', many: 'reports by mail', filter: 'reports' },
  note: { one: 'note', many: 'notes', filter: 'reports' },
  view: { one: 'view', many: 'views', filter: 'reports' },
  member: { one: 'member', many: 'members', filter: 'people' },
  invitation: { one: 'invitation', many: 'invitations', filter: 'people', right: 'managePeople' },
  key: { one: 'API key', many: 'API keys', filter: 'keys' },
  goal: { one: 'goal', many: 'goals', filter: 'workspace', page: (id) => `/conversions/${id}` },
  postback: { one: 'postback address', many: 'postback addresses', filter: 'workspace' },
  hits: { one: 'import', many: 'imports', filter: 'workspace' },
  workspace: { one: 'workspace', many: 'workspaces', filter: 'workspace' },
};

/** Kinds of things to choose among, as the page names them. */
export const thingFilters = {
  links: 'Links',
  tags: 'Tags',
  campaigns: 'Campaigns',
  templates: 'Link templates',
  domains: 'Domains',
  reports: 'Reports, notes and views',
  people: 'People',
  keys: 'API keys',
  workspace: 'Workspace',
} as const;

export type ThingFilter = keyof typeof thingFilters;

/** The first word of an event's name. */
export const thingOf = (what: What): string => what.slice(0, what.indexOf('.'));

/**
 * The things that somebody may read about.
 * @param filter one of `thingFilters`, or '' for all of them
 */
export const thingsFor = (role: Role, filter: ThingFilter | ''): string[] =>
  Object.entries(thingList)
    .filter(([, thing]) => filter === '' || thing.filter === filter)
    .filter(([, { right }]) => right === undefined || mayDo(role, right))
    .map(([name]) => name);

/** The things whose events somebody may not read. */
export const hiddenFrom = (role: Role): string[] => {
  const shown = thingsFor(role, '');
  return Object.keys(thingList).filter((name) => !shown.includes(name));
};
