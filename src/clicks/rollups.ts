import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';

/** What the rollups need to know of a dimension; analytics/dimensions.ts holds the list. */
export type CountedDimension = {
  name: string;
  /** The value as SQL over a row `c` of clicks; NULL is counted as ''. */
  sql: string;
  counts: 'clicks' | 'hits';
};

/**
 * A link's breakdowns are rolled up once it has this many hits. Below, its raw rows answer in a few milliseconds through
 * the primary key; and a rollup of few hits is larger than the hits (src/DECISIONS.md 6).
 */
export const busyLinkHits = 10_000;

/** Transaction-wide locks of Postgres are numbers; this one lets a single node touch the rollups at a time. */
const rollupLock = sql`pg_advisory_xact_lock(hashtext('waymark rollups'))`;

/**
 * Rows of clicks that the rollups have; in any one snapshot a hit is either settled or pending. `not in` because Postgres
 * answers it from a hash: it takes the pending table for empty, and would join it row by row.
 */
const settled = (where: SQL): SQL => sql`(
  select * from clicks c
  where ${where} and (c.link_id, c.clicked_at, c.id) not in (select link_id, clicked_at, id from clicks_pending)
)`;

/** The values of a hit, one column `v…` a dimension; NULL where the hit does not count in it. */
function valueColumns(dimensions: readonly CountedDimension[]): SQL {
  const columns = dimensions.map((dimension, index) => {
    const value = `coalesce(${dimension.sql}, '')`;
    return `${dimension.counts === 'hits' ? value : `case when c.class = 'human' then ${value} end`} as v${index}`;
  });
  return sql.raw(columns.join(', '));
}

/** CTE `source`: the hits with their hour and day on the workspace's clock, and their values. */
const readHits = (hits: SQL, dimensions: readonly CountedDimension[]): SQL => sql`source as materialized (
  select c.workspace_id, c.link_id, c.class, c.clicked_at, c.is_first_in_workspace, c.is_first_on_link,
         date_trunc('hour', c.clicked_at, w.time_zone) as hour,
         (c.clicked_at at time zone w.time_zone)::date as day,
         ${valueColumns(dimensions)}
  from ${hits} c
  join workspaces w on w.id = c.workspace_id
)`;

/**
 * CTEs `counted`, `daily`, `monthly`: the breakdowns of the source in some scopes, added to what is there. All dimensions
 * are grouped in one pass; `mask` tells which one a group is of. That takes a third of the time of a row a dimension.
 * Sorted by key: should there ever be a second writer, it waits and does not deadlock.
 * @param scoped rows of source with `scope_id` and `is_first` in that scope
 */
function addBreakdowns(scoped: SQL, dimensions: readonly CountedDimension[]): SQL {
  const columns = dimensions.map((_, index) => `v${index}`);
  const all = 2 ** dimensions.length - 1;
  const masks = dimensions.map(({ name }, index) => `(${all - 2 ** (dimensions.length - 1 - index)}, '${name}')`);
  return sql`counted as materialized (
  select g.scope_id, g.day, d.dimension, g.value, g.clicks, g.visitors
  from (
    select scope_id, day, grouping(${sql.raw(columns.join(', '))}) as mask, coalesce(${sql.raw(columns.join(', '))}) as value,
           count(*) as clicks, count(*) filter (where is_first) as visitors
    from (${scoped}) s
    group by scope_id, day, grouping sets (${sql.raw(columns.map((column) => `(${column})`).join(', '))})
  ) g
  join (values ${sql.raw(masks.join(', '))}) as d (mask, dimension) on d.mask = g.mask
  where g.value is not null
), daily as (
  insert into click_counts_daily as t (scope_id, day, dimension, value, clicks, visitors)
  select * from counted
  order by 1, 2, 3, 4
  on conflict (scope_id, day, dimension, value) do update
  set clicks = t.clicks + excluded.clicks, visitors = t.visitors + excluded.visitors
), monthly as (
  insert into click_counts_monthly as t (scope_id, month, dimension, value, clicks, visitors)
  select scope_id, date_trunc('month', day)::date, dimension, value, sum(clicks), sum(visitors)
  from counted
  group by 1, 2, 3, 4
  order by 1, 2, 3, 4
  on conflict (scope_id, month, dimension, value) do update
  set clicks = t.clicks + excluded.clicks, visitors = t.visitors + excluded.visitors
)`;
}

/** A statement's CTEs and end: adds `hits` to every rollup of their workspaces and links. */
const addToRollups = (hits: SQL, dimensions: readonly CountedDimension[]): SQL => sql`${readHits(hits, dimensions)},
${addBreakdowns(
  sql`
      select workspace_id as scope_id, is_first_in_workspace as is_first, * from source
      union all
      select link_id, is_first_on_link, * from source where link_id in (select link_id from link_totals where is_busy)`,
  dimensions,
)}, hourly as (
  insert into click_totals_hourly as t (scope_id, hour, class, hits, visitors)
  select scope_id, hour, class, count(*), count(*) filter (where is_first)
  from (
    select workspace_id as scope_id, is_first_in_workspace as is_first, hour, class from source
    union all
    select link_id, is_first_on_link, hour, class from source
  ) s
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (scope_id, hour, class) do update
  set hits = t.hits + excluded.hits, visitors = t.visitors + excluded.visitors
)
insert into link_totals as t (link_id, workspace_id, clicks, visitors, hits, first_hit_at, last_click_at)
select link_id, workspace_id, count(*) filter (where class = 'human'), count(*) filter (where is_first_on_link),
       count(*), min(clicked_at), max(clicked_at) filter (where class = 'human')
from source
group by 1, 2
order by 1
on conflict (link_id) do update
set clicks = t.clicks + excluded.clicks, visitors = t.visitors + excluded.visitors, hits = t.hits + excluded.hits,
    first_hit_at = least(t.first_hit_at, excluded.first_hit_at),
    last_click_at = greatest(t.last_click_at, excluded.last_click_at)`;

/**
 * Takes the pending hits into every rollup, exactly once: one transaction, one node at a time.
 * @returns how many hits were taken in
 */
export async function rollUpPending(db: Db, dimensions: readonly CountedDimension[]): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select ${rollupLock}`);
    const taken = await tx.execute(sql`
with gone as (
  delete from clicks_pending returning *
), ${addToRollups(sql`gone`, dimensions)}
returning (select count(*) from gone)::int as hits`);
    const hits = (taken.rows[0] as { hits: number } | undefined)?.hits ?? 0;
    if (hits > 0) await promoteBusyLinks(tx, dimensions);
    return hits;
  });
}

/**
 * Gives the pages of taken hits back. Autovacuum comes once a minute, and until then each roll-up and each report would
 * read past every hit of that minute.
 */
export async function vacuumPending(db: Db): Promise<void> {
  await db.execute(sql`vacuum clicks_pending`);
}

/** Links that have become busy get the breakdowns of their past now, and of each click from now on. */
async function promoteBusyLinks(tx: Db, dimensions: readonly CountedDimension[]): Promise<void> {
  const promoted = await tx.execute(
    sql`update link_totals set is_busy = true where not is_busy and hits >= ${busyLinkHits} returning link_id`,
  );
  for (const { link_id: linkId } of promoted.rows as { link_id: string }[]) {
    await tx.execute(sql`
with ${readHits(settled(sql`c.link_id = ${linkId}`), dimensions)},
${addBreakdowns(sql`select link_id as scope_id, is_first_on_link as is_first, * from source`, dimensions)}
select count(*) from counted`);
  }
}

/**
 * Counts a workspace's rollups anew from its rows: after a seed, an import, a change of its time zone.
 * Hits that are pending stay pending and are taken in as ever.
 */
export async function restateWorkspace(
  db: Db,
  workspaceId: string,
  dimensions: readonly CountedDimension[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select ${rollupLock}, set_config('work_mem', '256MB', true)`);
    for (const table of ['click_totals_hourly', 'click_counts_daily', 'click_counts_monthly']) {
      await tx.execute(sql`
delete from ${sql.identifier(table)}
where scope_id in (select ${workspaceId} union all select link_id from link_totals where workspace_id = ${workspaceId})`);
    }
    await tx.execute(sql`delete from link_totals where workspace_id = ${workspaceId}`);
    const ofWorkspace = settled(sql`c.workspace_id = ${workspaceId}`);
    await tx.execute(sql`
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, is_busy)
select link_id, workspace_id, 0, 0, 0, min(clicked_at), true
from ${ofWorkspace} c
group by 1, 2
having count(*) >= ${busyLinkHits}`);
    await tx.execute(sql`with ${addToRollups(ofWorkspace, dimensions)}`);
  });
}
