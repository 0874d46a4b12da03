import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { newAccount } from '../people/accounts/forms.ts';
import { keyName } from '../people/keys/forms.ts';
import { insertApiKey } from '../people/keys/keys.ts';
import type { Db } from '../ground/db/db.ts';
import { users } from '../ground/db/schema.ts';
import { command } from '../ground/events/actor.ts';
import { listWorkspacesOf } from '../people/workspaces/queries.ts';
import { CommandRefused, defineCommand } from './command.ts';
import { withDatabase } from './database.ts';

export const keyCreate = defineCommand({
  name: 'key:create',
  summary: 'Make an API key of a workspace. It is shown once: the database keeps only its hash.',
  options: {
    email: { value: 'ADDRESS', says: 'Whose key it is.', isRequired: true },
    name: { value: 'NAME', says: 'What it is for.', isRequired: true },
    workspace: { value: 'ID', says: 'Id or URL name of one of their workspaces. Left out: the one they opened last.' },
  },
  input: z.object({ email: newAccount.shape.email, name: keyName, workspace: z.string().optional() }),
  run: ({ email, name, workspace: wanted }) =>
    withDatabase(async ({ db }) => {
      const userId = await getUserId(db, email);
      const workspaces = await listWorkspacesOf(db, userId);
      const workspace = workspaces.find(({ id, slug }) => wanted === undefined || wanted === id || wanted === slug);
      if (!workspace) {
        const theirs = workspaces.map(({ slug }) => slug).join(', ') || 'none';
        throw new CommandRefused(
          wanted === undefined
            ? `${email} has no workspace.`
            : `${email} has no workspace "${wanted}"; theirs are: ${theirs}.`,
        );
      }
      const { key } = await insertApiKey(db, workspace.id, command('key:create', userId), { name });
      return { json: { key }, text: `${key}\n\nA key of ${workspace.name}. Keep it safe: it is not shown again.` };
    }),
});

async function getUserId(db: Db, email: string): Promise<string> {
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!user) throw new CommandRefused(`There is no account with the address ${email}.`);
  return user.id;
}
