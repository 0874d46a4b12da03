import { createHmac, randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { sql } from 'drizzle-orm';
import type { Config } from '../../src/config.ts';
import type { Db } from '../../src/ground/db/db.ts';
import { accounts, sessions, users } from '../../src/ground/db/schema.ts';
import { newId } from '../../src/ground/text/id.ts';
import { cookieName } from '../../src/ground/http/cookies.ts';
import { insertWorkspace } from '../../src/people/workspaces/queries.ts';
import { byTest } from './actor.ts';

export type Account = {
  name: string;
  email: string;
  password: string;
  cookie: string;
  workspace: { id: string; slug: string };
};

/** A hash takes 0.2 s of a core by design; one for all people of a worker keeps the suite short. */
const password = 'correct horse battery staple';
let hashed: Promise<string> | undefined;

/** Somebody with a workspace of their own who is logged in, as sign-up leaves them. The forms of sign-up have tests of their own. */
export async function makePerson(db: Db, config: Config, name: string): Promise<Account> {
  hashed ??= hashPassword(password);
  const hash = await hashed;
  const email = `${name.toLowerCase().replaceAll(/\W/g, '')}-${randomBytes(4).toString('hex')}@example.com`;
  const userId = newId();
  const token = newId() + newId();
  const workspace = await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('waymark first account'))`);
    const isAdmin = sql<boolean>`not exists (select from users)`;
    await tx.insert(users).values({ id: userId, name, email, isAdmin });
    await tx
      .insert(accounts)
      .values({ id: newId(), accountId: userId, providerId: 'credential', userId, password: hash });
    const expiresAt = new Date(Date.now() + 30 * 24 * 60 * 60 * 1000);
    await tx.insert(sessions).values({ id: newId(), userId, token, expiresAt });
    return insertWorkspace(tx, byTest, { name: `${name}'s team`, ownerId: userId, timeZone: 'UTC' });
  });
  const signature = createHmac('sha256', config.secret).update(token).digest('base64');
  const session = cookieName(config.appUrl.startsWith('https:'), '.session_token');
  const cookie = `${session}=${encodeURIComponent(`${token}.${signature}`)}`;
  return { name, email, password, cookie, workspace: { id: workspace.id, slug: workspace.slug } };
}
