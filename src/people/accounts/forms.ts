import { z } from 'zod';
import { editFields } from '../../ground/http/edit-form.ts';
import { emailAddress } from '../../ground/text/email-address.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { invitationToken } from '../workspaces/forms.ts';
import { workspaceName } from '../workspaces/name.ts';

/** In characters. Ten is what a person can be asked for; 128 keeps the hashing from being a weapon. */
export const passwordLength = { min: 10, max: 128 };

const newPassword = z
  .string({ error: 'Choose a password.' })
  .min(passwordLength.min, `Use at least ${passwordLength.min} characters.`)
  .max(passwordLength.max, `Use at most ${passwordLength.max} characters.`);

const currentPassword = z.string({ error: 'Type your password.' }).min(1, 'Type your password.').max(1_000);

const name = oneLine('Type your name.', 80);

/** The fields of a new account, from the sign-up form and from the command line alike. */
export const newAccount = z.object({
  name,
  email: emailAddress,
  password: newPassword,
  /** Empty: named after the person. */
  workspaceName: z.union([z.literal(''), workspaceName]).default(''),
  /** IANA name, filled in by the browser. */
  timeZone: z
    .string()
    .regex(/^[\w+:/-]{1,64}$/)
    .default('UTC')
    .catch('UTC'),
});

export type NewAccount = z.infer<typeof newAccount>;

/** `invitation`: the token of the mail that led here. */
export const signUpForm = newAccount.extend({ invitation: invitationToken.default('') });

export const signUpQuery = z.object({ invitation: invitationToken.default('') });

export const logInForm = z.object({
  email: emailAddress,
  password: currentPassword,
  next: z.string().max(2_000).optional(),
});

export const forgotPasswordForm = z.object({ email: emailAddress });

/** Tokens as we put them into mails. Any other never reaches the database, which refuses NUL. */
const token = z.string({ error: 'This link is not whole.' }).regex(/^[\w-]{1,200}$/, 'This link is not whole.');

export const resetPasswordForm = z.object({ token, password: newPassword });

/** Empty: not a token of ours. */
export const mailedToken = z.object({ token: token.catch('') });

export const nameForm = z.object({ name, ...editFields });

export const emailForm = z.object({ email: emailAddress, emailPassword: currentPassword });

export const deleteAccountForm = z.object({ email: emailAddress, password: currentPassword });

export const passwordForm = z.object({ currentPassword, newPassword });
