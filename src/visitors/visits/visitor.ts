import { hash } from 'node:crypto';

/**
 * Pseudonym of a visitor for one day in one workspace: 53 bits of SHA-256 over the day's salt, the address, the user
 * agent and the workspace. Without the salt, which is deleted, it leads to nobody; across workspaces it never matches.
 * @param salt the day's random salt, base64url
 */
export function visitorKey(salt: string, address: string, userAgent: string, workspaceId: string): number {
  const digest = hash('sha256', `${salt}\n${address}\n${workspaceId}\n${userAgent}`, 'hex');
  return parseInt(digest.slice(0, 8), 16) * 2 ** 21 + (parseInt(digest.slice(8, 16), 16) >>> 11);
}
