import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { removeEmptyOf } from './recount.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import { countDomains, fillNext, markDomains, patienceMs, unrolledDomains } from './large-scopes.ts';
import { countMembers, linksAStep, type ScopeLink, sumOfHits, withHits } from './scope-links.ts';
import { changesOf, largeScopeHits } from '../rollups/scopes.ts';
import { firstStepOf } from '../rollups/steps.ts';
import { deleteScopesOf, deleteSomeRollups } from './removal.ts';

/** After so many milliseconds a run of the timetable ends; the rest is the next one's. */
const runMs = 20_000;

/** The jobs that keep the rollups of campaigns, tags and domains in step with their links and their size. */
export const scopeJobs = (db: Db): Job[] => [
  { name: 'count campaigns and tags', everyMs: 2_000, atMostMs: 10_000, run: () => settleScopes(db, runMs) },
  { name: 'find large domains', everyMs: 60_000, run: () => markDomains(db, 'large or without rows') },
];

/**
 * Counts the hits of links that came to a campaign or a tag or left it, a step of each workspace in turn. So is the past of
 * scopes that became large. Until a scope's links are all counted, rows answer for it.
 * @param withinMs no step is begun after so many milliseconds
 */
export async function settleScopes(db: Db, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
  const endsAt = performance.now() + withinMs;
  const { rows } = await db.execute<{ id: string; isNew: boolean }>(sql`
select id, bool_or(is_new) as "isNew"
from (
  select workspace_id as id, false as is_new from scope_changes
  union
  select workspace_id, kind = 'workspace' from rollup_scopes where state = 'filling'
) w
group by id
order by random()`);
  const failures: unknown[] = [];
  for (let left = rows; left.length > 0; ) {
    const again: typeof rows = [];
    for (const { id, isNew } of left) {
      if (performance.now() > endsAt) break;
      try {
        if (isNew) await countDomains(db, id);
        if (await settleStep(db, id)) again.push({ id, isNew: false });
      } catch (error) {
        // One that fails must not keep the others from theirs.
        failures.push(error);
      }
    }
    left = again;
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Gives every domain beside others rollups of its own, before rows go that alone tell one from another.
 * @returns false where somebody else has rollups of a workspace: it is tried again later
 */
export async function rollUpDomains(db: Db): Promise<boolean> {
  // Domains have to be counted before they can be marked.
  await settleScopes(db);
  await markDomains(db, 'all');
  await settleScopes(db);
  const { rowCount } = await db.execute(sql`select 1 from ${unrolledDomains} u limit 1`);
  return rowCount === 0;
}

/** @returns whether there may be more to do; not where somebody else has the workspace's rollups */
async function settleStep(db: Db, workspaceId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`
select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true)`);
    if (!(await tryLockRollups(tx, workspaceId, patienceMs))) return false;
    const { rows } = await tx.execute<{ isOver: boolean }>(sql`
select deleted_at is not null as "isOver" from workspaces where id = ${workspaceId}`);
    // These go with it.
    if (rows[0]?.isOver) return false;
    if (rows.length === 0) {
      await deleteScopesOf(tx, workspaceId);
      return false;
    }
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
} & ScopeLink;

async function settleChanges(tx: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await tx.execute<Change>(changesOf(workspaceId, linksAStep));
  if (rows.length === 0) return false;
  const changes = firstStepOf(rows, ({ hits }) => hits);
  const gone = changes.filter(({ kind }) => kind === null);
  // Its rollups may be millions of rows: the changes stay until none is left.
  if (gone.length > 0 && !(await removeScopes(tx, workspaceId, gone))) return true;
  const left = changes.filter(({ kind, isMember, isFull }) => kind !== null && !isMember && isFull !== null);
  for (const some of groupsOf(left, ({ scopeId, isFull }) => `${scopeId} ${isFull}`))
    await takeLinks(tx, workspaceId, some);
  const joined = changes.filter(({ isMember, isFull }) => isMember && isFull === null);
  for (const some of groupsOf(joined, ({ scopeId }) => scopeId)) await addLinks(tx, workspaceId, some);
  // By their ids: those that were written since stand for what the links are by then.
  await tx.execute(sql`
delete from scope_changes where id = any(${sql.param(changes.flatMap(({ ids }) => ids))}::bigint[])`);
  for (const scopeId of new Set(left.map((link) => link.scopeId))) await cleanUp(tx, workspaceId, scopeId);
  return true;
}

/** Links of one scope, with what is the same of all of them. */
type Group = { first: Change; links: readonly Change[] };

const idsOf = (links: readonly Change[]) => sql`${sql.param(links.map(({ linkId }) => linkId))}::text[]`;

async function addLinks(tx: Db, workspaceId: string, { first: { scopeId, kind }, links }: Group): Promise<void> {
  const { rows } = await tx.execute<{ state: string }>(sql`
insert into rollup_scopes as t (workspace_id, scope_id, kind, hits, state)
values (${workspaceId}, ${scopeId}, ${kind}, 0, 'light')
on conflict (workspace_id, scope_id) do update set hits = t.hits
returning state`);
  const isFull = rows[0]?.state !== 'light';
  await tx.execute(sql`
insert into scope_links (workspace_id, link_id, scope_id, is_full)
select ${workspaceId}, link_id, ${scopeId}, ${isFull} from unnest(${idsOf(links)}) l (link_id)`);
  await countMembers(tx, { workspaceId, scopeId, links: withHits(links) }, isFull ? 'full' : 'light', 'added');
  await addHits(tx, workspaceId, scopeId, sumOfHits(links));
}

async function takeLinks(tx: Db, workspaceId: string, { first: { scopeId, isFull }, links }: Group): Promise<void> {
  await countMembers(tx, { workspaceId, scopeId, links: withHits(links) }, isFull ? 'full' : 'light', 'taken off');
  await tx.execute(sql`
delete from scope_links
where workspace_id = ${workspaceId} and scope_id = ${scopeId} and link_id = any(${idsOf(links)})`);
  await addHits(tx, workspaceId, scopeId, -sumOfHits(links));
}

/** Removes what counts nothing any more, once the last change of a scope is done: all of its rows are looked at. */
async function cleanUp(tx: Db, workspaceId: string, scopeId: string): Promise<void> {
  const { rowCount } = await tx.execute(sql`
select 1 from scope_changes where workspace_id = ${workspaceId} and scope_id = ${scopeId} limit 1`);
  if (rowCount) return;
  await removeEmptyOf(tx, sql`select ${scopeId}::text`);
  // One without links leaves no change behind when it is deleted.
  await tx.execute(sql`
delete from rollup_scopes
where workspace_id = ${workspaceId} and scope_id = ${scopeId}
  and not exists (select 1 from scope_links where workspace_id = ${workspaceId} and scope_id = ${scopeId})`);
}

async function addHits(tx: Db, workspaceId: string, scopeId: string, hits: number): Promise<void> {
  await tx.execute(sql`
update rollup_scopes
set hits = hits + ${hits}, state = case when state = 'light' and hits + ${hits} >= ${largeScopeHits} then 'filling' else state end
where workspace_id = ${workspaceId} and scope_id = ${scopeId}`);
}

/** Removes rollups of campaigns and tags that were deleted. @returns true when none is left */
async function removeScopes(tx: Db, workspaceId: string, links: readonly Change[]): Promise<boolean> {
  const scopeIds = [...new Set(links.map(({ scopeId }) => scopeId))];
  if (!(await deleteSomeRollups(tx, scopeIds))) return false;
  await deleteScopesOf(tx, workspaceId, scopeIds);
  return true;
}

function groupsOf(some: readonly Change[], keyOf: (each: Change) => string): Group[] {
  const groups = new Map<string, Change[]>();
  for (const each of some) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()].flatMap((links) => (links[0] ? [{ first: links[0], links }] : []));
}
