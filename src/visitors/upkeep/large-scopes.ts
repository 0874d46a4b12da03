import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { addToDomains, breakDownWithHours, settled } from '../rollups/rollups.ts';
import { largeScopeHits, ownRollups } from '../rollups/scopes.ts';
import { firstStepOf } from '../rollups/steps.ts';
import { countMembers, linksAStep, type ScopeLink, sumRollups, withHits } from './scope-links.ts';

/** How long to wait for whoever counts the workspace, in milliseconds. */
export const patienceMs = 2_000;

/** Counts a step of the past of a scope that became large, the smallest first. @returns whether there was one */
export async function fillNext(tx: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ scopeId: string; kind: string }>(sql`
select scope_id as "scopeId", kind from rollup_scopes where workspace_id = ${workspaceId} and state = 'filling' and kind <> 'workspace'
order by hits limit 1`);
  const [scope] = rows;
  if (!scope) return false;
  const { scopeId, kind } = scope;
  if (kind === 'domain') await fillDomain(tx, workspaceId, scopeId);
  else if (!(await fillMembers(tx, workspaceId, scopeId))) return true;
  await tx.execute(sql`
update rollup_scopes set state = 'full' where workspace_id = ${workspaceId} and scope_id = ${scopeId}`);
  return true;
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
select m.link_id as "linkId", ${ownRollups}
from scope_links m
left join link_totals t on t.link_id = m.link_id
where m.workspace_id = ${workspaceId} and m.scope_id = ${scopeId} and not m.is_full
order by m.link_id
limit ${linksAStep}`);
  const links = firstStepOf(rows, ({ hits }) => hits);
  await countMembers(tx, { workspaceId, scopeId, links: withHits(links) }, 'besides', 'added');
  await tx.execute(sql`
update scope_links set is_full = true
where workspace_id = ${workspaceId} and scope_id = ${scopeId}
  and link_id = any(${sql.param(links.map(({ linkId }) => linkId))}::text[])`);
  return links.length === rows.length && rows.length < linksAStep;
}

/** Rows (workspace_id, scope_id): domains with hits that are not all of their workspace's, and have no rollups. */
export const unrolledDomains = sql`(
  select d.workspace_id, d.scope_id, w.hits
  from rollup_scopes w
  join rollup_scopes d on d.workspace_id = w.workspace_id and d.kind = 'domain'
  where w.kind = 'workspace' and w.state = 'full' and d.state <> 'full' and d.hits > 0 and d.hits < w.hits
)`;

/**
 * Domains of workspaces that have hits by several are to get rollups of their own: of all, or of those that need them. No
 * index finds the rows of one domain, and where rows are gone they do not tell one from another.
 */
export async function markDomains(db: Db, which: 'all' | 'large or without rows'): Promise<void> {
  const isChosen =
    which === 'all'
      ? sql`true`
      : sql`(u.hits >= ${largeScopeHits}
    or (select min(hour) from click_totals_hourly where scope_id = u.workspace_id)
       < (select date_trunc('hour', min(clicked_at)) from clicks where workspace_id = u.workspace_id) - interval '1 hour')`;
  const { rows } = await db.execute<{ id: string }>(sql`
select distinct workspace_id as id from ${unrolledDomains} u where ${isChosen}`);
  for (const { id } of rows)
    await db.transaction(async (tx) => {
      if (!(await tryLockRollups(tx, id, patienceMs))) return;
      await tx.execute(sql`
update rollup_scopes d set state = 'filling'
from ${unrolledDomains} u
where u.workspace_id = ${id} and d.workspace_id = u.workspace_id and d.scope_id = u.scope_id`);
    });
}

/**
 * Brings a workspace up to date whose domains nobody has counted: a new one, or one of a version before. Such a version also
 * counted the hours of quiet links, which nobody reads.
 */
export async function countDomains(db: Db, workspaceId: string): Promise<void> {
  // From link to link: those that were deleted are still in the index, until it is vacuumed.
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    after = await db.transaction(async (tx) => {
      if (!(await tryLockRollups(tx, workspaceId, patienceMs))) return undefined;
      const { rows } = await tx.execute<{ id: string }>(sql`
select link_id as id from link_totals
where workspace_id = ${workspaceId} and not is_busy and not has_history and link_id > ${from}
order by link_id limit ${linksAStep}`);
      await tx.execute(sql`
delete from click_totals_hourly where scope_id = any(${sql.param(rows.map(({ id }) => id))}::text[])`);
      if (rows.length === 0) await countHitsByDomain(tx, workspaceId);
      return rows.at(-1)?.id;
    });
  }
}

/** Counts over all rows that are kept; the workspace has hits of before as well. */
async function countHitsByDomain(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`
delete from rollup_scopes where workspace_id = ${workspaceId} and kind = 'domain'`);
  await tx.execute(addToDomains(settled(sql`c.workspace_id = ${workspaceId}`), {}));
  await tx.execute(sql`
update rollup_scopes
set state = 'full', hits = (select coalesce(sum(hits), 0) from click_totals_hourly where scope_id = ${workspaceId})
where workspace_id = ${workspaceId} and scope_id = workspace_id`);
}
