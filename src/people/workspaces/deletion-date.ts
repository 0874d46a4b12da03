import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { NotFound } from '../../ground/text/errors.ts';

/** Between asking and deletion: time to think better of it, and for other owners to hear of it. */
export const deletionDays = 7;

/** Owners hear of it once more so many days before. */
const warningDays = 1;

/**
 * Sets the day of a workspace's deletion. Until then nothing changes for anybody. One that has a day keeps it.
 * @param onAsked called within the transaction, once
 * @returns the day
 * @throws NotFound when it is deleted already
 */
export async function askDeletion(
  db: Db,
  workspaceId: string,
  by: Actor,
  onAsked: (tx: Db, deletionAt: Date) => Promise<void>,
): Promise<Date> {
  return db.transaction(async (tx) => {
    const isMeant = and(eq(workspaces.id, workspaceId), isNull(workspaces.deletedAt));
    const { id, name, deletionAt } = workspaces;
    const [before] = await tx.select({ id, name, deletionAt }).from(workspaces).where(isMeant).for('no key update');
    if (!before) throw new NotFound();
    if (before.deletionAt) return before.deletionAt;
    const [after] = await tx
      .update(workspaces)
      .set({ deletionAt: sql`now() + make_interval(days => ${deletionDays})`, deletionWarnedAt: null })
      .where(isMeant)
      .returning({ deletionAt });
    if (!after?.deletionAt) throw new NotFound();
    const target = { id: before.id, name: before.name };
    await record(tx, by, workspaceId, { what: 'workspace.deletion_asked', target, after });
    await onAsked(tx, after.deletionAt);
    return after.deletionAt;
  });
}

/**
 * Takes the deletion of a workspace back.
 * @returns false when none was asked for
 * @throws NotFound when it is deleted already
 */
export async function keepWorkspace(db: Db, workspaceId: string, by: Actor): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isMeant = and(eq(workspaces.id, workspaceId), isNull(workspaces.deletedAt));
    const { id, name, deletionAt } = workspaces;
    const [before] = await tx.select({ id, name, deletionAt }).from(workspaces).where(isMeant).for('no key update');
    if (!before) throw new NotFound();
    if (!before.deletionAt) return false;
    await tx.update(workspaces).set({ deletionAt: null, deletionWarnedAt: null }).where(isMeant);
    const target = { id: before.id, name: before.name };
    await record(tx, by, workspaceId, { what: 'workspace.kept', target, before: { deletionAt: before.deletionAt } });
    return true;
  });
}

/** A workspace that is about to be deleted, as its owners are told. */
export type LeavingWorkspace = { id: string; name: string; slug: string; timeZone: string; deletionAt: Date };

/** Whether the job has anything to do: it takes a lock, and with it a connection, for that alone. */
export async function areWorkspacesLeaving(db: Db): Promise<boolean> {
  const { id, deletionAt } = workspaces;
  const isNear = sql`${deletionAt} <= now() + make_interval(days => ${warningDays})`;
  const found = await db
    .select({ id })
    .from(workspaces)
    .where(and(isNotNull(deletionAt), isNear))
    .limit(1);
  return found.length > 0;
}

/**
 * Takes a workspace whose owners are to hear that it goes soon, once.
 * @param tx its transaction writes the mails too
 */
export async function takeWarnedWorkspace(tx: Db): Promise<LeavingWorkspace | undefined> {
  const { id, name, slug, timeZone, deletionAt, deletionWarnedAt, deletedAt } = workspaces;
  const due = tx
    .select({ id })
    .from(workspaces)
    .where(
      and(
        sql`${deletionAt} between now() and now() + make_interval(days => ${warningDays})`,
        isNull(deletionWarnedAt),
        isNull(deletedAt),
      ),
    )
    .limit(1)
    .for('no key update', { skipLocked: true });
  const [taken] = await tx
    .update(workspaces)
    .set({ deletionWarnedAt: sql`now()` })
    .where(eq(id, sql`(${due})`))
    .returning({ id, name, slug, timeZone, deletionAt: sql<Date>`${deletionAt}`.mapWith(deletionAt) });
  return taken;
}

/** Ids of workspaces whose day has come. */
export async function listDueWorkspaces(db: Db): Promise<string[]> {
  const { id, deletionAt, deletedAt } = workspaces;
  const isDue = and(isNotNull(deletionAt), sql`${deletionAt} <= now()`, isNull(deletedAt));
  return (await db.select({ id }).from(workspaces).where(isDue)).map((each) => each.id);
}

/**
 * Ids of workspaces that were ended a while ago, and whose rows are there.
 * @param settledSeconds by then every node has heard of the end, and what it recorded before is in its tables
 */
export async function listEndedWorkspaces(db: Db, settledSeconds: number): Promise<string[]> {
  const { id, deletionAt, deletedAt } = workspaces;
  const isSettled = sql`${deletedAt} < now() - make_interval(secs => ${settledSeconds})`;
  return (
    await db
      .select({ id })
      .from(workspaces)
      .where(and(isNotNull(deletionAt), isSettled))
  ).map((each) => each.id);
}
