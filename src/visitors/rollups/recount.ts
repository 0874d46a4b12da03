import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { lockRollups } from './rollup-lock.ts';
import { busyLinkHits, countSettled, settled } from './rollups.ts';

/** Removes the rows of a workspace and its links that count nothing any more, of some days or of all time. */
export async function removeEmpty(tx: Db, workspaceId: string, days?: { first: string; last: string }): Promise<void> {
  // An array, because Postgres takes rows that count nothing for few, and would go through all links for each of them.
  const scopes = sql`
scope_id = any(array(select ${workspaceId}::text union all select link_id from link_totals where workspace_id = ${workspaceId}))`;
  const isAmong = (column: string, first = days?.first) =>
    days ? sql`${sql.identifier(column)} between ${first}::date and ${days.last}::date + 1` : sql`true`;
  await tx.execute(sql`
delete from click_totals_hourly where ${scopes} and ${isAmong('hour')} and hits = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_daily where ${scopes} and ${isAmong('day')} and clicks = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_monthly where ${scopes} and ${isAmong('month', days && `${days.first.slice(0, 7)}-01`)} and clicks = 0 and visitors = 0`);
}

/** Removes every rollup of a workspace and its links; for those who hold the lock. */
async function removeRollups(tx: Db, workspaceId: string): Promise<void> {
  for (const table of ['click_totals_hourly', 'click_counts_daily', 'click_counts_monthly']) {
    await tx.execute(sql`
delete from ${sql.identifier(table)}
where scope_id in (select ${workspaceId} union all select link_id from link_totals where workspace_id = ${workspaceId})`);
  }
  await tx.execute(sql`delete from link_totals where workspace_id = ${workspaceId}`);
}

/**
 * Counts a workspace's rollups anew from its rows, after hits were put in beside the recorder: a seed, an import.
 * Hits that are pending stay pending and are taken in as ever.
 */
export async function restateWorkspace(db: Db, workspaceId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await lockRollups(tx, workspaceId);
    await tx.execute(sql`select set_config('work_mem', '256MB', true)`);
    await removeRollups(tx, workspaceId);
    const ofWorkspace = sql`c.workspace_id = ${workspaceId}`;
    await tx.execute(sql`
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, is_busy)
select link_id, workspace_id, 0, 0, 0, min(clicked_at), true
from ${settled(ofWorkspace)} c
group by 1, 2
having count(*) >= ${busyLinkHits}`);
    await countSettled(tx, ofWorkspace);
  });
}
