import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { accounts, sessions, users } from '../../ground/db/schema.ts';
import { type Actor, serverJob } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { deletedAccount, forgetPerson } from '../../ground/events/removal.ts';
import { removeMailsTo } from '../../ground/mail/queries.ts';
import { Conflict, Unauthorized } from '../../ground/text/errors.ts';
import { endMembershipsOf, type LeftWorkspace, listLeftWorkspaces } from '../workspaces/account-memberships.ts';
import { askDeletion, takeDeletionBack } from '../workspaces/leaving.ts';
import { type Account, lockUser, removeMailedTokens } from './queries.ts';

const by = serverJob('delete accounts');

/** Whether nobody else looks after the instance: without them no page of it would open to anybody. */
export async function isOnlyAdmin(db: Db, userId: string): Promise<boolean> {
  const { id, isAdmin, deletionAt } = users;
  const [them] = await db
    .select({ id })
    .from(users)
    .where(and(eq(id, userId), isAdmin));
  if (!them) return false;
  const others = await db
    .select({ id })
    .from(users)
    .where(and(isAdmin, ne(id, userId), isNull(deletionAt)))
    .limit(1);
  return others.length === 0;
}

/**
 * Sets the day of an account's deletion. Until then it works as ever. Whether they know the password is asked before.
 * @param onAsked called within the transaction, once
 * @returns the day
 * @throws Unauthorized when the session has ended; Conflict (field `form`) when somebody depends on the account
 */
export const askAccountDeletion = (
  db: Db,
  asker: Actor,
  { userId, sessionId }: { userId: string; sessionId: string },
  onAsked: (tx: Db, deletionAt: Date) => Promise<void>,
): Promise<Date> =>
  askDeletion(db, asker, 'account', userId, async (tx, deletionAt) => {
    const held = await tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId)).for('key share');
    if (held.length === 0) throw new Unauthorized();
    const isStuck = (await listLeftWorkspaces(tx, userId)).some(({ fate }) => fate === 'stuck');
    if (isStuck || (await isOnlyAdmin(tx, userId)))
      throw new Conflict('Others depend on this account. See below what to do first.', { field: 'form' });
    await onAsked(tx, deletionAt);
  });

/**
 * Ends an account on its day: password, sessions, keys and memberships go, and workspaces in which nobody else is. Its
 * name stays for `eraseAccount`. One on which others have come to depend stays, and the day is taken back.
 * @param onStuck called within the transaction then
 * @returns false when nothing was done: it was kept in the last moment, or is ended already
 */
export async function endAccount(
  db: Db,
  userId: string,
  onStuck: (tx: Db, account: Account, stuck: readonly LeftWorkspace[]) => Promise<void>,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { id, name, email, deletionAt, deletedAt } = users;
    const isMeant = and(eq(id, userId), isNull(deletedAt), sql`${deletionAt} <= now()`);
    const [user] = await tx.select({ id, name, email }).from(users).where(isMeant).for('update');
    if (!user) return false;
    const isAdmin = await isOnlyAdmin(tx, userId);
    const stuck = isAdmin ? [] : await endMembershipsOf(tx, by, user);
    if (isAdmin || stuck.length > 0) {
      await takeDeletionBack(tx, by, 'account', userId);
      await onStuck(tx, user, stuck);
      return true;
    }
    await tx.delete(sessions).where(eq(sessions.userId, userId));
    await tx.delete(accounts).where(eq(accounts.userId, userId));
    await removeMailedTokens(tx, userId);
    await removeMailsTo(tx, user.email);
    await tx.update(users).set({ deletedAt: sql`now()` }).where(eq(id, userId));
    await record(tx, by, null, { what: 'account.deleted', target: { id: userId, name: deletedAccount } });
    return true;
  });
}

/** Takes the name of an ended account out of all events, and then its row. After a crash it is done again from the start. */
export async function eraseAccount(db: Db, id: string): Promise<void> {
  const account = await lockUser(db, id);
  if (!account) return;
  await forgetPerson(db, account);
  await db.transaction(async (tx) => {
    const isMeant = eq(users.id, id);
    await tx.select({ id: users.id }).from(users).where(isMeant).for('update');
    // A request that was under way when it was ended may have joined or made a workspace: that goes, and names nobody.
    const nobody = { id, name: deletedAccount, email: `${id}@deleted.invalid` };
    await tx.update(users).set({ name: nobody.name, email: nobody.email }).where(isMeant);
    await endMembershipsOf(tx, by, nobody);
    await tx.delete(users).where(isMeant);
  });
}
