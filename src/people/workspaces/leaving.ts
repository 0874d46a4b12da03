import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { users, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { runAlone } from '../../ground/jobs/run-alone.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';

/** Tables of things that go some days after somebody asked for it; each has the columns for that. */
const tables = { workspace: workspaces, account: users };
type Leaving = keyof typeof tables;

/** Between asking and deletion: time to think better of it, and for others to hear of it. */
export const deletionDays = 7;

/** Its people hear of it once more so many days before. */
const warningDays = 1;

const inDays = (days: number) => sql<Date>`now() + make_interval(days => ${days})`;

/** Does `work` with one that is not ended, locked. @throws NotFound when there is none */
function change<Result>(
  db: Db,
  kind: Leaving,
  id: string,
  work: (tx: Db, target: { id: string; name: string }, deletionAt: Date | null) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (tx) => {
    const of = tables[kind];
    const isMeant = and(eq(of.id, id), isNull(of.deletedAt));
    const columns = { name: of.name, deletionAt: of.deletionAt };
    const [found] = await tx.select(columns).from(of).where(isMeant).for('no key update');
    if (!found) throw new NotFound();
    return work(tx, { id, name: found.name }, found.deletionAt);
  });
}

/**
 * Sets the day of a deletion. Until then nothing changes for anybody. One that has a day keeps it.
 * @param onAsked called within the transaction, once; may refuse
 * @returns the day
 * @throws NotFound when it is deleted already
 */
export const askDeletion = (
  db: Db,
  by: Actor,
  kind: Leaving,
  id: string,
  onAsked: (tx: Db, deletionAt: Date) => Promise<void>,
): Promise<Date> =>
  change(db, kind, id, async (tx, target, before) => {
    if (before) return before;
    const { id: ids, deletionAt } = tables[kind];
    const day = { deletionAt: inDays(deletionDays), deletionWarnedAt: null };
    const [after] = await tx.update(tables[kind]).set(day).where(eq(ids, id)).returning({ deletionAt });
    if (!after?.deletionAt) throw new NotFound();
    await record(tx, by, kind === 'workspace' ? id : null, { what: `${kind}.deletion_asked`, target, after });
    await onAsked(tx, after.deletionAt);
    return after.deletionAt;
  });

/**
 * Takes a deletion back.
 * @throws NotFound when it is deleted already
 */
export const takeDeletionBack = (db: Db, by: Actor, kind: Leaving, id: string): Promise<void> =>
  change(db, kind, id, async (tx, target, deletionAt) => {
    if (!deletionAt) return;
    await tx.update(tables[kind]).set({ deletionAt: null, deletionWarnedAt: null }).where(eq(tables[kind].id, id));
    await record(tx, by, kind === 'workspace' ? id : null, { what: `${kind}.kept`, target, before: { deletionAt } });
  });

/** Ways to tell people of an end, to end things of a kind, and to erase them. */
type Ways = {
  /** @param tx notes that they were told */
  warn: (tx: Db, id: string, deletionAt: Date) => Promise<void>;
  end: (id: string) => Promise<unknown>;
  /** Deletes the rows of one that is ended. */
  erase: (id: string) => Promise<void>;
  /** From the end to the erasure. */
  settledSeconds: number;
};

export const deletionJob = (db: Db, kind: Leaving, ways: Ways): Job => ({
  name: `delete ${kind}s`,
  everyMs: 60_000,
  // A large workspace takes minutes.
  mayTakeMs: HOUR,
  run: () => deleteDue(db, kind, ways),
});

/**
 * Tells people a day before, ends things on their day, and erases those that are ended. Each step can be repeated: after
 * a crash the next run, of whichever node, goes on where this one stopped.
 * @throws the first error, after all others had their turn
 */
async function deleteDue(db: Db, kind: Leaving, { warn, end, erase, settledSeconds }: Ways): Promise<void> {
  const { deletionAt, deletedAt } = tables[kind];
  // The lock takes a connection, for which there is mostly no need.
  if ((await listIds(db, kind, sql`${deletionAt} <= ${inDays(warningDays)}`)).length === 0) return;
  const failures: unknown[] = [];
  const each = async (isMeant: SQL | undefined, work: (id: string) => Promise<unknown>) => {
    for (const id of await listIds(db, kind, isMeant)) await work(id).catch((error: unknown) => failures.push(error));
  };
  await runAlone(db, `waymark deletions of ${kind}s`, async () => {
    while (await db.transaction((tx) => warnNext(tx, kind, warn)));
    await each(and(sql`${deletionAt} <= now()`, isNull(deletedAt)), end);
    await each(sql`${deletedAt} <= now() - make_interval(secs => ${settledSeconds})`, erase);
  });
  if (failures.length > 0) throw failures[0];
}

/** Ids of those that have a day, and are meant. */
async function listIds(db: Db, kind: Leaving, isMeant: SQL | undefined): Promise<string[]> {
  const { id, deletionAt } = tables[kind];
  const found = await db
    .select({ id })
    .from(tables[kind])
    .where(and(isNotNull(deletionAt), isMeant));
  return found.map((each) => each.id);
}

/** @returns false when there was nobody to tell */
async function warnNext(tx: Db, kind: Leaving, warn: Ways['warn']): Promise<boolean> {
  const { id, deletionAt, deletionWarnedAt, deletedAt } = tables[kind];
  const isNear = sql`${deletionAt} between now() and ${inDays(warningDays)}`;
  const next = tx
    .select({ id })
    .from(tables[kind])
    .where(and(isNear, isNull(deletionWarnedAt), isNull(deletedAt)))
    .limit(1)
    .for('no key update', { skipLocked: true });
  const [taken] = await tx
    .update(tables[kind])
    .set({ deletionWarnedAt: sql`now()` })
    .where(eq(id, sql`(${next})`))
    .returning({ id, deletionAt });
  if (!taken?.deletionAt) return false;
  await warn(tx, taken.id, taken.deletionAt);
  return true;
}
