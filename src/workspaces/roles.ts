/** What people may be in a workspace, the least first: each may do all that the ones before it may. */
const roles = ['viewer', 'member', 'admin', 'owner'] as const;

export type Role = (typeof roles)[number];

/** Whether a role is the needed one or a higher one. */
export function isRoleAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
