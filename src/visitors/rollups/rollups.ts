import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { addBreakdowns, addHours, type Counting, countOf, readSource, type Scopes } from './breakdowns.ts';
import { type Dimension, dimensions as all } from './dimensions.ts';
import { domainScope, largeScopeHits } from './scopes.ts';

/**
 * A link's breakdowns are rolled up once it has this many hits. Below, its raw rows answer in a few milliseconds through
 * the primary key; and a rollup of few hits is larger than the hits (src/DECISIONS.md 8).
 */
export const busyLinkHits = 3_000;

/**
 * Rows of clicks that the rollups have; in any one snapshot a hit is either settled or pending. `not in` because Postgres
 * answers it from a hash: it takes the pending table for empty, and would join it row by row.
 */
export const settled = (where: SQL): SQL => sql`(
  select * from clicks c
  where ${where} and (c.link_id, c.clicked_at, c.id) not in (select link_id, clicked_at, id from clicks_pending)
)`;

/**
 * Adds hits to the numbers of their workspaces and domains. A workspace that is new here may have hits of before that no
 * domain has, after an update. So the job counts its domains before anybody goes by them.
 */
export const addToDomains = (
  hits: SQL,
  counting: Counting,
): SQL => sql`insert into rollup_scopes as t (workspace_id, scope_id, kind, hits, state)
  select workspace_id, scope_id, kind, ${countOf(counting)}, case kind when 'workspace' then 'filling' else 'light' end
  from (
    select workspace_id, workspace_id as scope_id, 'workspace' as kind from ${hits} h
    union all
    select workspace_id, ${domainScope(sql`workspace_id`, sql`domain_id`)}, 'domain' from ${hits} h where domain_id is not null
  ) s
  group by 1, 2, 3
  order by 1, 2
  on conflict (workspace_id, scope_id) do update set hits = t.hits + excluded.hits`;

/** CTE `totals`: the sums of links, added to what is there. */
const addToTotals = (counting: Counting): SQL => sql`totals as (
  insert into link_totals as t (link_id, workspace_id, clicks, visitors, hits, first_hit_at, last_click_at)
  select link_id, workspace_id, ${countOf(counting)} filter (where class = 'human'),
         ${countOf(counting)} filter (where is_first_on_link), ${countOf(counting)}, min(clicked_at),
         max(clicked_at) filter (where class = 'human')
  from source
  group by 1, 2
  order by 1
  on conflict (link_id) do update
  set clicks = t.clicks + excluded.clicks, visitors = t.visitors + excluded.visitors, hits = t.hits + excluded.hits,
      first_hit_at = least(t.first_hit_at, excluded.first_hit_at),
      last_click_at = greatest(t.last_click_at, excluded.last_click_at)
  returning link_id, hits, is_busy
)`;

/** CTEs that count `hits` in every rollup of their workspaces and links but the sums of these. */
const addToRollups = (hits: SQL, counting: Counting): SQL => sql`${readSource(hits, counting, 'all')},
${addBreakdowns('all', counting)}, ${addHours(
  sql`
    select workspace_id as scope_id, is_first_in_workspace as is_first, hour, class from source
    union all
    select busy_id, is_first_on_link, hour, class from source where busy_id is not null
    union all
    select scope_id, is_first, hour, class from scoped`,
  counting,
)}, members as (
  update rollup_scopes t
  set hits = t.hits + m.hits,
      state = case when t.state = 'light' and t.hits + m.hits >= ${largeScopeHits} then 'filling' else t.state end
  from (
    select s.workspace_id, m.scope_id, ${countOf(counting)} as hits
    from source s
    cross join unnest(s.whole_of || s.light_of) as m (scope_id)
    group by 1, 2
  ) m
  where t.workspace_id = m.workspace_id and t.scope_id = m.scope_id
), domains as (
  ${addToDomains(sql`source`, counting)}
)`;

/**
 * Takes hits into every rollup; for those who hold the lock.
 * @param hits a statement that returns rows of clicks which no rollup has, such as the one that puts them there
 * @param before CTEs that it needs
 * @returns how many hits were taken in
 */
export async function takeIn(tx: Db, hits: SQL, dimensions: readonly Dimension[] = all, before?: SQL): Promise<number> {
  const taken = await tx.execute<{ hits: number; busy: string[] }>(sql`
with ${before ? sql`${before}, ` : sql``}taken as (
  ${hits}
), ${addToRollups(sql`taken`, { dimensions })}, ${addToTotals({})}
select (select count(*) from taken)::int as hits,
       array(select link_id from totals where not is_busy and hits >= ${busyLinkHits}) as busy`);
  const { hits: count = 0, busy = [] } = taken.rows[0] ?? {};
  if (busy.length > 0) await rollUpLinks(tx, sql`link_id = any(${sql.param(busy)}::text[])`, dimensions);
  return count;
}

/** Versions before counted the hours of every link; those of quiet ones are counted no more. */
const deleteStaleHours = (links: SQL): SQL => sql`delete from click_totals_hourly where scope_id in (${links})`;

/**
 * Keeps what can be said of hits of quiet links in rollups of theirs, and deletes the rows; for those who hold the lock.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left where it is
 */
export async function keepHistory(tx: Db, workspaceId: string, linkIds: readonly string[], where: SQL): Promise<void> {
  const ids = sql`any(${sql.param([...linkIds])}::text[])`;
  const areQuiet = sql`workspace_id = ${workspaceId} and link_id = ${ids} and not is_busy`;
  await tx.execute(deleteStaleHours(sql`select link_id from link_totals where ${areQuiet} and not has_history`));
  await tx.execute(sql`update link_totals set has_history = true where ${areQuiet}`);
  const areTheirs = sql`c.workspace_id = ${workspaceId} and c.link_id = any(array(select link_id from link_totals where ${areQuiet}))
    and ${where}`;
  await breakDownWithHours(tx, areTheirs, 'links', { ofQuietLinks: true });
  await tx.execute(sql`
delete from clicks c
where ${areTheirs} and (c.link_id, c.clicked_at, c.id) not in (select link_id, clicked_at, id from clicks_pending)`);
}

/**
 * Links that are not rolled up get the breakdowns and hours of their past now, and of each click from now on.
 * @param which a condition on `link_totals t`
 */
export async function rollUpLinks(tx: Db, which: SQL, dimensions: readonly Dimension[] = all): Promise<void> {
  const promoted = await tx.execute<{ link_id: string }>(sql`
with quiet as materialized (
  select link_id, has_history from link_totals t where not is_busy and ${which}
), stale as (
  ${deleteStaleHours(sql`select link_id from quiet where not has_history`)}
)
update link_totals t set is_busy = true, has_history = false
from quiet
where t.link_id = quiet.link_id
returning t.link_id`);
  if (promoted.rows.length === 0) return;
  const ids = sql.param(promoted.rows.map((row) => row.link_id));
  await breakDownWithHours(tx, sql`c.link_id = any(${ids}::text[])`, 'links', { dimensions });
}

/**
 * Counts hits that the rollups have in the breakdowns, or takes them off, and in nothing else.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function breakDownSettled(tx: Db, where: SQL, scopes: Scopes, counting: Counting): Promise<void> {
  await tx.execute(sql`
with ${readSource(settled(where), counting, scopes)},
${addBreakdowns(scopes, counting)}
select count(*) from counted`);
}

/** The same with the hours of the links themselves, or of one scope. */
export async function breakDownWithHours(
  tx: Db,
  where: SQL,
  scopes: Exclude<Scopes, 'all'>,
  counting: Counting,
): Promise<void> {
  const [scopeId, isFirst] =
    scopes === 'links'
      ? [sql`link_id`, sql`is_first_on_link`]
      : [sql`${scopes.only}::text`, scopes.visitorsOf === 'link' ? sql`is_first_on_link` : sql`is_first_in_workspace`];
  await tx.execute(sql`
with ${readSource(settled(where), counting, scopes)},
${addBreakdowns(scopes, counting)},
${addHours(sql`select ${scopeId} as scope_id, ${isFirst} as is_first, hour, class from source`, counting)}
select count(*) from counted`);
}

/**
 * Counts hits that the rollups have, or takes them off, in any rollup of their workspaces and links.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function countSettled(tx: Db, where: SQL, counting: Counting = {}): Promise<void> {
  await tx.execute(sql`
with ${addToRollups(settled(where), counting)}, ${addToTotals(counting)} select count(*) from totals`);
}

/**
 * Hits of a workspace month by month: all at once would take gigabytes of memory.
 * @param run is given a condition over a row `c` of clicks
 */
export async function eachMonth(tx: Db, workspaceId: string, run: (where: SQL) => Promise<void>): Promise<void> {
  const { rows } = await tx.execute<{ from: string; to: string }>(sql`
select m::text as "from", (m + interval '1 month')::text as "to"
from (select min(clicked_at) as first, max(clicked_at) as last from clicks where workspace_id = ${workspaceId}) c
cross join generate_series(date_trunc('month', c.first), c.last, interval '1 month') m`);
  for (const { from, to } of rows)
    await run(sql`c.workspace_id = ${workspaceId}
    and c.clicked_at >= ${from}::timestamptz and c.clicked_at < ${to}::timestamptz`);
}

/** As countSettled, in all rollups but the sums of links. */
export async function countWithoutTotals(tx: Db, where: SQL, counting: Counting = {}): Promise<void> {
  await tx.execute(sql`with ${addToRollups(settled(where), counting)} select count(*) from counted`);
}

/** Counts all settled hits of a workspace that has no rollups. */
export async function countAll(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`
with source as (select * from ${settled(sql`c.workspace_id = ${workspaceId}`)} c), ${addToTotals({})}
select count(*) from totals`);
  await eachMonth(tx, workspaceId, (where) => countWithoutTotals(tx, where));
}
