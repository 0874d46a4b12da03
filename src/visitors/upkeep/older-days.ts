import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { addToCounts, monthsFromDays } from '../rollups/month-days.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';

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

/**
 * Folds all days that there are, scope by scope. Those of a workspace that somebody else is at are left for the next time.
 * @param withinMs no step is begun after so many milliseconds
 */
export async function foldAllOlderDays(db: Db, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
  const endsAt = performance.now() + withinMs;
  for (let scope = await nextScope(db, ''); scope; scope = await nextScope(db, scope.id)) {
    const { id, workspaceId } = scope;
    for (let folded = rowsAStep; folded === rowsAStep; ) {
      if (performance.now() > endsAt) return;
      folded = await db.transaction(async (tx) =>
        (await tryLockRollups(tx, workspaceId ?? id, patienceMs))
          ? foldOlderDays(tx, sql`select ${id}::text`, rowsAStep)
          : 0,
      );
    }
  }
}

/** A scope that has days, and its workspace; null of one that is of none any more. */
type Scope = { id: string; workspaceId: string | null };

/** @param after the scope before */
async function nextScope(db: Db, after: string): Promise<Scope | undefined> {
  const { rows } = await db.execute<Scope>(sql`
select d.scope_id as id, coalesce(
         (select id from workspaces where id = d.scope_id),
         (select workspace_id from link_totals where link_id = d.scope_id),
         (select min(workspace_id) from rollup_scopes where scope_id = d.scope_id)) as "workspaceId"
from click_counts_daily d
where d.scope_id > ${after}
order by d.scope_id
limit 1`);
  return rows[0];
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
