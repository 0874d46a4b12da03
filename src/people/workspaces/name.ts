import { oneLine } from '../../ground/text/one-line.ts';

export const maxNameLength = 60;

export const workspaceName = oneLine('Name the workspace.', maxNameLength);

/** The name of a workspace that a new person leaves unnamed: after them, as far as it fits. */
export function nameAfter(person: string): string {
  const name = `${person}'s workspace`;
  return name.length <= maxNameLength ? name : person.slice(0, maxNameLength).trim();
}
