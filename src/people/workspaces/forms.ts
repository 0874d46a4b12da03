import { z } from 'zod';
import { readOwnNetworks } from '../../visitors/machines/own-networks.ts';
import { editFields } from '../../ground/http/edit-form.ts';
import { emailAddress } from '../../ground/text/email-address.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { weekStarts } from '../../ground/time/week.ts';
import { invitedRoles } from './invitations.ts';
import { roles } from './roles.ts';
import { slugLength, slugPattern } from './slug.ts';

const maxNameLength = 60;
export const workspaceName = oneLine('Name the workspace.', maxNameLength);

/** The name of a workspace that a new person leaves unnamed: after them, as far as it fits. */
export function nameAfter(person: string): string {
  const name = `${person}'s workspace`;
  return name.length <= maxNameLength ? name : person.slice(0, maxNameLength).trim();
}

const timeZone = z.string({ error: 'Choose a time zone.' }).max(64, 'Choose a time zone from the list.');

export const newWorkspaceForm = z.object({ name: workspaceName, timeZone: timeZone.default('UTC') });

/** A form without it changes nothing. */
const weekStartsOn = z.enum(weekStarts.map(String), 'Choose a day from the list.').optional();

/** A form without it changes nothing. */
const ownNetworks = z
  .string()
  .transform((typed, context) => {
    try {
      return readOwnNetworks(typed);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  })
  .optional();

export const workspaceForm = z.object({
  name: workspaceName,
  slug: z
    .string({ error: 'Choose a word.' })
    .trim()
    .toLowerCase()
    .min(2, 'Use at least 2 characters.')
    .max(slugLength, `Use at most ${slugLength} characters.`)
    .regex(slugPattern, 'Use letters a to z, figures, and single hyphens between them.'),
  timeZone,
  weekStartsOn,
  ownNetworks,
  ...editFields,
});

export const inviteForm = z.object({
  email: emailAddress,
  role: z.enum(invitedRoles, 'Choose a role.'),
});

/** Empty: not a token of ours. */
export const invitationToken = z
  .string()
  .regex(/^[\w-]{43}$/)
  .catch('');

export const roleForm = z.object({ role: z.enum(roles), ...editFields });
