import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { addToCounts, monthsFromDays } from '../rollups/month-days.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { scopesOf } from './removal.ts';

/*
 * Versions before had a row for each day of a value. Such rows go into the columns of their months, at any pace. Reports
 * add both, and the sum of a month has them already.
 */

/** Rows that one transaction folds: some hundred milliseconds. */
const rowsAStep = 20_000;

/** After so many milliseconds a run of the timetable ends; the rest is the next one's. */
const runMs = 20_000;

/** How long to wait for whoever counts the workspace, in milliseconds. */
const patienceMs = 2_000;

/** The job that folds what is left of versions before. */
export const olderDaysJob = (db: Db): Job => ({
  name: 'fold days into months',
  everyMs: 60_000,
  run: () => foldAllOlderDays(db, runMs),
});

/** Folds days of every workspace, a step of each in turn. @param withinMs no step is begun after so many milliseconds */
export async function foldAllOlderDays(db: Db, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
  const endsAt = performance.now() + withinMs;
  const { rowCount } = await db.execute(sql`select 1 from click_counts_daily limit 1`);
  if (!rowCount) return;
  const { rows } = await db.execute<{ id: string }>(sql`select id from workspaces order by random()`);
  for (let left = rows; left.length > 0; ) {
    const again: typeof rows = [];
    for (const { id } of left) {
      if (performance.now() > endsAt) return;
      const isMore = await db.transaction(async (tx) => {
        if (!(await tryLockRollups(tx, id, patienceMs))) return false;
        return (await foldOlderDays(tx, scopesOf(id), rowsAStep)) === rowsAStep;
      });
      if (isMore) again.push({ id });
    }
    left = again;
  }
}

/**
 * Folds days of some scopes; for those who hold the workspace's lock.
 * @param scopes a select of ids
 * @param most rows at most; all of them unless told
 * @returns how many rows there were
 */
export async function foldOlderDays(tx: Db, scopes: SQL, most?: number): Promise<number> {
  const { rows } = await tx.execute<{ folded: number }>(sql`
with gone as (
  delete from click_counts_daily where ctid = any(array(
    select ctid from click_counts_daily where scope_id = any(array(${scopes})) ${most === undefined ? sql`` : sql`limit ${most}`}
  ))
  returning *
), folded as (
  ${addToCounts(monthsFromDays(sql`select * from gone`, false))}
)
select count(*)::int as folded from gone`);
  return rows[0]?.folded ?? 0;
}
