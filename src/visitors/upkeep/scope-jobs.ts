import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { removeEmptyOf } from './recount.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { addToDomains, breakDownWithHours, settled } from '../rollups/rollups.ts';
import { countMembers, type CountedLink } from './scope-links.ts';
import { changesOf, largeScopeHits } from '../rollups/scopes.ts';

/** Hits that one transaction counts, in about a second. */
const hitsAStep = 20_000;

/** Links that one transaction looks at. */
const linksAStep = 5_000;

/** How long to wait for whoever counts the workspace, in milliseconds. */
const patienceMs = 2_000;

/** After so many milliseconds a run of the timetable ends; the rest is the next one's. */
const runMs = 20_000;

/** The jobs that keep the rollups of campaigns, tags and domains in step with their links and their size. */
export const scopeJobs = (db: Db): Job[] => [
  { name: 'count campaigns and tags', everyMs: 2_000, atMostMs: 10_000, run: () => settleScopes(db, runMs) },
  { name: 'find large domains', everyMs: 60_000, run: () => markLargeDomains(db) },
];

/**
 * Counts the hits of links that came to a campaign or a tag or left it, step by step. So is the past of scopes that became
 * large. Until a scope's links are all counted, rows answer for it.
 * @param withinMs no step is begun after so many milliseconds
 */
export async function settleScopes(db: Db, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
  const endsAt = performance.now() + withinMs;
  const { rows } = await db.execute<{ id: string }>(sql`
select workspace_id as id from scope_changes union select workspace_id from rollup_scopes where state = 'filling'`);
  const failures: unknown[] = [];
  for (const { id } of rows) {
    try {
      for (let hasMore = true; hasMore && performance.now() < endsAt; ) hasMore = await settleStep(db, id);
    } catch (error) {
      // One that fails must not keep the others from theirs.
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** @returns whether there may be more to do; not where somebody else has the workspace's rollups */
async function settleStep(db: Db, workspaceId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`
select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true)`);
    if (!(await tryLockRollups(tx, workspaceId, patienceMs))) return false;
    return (await settleChanges(tx, workspaceId)) || (await fillNext(tx, workspaceId));
  });
}

/** A link that may have come to a scope, or left it. `kind`: null where the scope is gone; `isFull`: null unless counted. */
type Change = {
  ids: string[];
  linkId: string;
  scopeId: string;
  kind: 'campaign' | 'tag' | null;
  isMember: boolean;
  isFull: boolean | null;
  hits: number;
} & Omit<CountedLink, 'id'>;

async function settleChanges(tx: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await tx.execute<Change>(changesOf(workspaceId, linksAStep));
  if (rows.length === 0) return false;
  const changes = upTo(hitsAStep, rows);
  const gone = [...new Set(changes.filter(({ kind }) => kind === null).map(({ scopeId }) => scopeId))];
  if (gone.length > 0) await removeScopes(tx, workspaceId, gone);
  const left = changes.filter(({ kind, isMember, isFull }) => kind !== null && !isMember && isFull !== null);
  for (const some of groupsOf(left, ({ scopeId, isFull }) => `${scopeId} ${isFull}`))
    await leave(tx, workspaceId, some);
  const joined = changes.filter(({ isMember, isFull }) => isMember && isFull === null);
  for (const some of groupsOf(joined, ({ scopeId }) => scopeId)) await join(tx, workspaceId, some);
  // By their ids: those that were written since stand for what the links are by then.
  await tx.execute(sql`
delete from scope_changes where id = any(${sql.param(changes.flatMap(({ ids }) => ids))}::bigint[])`);
  return true;
}

async function join(tx: Db, workspaceId: string, links: readonly Change[]): Promise<void> {
  const [{ scopeId, kind } = { scopeId: '', kind: null }] = links;
  const { rows } = await tx.execute<{ state: string }>(sql`
insert into rollup_scopes as t (workspace_id, scope_id, kind, hits, state)
values (${workspaceId}, ${scopeId}, ${kind}, 0, 'light')
on conflict (workspace_id, scope_id) do update set hits = t.hits
returning state`);
  const isFull = rows[0]?.state !== 'light';
  await tx.execute(sql`
insert into scope_links (workspace_id, link_id, scope_id, is_full)
select ${workspaceId}, link_id, ${scopeId}, ${isFull} from unnest(${sql.param(links.map(({ linkId }) => linkId))}::text[]) l (link_id)`);
  await countMembers(tx, membersOf(workspaceId, scopeId, links), isFull ? 'full' : 'light', 'added');
  await addHits(tx, workspaceId, scopeId, sumOfHits(links));
}

async function leave(tx: Db, workspaceId: string, links: readonly Change[]): Promise<void> {
  const [{ scopeId, isFull } = { scopeId: '', isFull: null }] = links;
  await countMembers(tx, membersOf(workspaceId, scopeId, links), isFull ? 'full' : 'light', 'taken off');
  await tx.execute(sql`
delete from scope_links
where workspace_id = ${workspaceId} and scope_id = ${scopeId}
  and link_id = any(${sql.param(links.map(({ linkId }) => linkId))}::text[])`);
  await addHits(tx, workspaceId, scopeId, -sumOfHits(links));
  await removeEmptyOf(tx, sql`select ${scopeId}::text`);
}

type Kept = Pick<Change, 'linkId' | 'hits' | 'isBusy' | 'hasHistory'>;

const sumOfHits = (links: readonly { hits: number }[]) => links.reduce((sum, { hits }) => sum + hits, 0);

/** Links without hits change nothing but who is counted from now on. */
const membersOf = (workspaceId: string, scopeId: string, links: readonly Kept[]) => ({
  workspaceId,
  scopeId,
  links: links
    .filter(({ hits }) => hits !== 0)
    .map(({ linkId, isBusy, hasHistory }) => ({ id: linkId, isBusy, hasHistory })),
});

async function addHits(tx: Db, workspaceId: string, scopeId: string, hits: number): Promise<void> {
  await tx.execute(sql`
update rollup_scopes
set hits = hits + ${hits}, state = case when state = 'light' and hits + ${hits} >= ${largeScopeHits} then 'filling' else state end
where workspace_id = ${workspaceId} and scope_id = ${scopeId}`);
}

/** Campaigns and tags that were deleted. */
async function removeScopes(tx: Db, workspaceId: string, scopeIds: readonly string[]): Promise<void> {
  const areGone = sql`scope_id = any(${sql.param([...scopeIds])}::text[])`;
  for (const table of ['click_totals_hourly', 'click_counts_daily', 'click_counts_monthly'])
    await tx.execute(sql`delete from ${sql.identifier(table)} where ${areGone}`);
  for (const table of ['rollup_scopes', 'scope_links', 'scope_changes'])
    await tx.execute(sql`delete from ${sql.identifier(table)} where workspace_id = ${workspaceId} and ${areGone}`);
}

/** Counts a step of the past of a scope that became large. @returns whether there was one */
async function fillNext(tx: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ scopeId: string; kind: string }>(sql`
select scope_id as "scopeId", kind from rollup_scopes where workspace_id = ${workspaceId} and state = 'filling' limit 1`);
  const [scope] = rows;
  if (!scope) return false;
  const { scopeId, kind } = scope;
  if (kind === 'workspace') {
    if (await forgetQuietHours(tx, workspaceId)) return true;
    await countDomains(tx, workspaceId);
  } else if (kind === 'domain') await fillDomain(tx, workspaceId, scopeId);
  else if (!(await fillMembers(tx, workspaceId, scopeId))) return true;
  await tx.execute(sql`
update rollup_scopes set state = 'full' where workspace_id = ${workspaceId} and scope_id = ${scopeId}`);
  return true;
}

/** Versions before counted the hours of every link; nobody reads those of quiet ones. @returns whether there were some */
async function forgetQuietHours(tx: Db, workspaceId: string): Promise<boolean> {
  const { rowCount } = await tx.execute(sql`
delete from click_totals_hourly where ctid = any(array(
  select h.ctid
  from link_totals t
  join click_totals_hourly h on h.scope_id = t.link_id
  where t.workspace_id = ${workspaceId} and not t.is_busy and not t.has_history
  limit ${hitsAStep}
))`);
  return (rowCount ?? 0) > 0;
}

/** How many hits came by each domain, over all rows. */
async function countDomains(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`
delete from rollup_scopes where workspace_id = ${workspaceId} and kind = 'domain'`);
  await tx.execute(sql`
update rollup_scopes set hits = 0 where workspace_id = ${workspaceId} and scope_id = workspace_id`);
  await tx.execute(addToDomains(settled(sql`c.workspace_id = ${workspaceId}`), {}));
}

async function fillDomain(tx: Db, workspaceId: string, scopeId: string): Promise<void> {
  const domainId = scopeId.slice(workspaceId.length + 1);
  await breakDownWithHours(
    tx,
    sql`c.workspace_id = ${workspaceId} and c.domain_id = ${domainId}`,
    { only: scopeId, visitorsOf: 'workspace' },
    {},
  );
}

/** @returns true when all its links are counted */
async function fillMembers(tx: Db, workspaceId: string, scopeId: string): Promise<boolean> {
  const { rows } = await tx.execute<Kept>(sql`
select m.link_id as "linkId", coalesce(t.hits, 0)::float8 as hits, coalesce(t.is_busy, false) as "isBusy",
       coalesce(t.has_history, false) as "hasHistory"
from scope_links m
left join link_totals t on t.link_id = m.link_id
where m.workspace_id = ${workspaceId} and m.scope_id = ${scopeId} and not m.is_full
order by m.link_id
limit ${linksAStep}`);
  const links = upTo(hitsAStep, rows);
  await countMembers(tx, membersOf(workspaceId, scopeId, links), 'besides', 'added');
  await tx.execute(sql`
update scope_links set is_full = true
where workspace_id = ${workspaceId} and scope_id = ${scopeId}
  and link_id = any(${sql.param(links.map(({ linkId }) => linkId))}::text[])`);
  return links.length === rows.length && rows.length < linksAStep;
}

/** A workspace with many hits by two domains gets rollups of each: no index finds the rows of one. */
async function markLargeDomains(db: Db): Promise<void> {
  await db.execute(sql`
update rollup_scopes d set state = 'filling'
from rollup_scopes w
where w.kind = 'workspace' and w.state = 'full' and w.hits >= ${largeScopeHits} and w.workspace_id = d.workspace_id
  and d.kind = 'domain' and d.state = 'light' and d.hits > 0 and d.hits < w.hits`);
}

/** The first of some links, as many as have so many hits together, at least one. */
function upTo<Of extends { hits: number }>(most: number, links: readonly Of[]): Of[] {
  let hits = 0;
  const enough = links.findIndex((link) => (hits += link.hits) >= most);
  return enough === -1 ? [...links] : links.slice(0, enough + 1);
}

function groupsOf<Of>(some: readonly Of[], keyOf: (each: Of) => string): Of[][] {
  const groups = new Map<string, Of[]>();
  for (const each of some) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()];
}
