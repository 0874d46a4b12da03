import { z } from 'zod';
import { editFields } from '../../ground/http/edit-form.ts';
import { emailAddress } from '../../ground/text/email-address.ts';
import { invitedRoles } from './invitations.ts';
import { roles } from './roles.ts';
import { typedSettings, workspaceSettings } from './settings.ts';

export const newWorkspaceForm = z.object({
  name: workspaceSettings.name.typed,
  timeZone: workspaceSettings.timeZone.typed.default('UTC'),
});

export const workspaceForm = z.object({ ...typedSettings, ...editFields });

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
