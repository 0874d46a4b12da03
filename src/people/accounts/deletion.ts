import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { accounts, sessions, users } from '../../ground/db/schema.ts';
import { serverJob } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { deletedAccount, forgetPerson } from '../../ground/events/removal.ts';
import { removeMailsTo } from '../../ground/mail/queries.ts';
import { endMembershipsOf, type LeftWorkspace } from '../workspaces/account-memberships.ts';
import { isOnlyAdmin } from './deletion-date.ts';
import { type Account, removeMailedTokens } from './queries.ts';

const by = serverJob('delete accounts');

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
      await tx.update(users).set({ deletionAt: null, deletionWarnedAt: null }).where(eq(id, userId));
      await record(tx, by, null, { what: 'account.kept', target: { id: userId, name: user.name } });
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
export async function eraseAccount(db: Db, { id, email }: Account): Promise<void> {
  await forgetPerson(db, { id, email });
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
