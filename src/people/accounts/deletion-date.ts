import { and, eq, isNotNull, isNull, ne, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { sessions, users } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Unauthorized } from '../../ground/text/errors.ts';
import { listLeftWorkspaces } from '../workspaces/account-memberships.ts';
import { deletionDays } from '../workspaces/deletion-date.ts';
import type { Account } from './queries.ts';

/** Its owner hears of it once more so many days before. */
const warningDays = 1;

/** An account that is about to be deleted, as its owner is told. */
export type LeavingAccount = Account & { deletionAt: Date };

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
export async function askAccountDeletion(
  db: Db,
  by: Actor,
  { userId, sessionId }: { userId: string; sessionId: string },
  onAsked: (tx: Db, account: LeavingAccount) => Promise<void>,
): Promise<Date> {
  return db.transaction(async (tx) => {
    const { id, name, email, deletionAt, deletedAt } = users;
    const isMeant = and(eq(id, userId), isNull(deletedAt));
    const [user] = await tx.select({ id, name, email, deletionAt }).from(users).where(isMeant).for('no key update');
    const held = await tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId)).for('key share');
    if (!user || held.length === 0) throw new Unauthorized();
    if (user.deletionAt) return user.deletionAt;
    const isStuck = (await listLeftWorkspaces(tx, userId)).some(({ fate }) => fate === 'stuck');
    if (isStuck || (await isOnlyAdmin(tx, userId)))
      throw new Conflict('Others depend on this account. See below what to do first.', { field: 'form' });
    const [after] = await tx
      .update(users)
      .set({ deletionAt: sql`now() + make_interval(days => ${deletionDays})`, deletionWarnedAt: null })
      .where(isMeant)
      .returning({ deletionAt });
    if (!after?.deletionAt) throw new Unauthorized();
    await record(tx, by, null, { what: 'account.deletion_asked', target: { id: user.id, name: user.name }, after });
    await onAsked(tx, { ...user, deletionAt: after.deletionAt });
    return after.deletionAt;
  });
}

/**
 * Takes the deletion of an account back.
 * @returns false when none was asked for, or it came too late
 */
export async function keepAccount(db: Db, by: Actor, userId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { id, name, deletionAt, deletedAt } = users;
    const isMeant = and(eq(id, userId), isNull(deletedAt));
    const [before] = await tx.select({ id, name, deletionAt }).from(users).where(isMeant).for('no key update');
    if (!before?.deletionAt) return false;
    await tx.update(users).set({ deletionAt: null, deletionWarnedAt: null }).where(isMeant);
    const target = { id: before.id, name: before.name };
    await record(tx, by, null, { what: 'account.kept', target, before: { deletionAt: before.deletionAt } });
    return true;
  });
}

/** Whether the job has anything to do: it takes a lock, and with it a connection, for that alone. */
export async function areAccountsLeaving(db: Db): Promise<boolean> {
  const { id, deletionAt } = users;
  const isNear = sql`${deletionAt} <= now() + make_interval(days => ${warningDays})`;
  const found = await db
    .select({ id })
    .from(users)
    .where(and(isNotNull(deletionAt), isNear))
    .limit(1);
  return found.length > 0;
}

/**
 * Takes an account whose owner is to hear that it goes soon, once.
 * @param tx its transaction writes the mail too
 */
export async function takeWarnedAccount(tx: Db): Promise<LeavingAccount | undefined> {
  const { id, name, email, deletionAt, deletionWarnedAt, deletedAt } = users;
  const isNear = sql`${deletionAt} between now() and now() + make_interval(days => ${warningDays})`;
  const due = tx
    .select({ id })
    .from(users)
    .where(and(isNear, isNull(deletionWarnedAt), isNull(deletedAt)))
    .limit(1)
    .for('no key update', { skipLocked: true });
  const [taken] = await tx
    .update(users)
    .set({ deletionWarnedAt: sql`now()` })
    .where(eq(id, sql`(${due})`))
    .returning({ id, name, email, deletionAt: sql<Date>`${deletionAt}`.mapWith(deletionAt) });
  return taken;
}

/** Accounts whose day has come, and those that were ended and whose rows are there. */
export async function listDueAccounts(db: Db): Promise<{ due: string[]; ended: Account[] }> {
  const { id, name, email, deletionAt, deletedAt } = users;
  const isDue = and(isNotNull(deletionAt), sql`${deletionAt} <= now()`);
  const rows = await db.select({ id, name, email, deletedAt }).from(users).where(isDue);
  return {
    due: rows.filter((row) => row.deletedAt === null).map((row) => row.id),
    ended: rows.filter((row) => row.deletedAt !== null),
  };
}
