import { z } from 'zod';
import { newAccount, passwordLength } from '../people/accounts/forms.ts';
import { createAccount } from '../people/accounts/queries.ts';
import { hashOf } from '../people/accounts/password.ts';
import { command } from '../ground/events/actor.ts';
import { defineCommand } from './command.ts';
import { withDatabase } from './database.ts';

const { name, email, password, workspaceName } = newAccount.shape;

export const userCreate = defineCommand({
  name: 'user:create',
  summary: 'Make an account with a workspace of its own. The first account looks after the instance.',
  options: {
    email: { value: 'ADDRESS', says: 'What they log in with.', isRequired: true },
    password: { value: 'TEXT', says: `At least ${passwordLength.min} characters.`, isRequired: true },
    name: { value: 'NAME', says: 'How they are called.', isRequired: true },
    workspace: { value: 'NAME', says: 'Name of their workspace. Left out: named after them.' },
  },
  input: z.object({ email, password, name, workspace: workspaceName }),
  run: ({ workspace, ...person }) =>
    withDatabase(async ({ db }) => {
      const account = newAccount.parse({ ...person, workspaceName: workspace });
      const passwordHash = await hashOf(person.password);
      const made = await createAccount(db, command('user:create'), { ...account, passwordHash });
      return { json: made, text: `${person.email} can log in now. Their workspace has the id ${made.workspaceId}.` };
    }),
});
