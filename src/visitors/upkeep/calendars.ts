import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { enterZone, findTimeZone } from '../../ground/zones/time-zones.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';
import { removeEmpty } from './recount.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { type Counting, hourOf } from '../rollups/breakdowns.ts';
import { breakDownSettled, countWithoutTotals, eachMonth } from '../rollups/rollups.ts';

/** The job that moves reports to a new time zone; the form that asks for it does not wait. */
export const calendarJob = (db: Db): Job => ({
  name: 'move calendars',
  everyMs: 2_000,
  // A minute or two a million hits, one workspace after the other.
  mayTakeMs: HOUR,
  run: async () => {
    const { rows } = await db.execute<{ id: string }>(sql`select id from workspaces where next_time_zone is not null`);
    const failures: unknown[] = [];
    for (const { id } of rows) await moveCalendar(db, id).catch((error: unknown) => failures.push(error));
    // One that fails must not keep the others from theirs.
    if (failures.length > 0) throw failures[0];
  },
});

/** How long a move waits for whoever counts the workspace, in milliseconds: its mover is done with a step in about one. */
const patienceMs = 5_000;

/**
 * Tries at once, so that people with few hits need not wait for the job. A move that takes longer is undone and left to
 * the job, of which there is one a node. So is one that fails.
 * @param withinMs for how long the caller waits, in milliseconds
 */
export async function beginMove(db: Db, workspaceId: string, withinMs: number): Promise<void> {
  const moving = db.transaction(async (tx) => {
    // One at a time: each has a connection of those that pages wait for.
    const { rows } = await tx.execute<{ isFree: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext('waymark moves that are begun')) as "isFree"`,
    );
    if (rows[0]?.isFree) await moveCalendar(tx, workspaceId, withinMs);
  });
  await Promise.race([moving.catch(() => {}), sleep(withinMs)]);
}

/** Somebody chose yet another zone while reports were counted for this one. */
class Overtaken extends Error {}

/**
 * Moves a workspace's rollups to the zone that it is to have, and gives it that zone. It is one transaction, so that
 * reports go by the old zone until it ends. Others' are counted as ever; its own hits stay pending so long.
 * @param withinMs no statement of it takes longer, in milliseconds; 0 for no limit
 * @returns false where somebody else has its rollups, or a newer version counts: it is tried again later
 */
export async function moveCalendar(db: Db, workspaceId: string, withinMs = 0): Promise<boolean> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(withinMs)}, true)`);
      if (!(await tryLockRollups(tx, workspaceId, withinMs || patienceMs))) return false;
      const { rows } = await tx.execute<{ from: string; to: string | null }>(sql`
select time_zone as "from", next_time_zone as "to" from workspaces where id = ${workspaceId}`);
      const { from = '', to = null } = rows[0] ?? {};
      if (to === null) return true;
      // Without hits Postgres would never look at it.
      if (!(await findTimeZone(tx, to))) throw new Error(`The time zone ${to} is unknown here.`);
      await moveRollups(tx, workspaceId, from, to);
      if (!(await enterZone(tx, workspaceId, from, to))) throw new Overtaken();
      return true;
    });
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
}

/**
 * Rows are counted over; history whose rows are gone stays on the days that it was counted on. Of two zones whose clocks
 * strike the hour together, no hour changes, and only those hits that are on another day are counted over.
 */
async function moveRollups(tx: Db, workspaceId: string, from: string, to: string): Promise<void> {
  const [before, after] = [sql`${from}::text`, sql`${to}::text`];
  const areTogether = await strikeTogether(tx, workspaceId, to);
  const count = (counting: Counting) =>
    eachMonth(tx, workspaceId, (where) =>
      areTogether
        ? breakDownSettled(
            tx,
            sql`${where} and (c.clicked_at at time zone ${before})::date <> (c.clicked_at at time zone ${after})::date`,
            'all',
            counting,
          )
        : countWithoutTotals(tx, where, counting),
    );
  await count({ sign: 'taken off', timeZone: before });
  await expectStill(tx, workspaceId, to);
  await count({ timeZone: after });
  await removeEmpty(tx, workspaceId);
}

/** Half of the work is spared where people thought better of it meanwhile. @throws Overtaken */
async function expectStill(tx: Db, workspaceId: string, to: string): Promise<void> {
  const { rowCount } = await tx.execute(
    sql`select 1 from workspaces where id = ${workspaceId} and next_time_zone = ${to}`,
  );
  if (!rowCount) throw new Overtaken();
}

/** Whether each hour in which the workspace has hits is an hour of that zone too. */
async function strikeTogether(tx: Db, workspaceId: string, zone: string): Promise<boolean> {
  const { rows } = await tx.execute<{ isTrue: boolean }>(sql`
select not exists (
  select 1 from (select distinct hour from click_totals_hourly where scope_id = ${workspaceId}) h
  cross join lateral (values (h.hour), (h.hour + interval '59 minutes 59 seconds')) i (instant)
  where ${hourOf(sql`i.instant`, sql`${zone}::text`)} <> h.hour
) as "isTrue"`);
  return rows[0]?.isTrue === true;
}
