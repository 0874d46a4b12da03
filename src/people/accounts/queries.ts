import { and, eq, gt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { accounts, users, verifications } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Forbidden, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { hashOfSecret } from '../../ground/text/secret.ts';
import { nameAfter } from '../workspaces/name.ts';
import { acceptInvitation, checkInvitation } from '../workspaces/invitations.ts';
import { insertWorkspace } from '../workspaces/queries.ts';
import type { NewAccount } from './forms.ts';

/**
 * A new account with a workspace of its own, or in the one that it is invited to. The first of all looks after the
 * instance; of two at once only one is first.
 * @param account as `newAccount` of forms.ts made it, with the password's hash in its place (password.ts)
 * @param welcome `first`: nobody may join once there is an account; or the token of an invitation for this address
 * @throws Conflict field email, code email_taken; Forbidden; Invalid field token
 */
export async function createAccount(
  db: Db,
  by: Actor,
  account: Omit<NewAccount, 'password'> & { passwordHash: string },
  welcome: 'anyone' | 'first' | { invitation: string } = 'anyone',
): Promise<{ userId: string; workspaceId: string }> {
  const { name, email, timeZone, passwordHash: password } = account;
  if (typeof welcome === 'object') await checkInvitation(db, welcome.invitation, email);
  const userId = newId();
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtext('waymark first account'))`);
      const isFirst = !(await isAnyAccount(tx));
      if (!isFirst && welcome === 'first') throw new Forbidden('Sign-up needs an invitation on this server.');
      await tx.insert(users).values({ id: userId, name, email, isAdmin: isFirst });
      await tx.insert(accounts).values({ id: newId(), accountId: userId, providerId: 'credential', userId, password });
      const user = { id: userId, name };
      const maker = asAccount(by, user);
      await record(tx, maker, null, {
        what: 'account.created',
        target: user,
        after: { name, email, isAdmin: isFirst },
      });
      const workspaceName = account.workspaceName || nameAfter(name);
      const workspace =
        typeof welcome === 'object'
          ? await acceptInvitation(tx, maker, welcome.invitation, userId)
          : await insertWorkspace(tx, maker, { name: workspaceName, ownerId: userId, timeZone });
      return { userId, workspaceId: workspace.id };
    });
  } catch (error) {
    if (uniqueViolation(error) !== 'users_email_unique') throw error;
    throw new Conflict('There is an account with this address already. Log in, or choose a new password.', {
      field: 'email',
      code: 'email_taken',
    });
  }
}

/** Somebody who was not logged in when they asked, and proved by a form or a mailed link whose account it is. */
export const asAccount = (by: Actor, { id, name }: { id: string; name: string }): Actor =>
  by.kind === 'person' && by.id === null ? { ...by, id, name, userId: id } : by;

/** False until the first account is made: then whoever comes is welcome. */
export async function isAnyAccount(db: Db): Promise<boolean> {
  const found = await db.select({ id: users.id }).from(users).limit(1);
  return found.length > 0;
}

/**
 * Changes how a person is called.
 * @param refuse sees the name as it is under the lock, and throws where it may not be changed so
 * @throws NotFound
 */
export async function updateName(
  db: Db,
  by: Actor,
  userId: string,
  name: string,
  refuse: (now: { name: string }) => void,
): Promise<void> {
  const isMeant = eq(users.id, userId);
  await db.transaction(async (tx) => {
    const [now] = await tx.select({ name: users.name }).from(users).where(isMeant).for('no key update');
    if (!now) throw new NotFound();
    refuse(now);
    await tx.update(users).set({ name }).where(isMeant);
    const target = { id: userId, name };
    await record(tx, by, null, { what: 'account.changed', target, before: now, after: { name } });
  });
}

/** @param email in lower case */
export async function findUserId(db: Db, email: string): Promise<string | undefined> {
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  return user?.id;
}

/** Whose password a link lets choose anew, while it works. better-auth keeps the hash of its token under this name. */
export async function findResetTokenOwner(db: Db, token: string): Promise<string | undefined> {
  const [found] = await db.select({ userId: verifications.value }).from(verifications).where(isLiveReset(token));
  return found?.userId;
}

export function isLiveReset(token: string): SQL | undefined {
  const identifier = hashOfSecret(`reset-password:${token}`).toString('base64url');
  return and(eq(verifications.identifier, identifier), gt(verifications.expiresAt, sql`now()`));
}

/** Mailed tokens of a person: the value is their id alone (new password) or their id and a new e-mail address. */
export const ownedBy = (userId: string): SQL => sql`split_part(${verifications.value}, ' ', 1) = ${userId}`;

/** A person, as events and mails name them. */
export type Account = { id: string; name: string; email: string };

/**
 * Locks a person until the transaction ends: before their mailed links, as everybody locks who takes both.
 * @returns undefined where there is none
 */
export async function lockUser(tx: Db, userId: string): Promise<Account | undefined> {
  const { id, name, email } = users;
  const [user] = await tx.select({ id, name, email }).from(users).where(eq(id, userId)).for('no key update');
  return user;
}

/** Makes every link that a person was mailed worthless: for a new password and for a new e-mail address. */
export async function removeMailedTokens(db: Db, userId: string): Promise<void> {
  await db.delete(verifications).where(ownedBy(userId));
}
