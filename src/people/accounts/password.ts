import { hashPassword } from 'better-auth/crypto';
import { and, eq } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { accounts, sessions, verifications } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { inHashTurn } from '../../ground/http/hash-turns.ts';
import { Unauthorized } from '../../ground/text/errors.ts';
import { type Account, asAccount, isLiveReset, lockUser, removeMailedTokens } from './queries.ts';
import { spentLink } from './refused.ts';

/** Made before a transaction begins: its connection would wait for the turn. @throws Unavailable when no turn comes in time */
export const hashOf = (password: string): Promise<string> => inHashTurn(() => hashPassword(password));

/**
 * Gives a person a new password and ends all of their sessions. This one ends too, because a stranger may have its cookie.
 * The caller logs them in again. Whether they know the old password is asked before.
 * @throws Unauthorized when the session has ended, as one has whose password was changed meanwhile
 */
export async function changePassword(
  db: Db,
  by: Actor,
  { userId, sessionId }: { userId: string; sessionId: string },
  password: string,
): Promise<void> {
  const hash = await hashOf(password);
  await db.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    const [session] = await tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
    if (!user || !session) throw new Unauthorized();
    await setPassword(tx, by, user, hash);
  });
}

/**
 * Gives the owner of a mailed link a new password, once, and ends all of their sessions.
 * @returns whose it was, for the mail that says so
 * @throws Invalid field token: spent, revoked or too old
 */
export async function resetPassword(db: Db, by: Actor, token: string, password: string): Promise<Account> {
  const hash = await hashOf(password);
  return db.transaction(async (tx) => {
    const [link] = await tx.select({ userId: verifications.value }).from(verifications).where(isLiveReset(token));
    const user = link && (await lockUser(tx, link.userId));
    const spent = await tx.delete(verifications).where(isLiveReset(token)).returning();
    if (!user || spent.length === 0) throw spentLink();
    await setPassword(tx, by, user, hash);
    return user;
  });
}

/** Mails from before open the account no more: neither with the old password nor to another address. */
async function setPassword(tx: Db, by: Actor, user: Account, hash: string): Promise<void> {
  const isPassword = and(eq(accounts.userId, user.id), eq(accounts.providerId, 'credential'));
  await tx.update(accounts).set({ password: hash }).where(isPassword);
  await tx.delete(sessions).where(eq(sessions.userId, user.id));
  await removeMailedTokens(tx, user.id);
  await record(tx, asAccount(by, user), null, { what: 'account.password_changed', target: user });
}
