import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { countsNothing } from '../rollups/month-days.ts';
import { lockRollups } from '../rollups/rollup-lock.ts';
import { busyLinkHits, countAll, settled } from '../rollups/rollups.ts';
import { deleteLinkTotals, deleteScopesOf, rollupTables, scopesOf } from './removal.ts';
import { enterScopes } from './scope-links.ts';

/** Removes the rows of a workspace and its links that count nothing any more, of some days or of all time. */
export const removeEmpty = (tx: Db, workspaceId: string, days?: { first: string; last: string }): Promise<void> =>
  removeEmptyOf(tx, scopesOf(workspaceId), days);

/** The same of some scopes, a select of their ids. */
export async function removeEmptyOf(tx: Db, scopes: SQL, days?: { first: string; last: string }): Promise<void> {
  // An array, because Postgres takes rows that count nothing for few, and would go through all links for each of them.
  const areTheirs = sql`scope_id = any(array(${scopes}))`;
  const isAmong = (column: string, first = days?.first) =>
    days ? sql`${sql.identifier(column)} between ${first}::date and ${days.last}::date + 1` : sql`true`;
  await tx.execute(sql`
delete from click_totals_hourly where ${areTheirs} and ${isAmong('hour')} and hits = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_daily where ${areTheirs} and ${isAmong('day')} and clicks = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_monthly where ${areTheirs} and ${isAmong('month', days && `${days.first.slice(0, 7)}-01`)} and ${countsNothing}`);
}

/** Removes every rollup of a workspace, and what is known of its links, campaigns, tags and domains; under the lock. */
async function removeRollups(tx: Db, workspaceId: string): Promise<void> {
  for (const table of rollupTables)
    await tx.execute(sql`delete from ${sql.identifier(table)} where scope_id in (${scopesOf(workspaceId)})`);
  await deleteLinkTotals(tx, workspaceId);
  await deleteScopesOf(tx, workspaceId);
}

/**
 * Counts a workspace's rollups anew from its rows, after hits were put in beside the recorder: a seed, an import.
 * Hits that are pending stay pending and are taken in as ever.
 */
export async function restateWorkspace(db: Db, workspaceId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await lockRollups(tx, workspaceId);
    await removeRollups(tx, workspaceId);
    const ofWorkspace = sql`c.workspace_id = ${workspaceId}`;
    await tx.execute(sql`
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, is_busy)
select link_id, workspace_id, 0, 0, 0, min(clicked_at), true
from ${settled(ofWorkspace)} c
group by 1, 2
having count(*) >= ${busyLinkHits}`);
    await enterScopes(tx, workspaceId);
    await countAll(tx, workspaceId);
  });
}
