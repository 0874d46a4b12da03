import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { lockRollupsToRemove } from '../rollups/rollup-lock.ts';

/** Rows that one transaction deletes: some hundred milliseconds, so that nobody waits long for their locks. */
const rowsAStep = 10_000;

/** The tables of rollups, by scope. */
export const rollupTables = ['click_totals_hourly', 'click_counts_daily', 'click_counts_monthly'];

/** A select of all whose rollups are a workspace's. */
export const scopesOf = (workspaceId: string) => sql`
select ${workspaceId}::text
union all select scope_id from rollup_scopes where workspace_id = ${workspaceId} and kind <> 'workspace'
union all select link_id from link_totals where workspace_id = ${workspaceId}`;

/** How many hits of a workspace were ever counted, and not deleted. */
export async function countKeptHits(db: Db, workspaceId: string): Promise<number> {
  const { rows } = await db.execute<{ hits: number }>(sql`
select coalesce(sum(hits), 0)::float8 as hits from click_totals_hourly where scope_id = ${workspaceId}`);
  return rows[0]?.hits ?? 0;
}

/**
 * Deletes the hits of a workspace, the oldest first, and who was seen: a key is a workspace's own.
 * @param onDeleted told after each step how many it deleted
 */
export async function deleteHits(
  db: Db,
  workspaceId: string,
  onDeleted: (hits: number) => void = () => {},
): Promise<void> {
  // First what waits, so that a mover that holds it is waited for and its rows are among those that go.
  for (const table of ['hit_batches', 'clicks_pending'])
    await db.execute(sql`delete from ${sql.identifier(table)} where workspace_id = ${workspaceId}`);
  // From where the last step ended: what was deleted is still in the index, until it is vacuumed.
  for (let from = '-infinity'; ; ) {
    const { rows } = await db.execute<{ first: string | null; last: string | null }>(sql`
select min(clicked_at)::text as first, max(clicked_at)::text as last
from (
  select clicked_at from clicks where workspace_id = ${workspaceId} and clicked_at >= ${from}::timestamptz
  order by clicked_at limit ${rowsAStep}
) s`);
    const { first, last } = rows[0] ?? {};
    if (!first || !last) break;
    onDeleted(await deleteSpan(db, workspaceId, first, last));
    from = last;
  }
}

async function deleteSpan(db: Db, workspaceId: string, first: string, last: string): Promise<number> {
  const { rows } = await db.execute<{ deleted: number }>(sql`
with gone as (
  delete from clicks
  where workspace_id = ${workspaceId} and clicked_at between ${first}::timestamptz and ${last}::timestamptz
  returning visitor_key
), unseen as (
  delete from visitors_seen where visitor_key in (select visitor_key from gone)
)
select count(*)::int as deleted from gone`);
  return rows[0]?.deleted ?? 0;
}

/** Deletes what is counted of a workspace whose hits are gone. A roll-up that took hits of it before is waited for. */
export async function deleteWorkspaceCounts(db: Db, workspaceId: string): Promise<void> {
  await db.transaction((tx) => lockRollupsToRemove(tx, workspaceId));
  const { rows } = await db.execute<{ id: string }>(
    sql`select scope_id as id from rollup_scopes where workspace_id = ${workspaceId}`,
  );
  await deleteRollups(db, [workspaceId, ...rows.map(({ id }) => id)]);
  await deleteScopesOf(db, workspaceId);
}

/** Deletes what is noted of a workspace's campaigns, tags and domains, of all or of some. */
export async function deleteScopesOf(db: Db, workspaceId: string, scopeIds?: readonly string[]): Promise<void> {
  const areTheirs = scopeIds ? sql`scope_id = any(${sql.param([...scopeIds])}::text[])` : sql`true`;
  for (const table of ['rollup_scopes', 'scope_links', 'scope_changes'])
    await db.execute(sql`delete from ${sql.identifier(table)} where workspace_id = ${workspaceId} and ${areTheirs}`);
}

/** Deletes what is counted of some of its links. */
export async function deleteLinkCounts(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<void> {
  const ids = [...linkIds];
  await deleteRollups(db, ids);
  await db.execute(sql`
delete from link_totals where workspace_id = ${workspaceId} and link_id = any(${sql.param(ids)}::text[])`);
}

/** Deletes the sums of links that have no row any more. */
export async function deleteLinkTotals(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`delete from link_totals where workspace_id = ${workspaceId}`);
}

/** @param scopeIds of a workspace, or of what it has */
async function deleteRollups(db: Db, scopeIds: readonly string[]): Promise<void> {
  while (!(await deleteSomeRollups(db, scopeIds)));
}

/** Deletes a step's rows of scopes. @returns true when none is left */
export async function deleteSomeRollups(db: Db, scopeIds: readonly string[]): Promise<boolean> {
  for (const name of rollupTables) {
    const table = sql.identifier(name);
    const { rowCount } = await db.execute(sql`
delete from ${table} where ctid = any(array(
  select ctid from ${table} where scope_id = any(${sql.param([...scopeIds])}::text[]) limit ${rowsAStep}
))`);
    if (rowCount === rowsAStep) return false;
  }
  return true;
}
