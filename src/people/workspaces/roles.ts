import { settingList } from './settings.ts';

/** The roles of a workspace, the least first: each may do all that the ones before it may. */
export const roles = ['viewer', 'member', 'admin', 'owner'] as const;

export type Role = (typeof roles)[number];

/**
 * THE table of rights: the least role for each, and how people read it. Routes, templates and the list on the members page ask
 * this table and no other.
 */
export const rights = {
  look: { least: 'viewer', words: 'See links, campaigns, tags and reports, also live, and export tables' },
  changeLinks: { least: 'member', words: 'Create, change, archive and delete links' },
  organise: {
    least: 'member',
    words: 'Create and change campaigns, tags, link templates, saved views, goals and notes on charts',
  },
  takeHits: { least: 'member', words: 'Export single hits' },
  sendReports: { least: 'member', words: 'Share reports and have them mailed' },
  makeKeys: { least: 'member', words: 'Create and delete API keys' },
  changeWorkspace: {
    least: 'admin',
    words: `Change the settings: ${new Intl.ListFormat('en').format(settingList.map(({ words }) => words))}`,
  },
  manageDomains: { least: 'admin', words: 'Add, set up and remove domains' },
  managePeople: { least: 'admin', words: 'Invite people, change their roles and remove them; owners apart' },
  deleteWorkspace: { least: 'owner', words: 'Delete the workspace, and keep one that is about to be deleted' },
  manageOwners: { least: 'owner', words: 'Make somebody an owner, change and remove owners' },
} as const satisfies Record<string, { least: Role; words: string }>;

export type Right = keyof typeof rights;

/** Whether somebody of this role may do it. */
export function mayDo(role: Role, right: Right): boolean {
  return roles.indexOf(role) >= roles.indexOf(rights[right].least);
}

/** Whether somebody of the role `actor` may give the role `other` to people, or take it from them. */
export function mayManage(actor: Role, other: Role): boolean {
  return mayDo(actor, other === 'owner' ? 'manageOwners' : 'managePeople');
}

/** Each role with the words of what it may do over the role before it, the least first. */
export function rightsByRole(): { role: Role; words: string[] }[] {
  return roles.map((role) => ({
    role,
    words: Object.values(rights)
      .filter(({ least }) => least === role)
      .map(({ words }) => words),
  }));
}
