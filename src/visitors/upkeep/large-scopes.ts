import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { addToDomains, breakDownWithHours, settled } from '../rollups/rollups.ts';
import { largeScopeHits } from '../rollups/scopes.ts';
import { countMembers, hitsAStep, linksAStep, type ScopeLink, sumRollups, upTo, withHits } from './scope-links.ts';

/** How long to wait for whoever counts the workspace, in milliseconds. */
export const patienceMs = 2_000;

/** Counts a step of the past of a scope that became large, the smallest first. @returns whether there was one */
export async function fillNext(tx: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ scopeId: string; kind: string }>(sql`
select scope_id as "scopeId", kind from rollup_scopes where workspace_id = ${workspaceId} and state = 'filling' order by hits limit 1`);
  const [scope] = rows;
  if (!scope) return false;
  const { scopeId, kind } = scope;
  if (kind === 'workspace') await countDomains(tx, workspaceId);
  else if (kind === 'domain') await fillDomain(tx, workspaceId, scopeId);
  else if (!(await fillMembers(tx, workspaceId, scopeId))) return true;
  await tx.execute(sql`
update rollup_scopes set state = 'full' where workspace_id = ${workspaceId} and scope_id = ${scopeId}`);
  return true;
}

/** Counts the hits by each domain, over all rows that are kept; the workspace has those of before as well. */
async function countDomains(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`
delete from rollup_scopes where workspace_id = ${workspaceId} and kind = 'domain'`);
  await tx.execute(addToDomains(settled(sql`c.workspace_id = ${workspaceId}`), {}));
  await tx.execute(sql`
update rollup_scopes
set hits = (select coalesce(sum(hits), 0) from click_totals_hourly where scope_id = ${workspaceId})
where workspace_id = ${workspaceId} and scope_id = workspace_id`);
}

/**
 * Counts a domain from its rows. One that had all hits of its workspace while some of its rows were dropped has what the
 * workspace has and the other domains have not.
 */
async function fillDomain(tx: Db, workspaceId: string, scopeId: string): Promise<void> {
  const domainId = scopeId.slice(workspaceId.length + 1);
  const areTheirs = sql`c.workspace_id = ${workspaceId} and c.domain_id = ${domainId}`;
  const { rows } = await tx.execute<{ isRest: boolean; others: string[] }>(sql`
select sum(d.hits) filter (where d.scope_id = ${scopeId}) > (select count(*) from ${settled(areTheirs)} c)
         and sum(d.hits) = (select hits from rollup_scopes where workspace_id = ${workspaceId} and scope_id = workspace_id)
         and bool_and(d.state = 'full' or d.hits = 0 or d.scope_id = ${scopeId}) as "isRest",
       coalesce(array_agg(d.scope_id) filter (where d.state = 'full'), '{}') as others
from rollup_scopes d
where d.workspace_id = ${workspaceId} and d.kind = 'domain'`);
  const { isRest = false, others = [] } = rows[0] ?? {};
  if (isRest) await sumRollups(tx, scopeId, { added: [workspaceId], takenOff: others });
  else await breakDownWithHours(tx, areTheirs, { only: scopeId, visitorsOf: 'workspace' }, {});
}

/** @returns true when all its links are counted */
async function fillMembers(tx: Db, workspaceId: string, scopeId: string): Promise<boolean> {
  const { rows } = await tx.execute<ScopeLink>(sql`
select m.link_id as "linkId", coalesce(t.hits, 0)::float8 as hits, coalesce(t.is_busy, false) as "isBusy",
       coalesce(t.has_history, false) as "hasHistory"
from scope_links m
left join link_totals t on t.link_id = m.link_id
where m.workspace_id = ${workspaceId} and m.scope_id = ${scopeId} and not m.is_full
order by m.link_id
limit ${linksAStep}`);
  const links = upTo(hitsAStep, rows);
  await countMembers(tx, { workspaceId, scopeId, links: withHits(links) }, 'besides', 'added');
  await tx.execute(sql`
update scope_links set is_full = true
where workspace_id = ${workspaceId} and scope_id = ${scopeId}
  and link_id = any(${sql.param(links.map(({ linkId }) => linkId))}::text[])`);
  return links.length === rows.length && rows.length < linksAStep;
}

const conditions = {
  all: sql`true`,
  // No index finds the rows of one domain, and where rows are gone they do not tell one from another.
  'large or without rows': sql`(w.hits >= ${largeScopeHits}
    or (select min(hour) from click_totals_hourly where scope_id = w.workspace_id)
       < (select date_trunc('hour', min(clicked_at)) from clicks where workspace_id = w.workspace_id) - interval '1 hour')`,
};

/** Domains of workspaces that have hits by several are to get rollups of their own. */
export async function markDomains(db: Db, which: keyof typeof conditions): Promise<void> {
  const areChosen = sql`w.kind = 'workspace' and w.state = 'full' and w.workspace_id = d.workspace_id and d.kind = 'domain'
  and d.state = 'light' and d.hits > 0 and d.hits < w.hits and ${conditions[which]}`;
  const { rows } = await db.execute<{ id: string }>(sql`
select distinct d.workspace_id as id from rollup_scopes d, rollup_scopes w where ${areChosen}`);
  for (const { id } of rows)
    await db.transaction(async (tx) => {
      if (!(await tryLockRollups(tx, id, patienceMs))) return;
      await tx.execute(sql`
update rollup_scopes d set state = 'filling' from rollup_scopes w where ${areChosen} and d.workspace_id = ${id}`);
    });
}

/** Workspaces whose quiet links have no hours any more, as far as this process knows. */
const withoutQuietHours = new WeakMap<Db, Set<string>>();

/**
 * Removes the hours of quiet links, which versions before counted and nobody reads. It is done once for each workspace that
 * is brought up to date, which its state tells.
 */
export async function forgetQuietHours(db: Db, workspaceId: string): Promise<void> {
  const { rowCount } = await db.execute(sql`
select 1 from rollup_scopes where workspace_id = ${workspaceId} and scope_id = workspace_id and state = 'filling'`);
  const done = withoutQuietHours.get(db) ?? new Set();
  withoutQuietHours.set(db, done);
  if (!rowCount || done.has(workspaceId)) return;
  // From link to link: those that were deleted are still in the index, until it is vacuumed.
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    after = await db.transaction(async (tx) => {
      if (!(await tryLockRollups(tx, workspaceId, patienceMs))) return undefined;
      const { rows } = await tx.execute<{ id: string }>(sql`
select link_id as id from link_totals
where workspace_id = ${workspaceId} and not is_busy and not has_history and link_id > ${from}
order by link_id limit ${linksAStep}`);
      if (rows.length === 0) done.add(workspaceId);
      await tx.execute(sql`
delete from click_totals_hourly where scope_id = any(${sql.param(rows.map(({ id }) => id))}::text[])`);
      return rows.at(-1)?.id;
    });
  }
}
