import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';

/** What the rollups need to know of a dimension; analytics/dimensions.ts holds the list. */
export type CountedDimension = {
  name: string;
  /** The value as SQL over a row `c` of clicks; NULL is counted as '', and as nothing where only scans are. */
  sql: string;
  counts: 'clicks' | 'scans' | 'hits';
  /** Dimensions with the same name here depend on one another. */
  card: string;
  /** `workspace`: workspaces are broken down by it, links are not. */
  of?: 'workspace';
};

/**
 * A link's breakdowns are rolled up once it has this many hits. Below, its raw rows answer in a few milliseconds through
 * the primary key; and a rollup of few hits is larger than the hits (src/DECISIONS.md 8).
 */
export const busyLinkHits = 3_000;

/** Transaction-wide locks of Postgres are numbers; this one lets a single node touch the rollups at a time. */
const rollupLock = sql`pg_advisory_xact_lock(hashtext('waymark rollups'))`;
export const tryRollupLock = sql`pg_try_advisory_xact_lock(hashtext('waymark rollups'))`;

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
  const columns = dimensions.map(({ sql: plain, counts }, index) => {
    const value = counts === 'scans' ? plain : `coalesce(${plain}, '')`;
    return `${counts === 'hits' ? value : `case when c.class = 'human' then ${value} end`} as v${index}`;
  });
  return sql.raw(columns.join(', '));
}

/** How hits are counted. */
type Counting = {
  dimensions: readonly CountedDimension[];
  /** 'taken off': what was counted of these hits is counted back. */
  sign?: 'added' | 'taken off';
  /** The zone of hours and days, as SQL; each workspace's own when left out. */
  timeZone?: SQL;
};

const countOf = ({ sign = 'added' }: Counting) => sql.raw(sign === 'added' ? 'count(*)' : '-count(*)');

/** CTE `source`: the hits with their hour and day on the workspace's clock, and their values. `busy_id`: NULL unless busy. */
const readHits = (hits: SQL, { dimensions, timeZone = sql`w.time_zone` }: Counting): SQL => sql`source as materialized (
  select c.workspace_id, c.link_id, c.class, c.clicked_at, c.is_first_in_workspace, c.is_first_on_link,
         case when c.link_id in (select link_id from link_totals where is_busy) then c.link_id end as busy_id,
         date_trunc('hour', c.clicked_at, ${timeZone}) as hour,
         (c.clicked_at at time zone ${timeZone})::date as day,
         ${valueColumns(dimensions)}
  from ${hits} c
  join workspaces w on w.id = c.workspace_id
)`;

/** The columns of each card, as grouping sets. */
function cardSets(dimensions: readonly CountedDimension[]): SQL {
  const cards = new Map<string, string[]>();
  for (const [index, { card }] of dimensions.entries()) cards.set(card, [...(cards.get(card) ?? []), `v${index}`]);
  return sql.raw([...cards.values()].map((columns) => `(${columns.join(', ')})`).join(', '));
}

/** Rows `d (dimension, value)` of a row `s`; a value is NULL where it does not count. */
function valueRows(dimensions: readonly CountedDimension[]): SQL {
  const rows = dimensions.map(({ name, of }, index) =>
    of === 'workspace' ? `('${name}', case when s.is_workspace then v${index} end)` : `('${name}', v${index})`,
  );
  return sql.raw(`(values ${rows.join(', ')}) as d (dimension, value)`);
}

/**
 * CTEs `card`, `counted`, `daily`, `monthly`: the breakdowns of the source, added to what is there. Hits are grouped by
 * all dimensions of a card first, because these depend on one another: what remains to be counted by dimension is little.
 * Sorted by key: should there ever be a second writer, it waits and does not deadlock.
 * @param scopes whether links alone are counted, or their workspaces too
 */
function addBreakdowns(scopes: 'links' | 'links and workspaces', counting: Counting): SQL {
  const { dimensions } = counting;
  const columns = sql.raw(dimensions.map((_, index) => `v${index}`).join(', '));
  const ofLinks = sql`
    select busy_id as scope_id, first_on_link as visitors, false as is_workspace, day, hits, ${columns}
    from card where busy_id is not null`;
  const ofWorkspaces = sql`
    select workspace_id, first_in_workspace, true, day, hits, ${columns}
    from card`;
  return sql`card as materialized (
  select workspace_id, busy_id, day, ${columns}, ${countOf(counting)} as hits,
         ${countOf(counting)} filter (where is_first_in_workspace) as first_in_workspace,
         ${countOf(counting)} filter (where is_first_on_link) as first_on_link
  from source
  group by workspace_id, busy_id, day, grouping sets (${cardSets(dimensions)})
), counted as materialized (
  select s.scope_id, s.day, d.dimension, d.value, sum(s.hits) as clicks, sum(s.visitors) as visitors
  from (${scopes === 'links' ? ofLinks : sql`${ofLinks} union all ${ofWorkspaces}`}) s
  cross join lateral ${valueRows(dimensions)}
  where d.value is not null
  group by 1, 2, 3, 4
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

/** A statement's CTEs and end: counts `hits` in every rollup of their workspaces and links. */
const addToRollups = (hits: SQL, counting: Counting): SQL => sql`${readHits(hits, counting)},
${addBreakdowns('links and workspaces', counting)}, hourly as (
  insert into click_totals_hourly as t (scope_id, hour, class, hits, visitors)
  select scope_id, hour, class, ${countOf(counting)}, ${countOf(counting)} filter (where is_first)
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
select link_id, workspace_id, ${countOf(counting)} filter (where class = 'human'),
       ${countOf(counting)} filter (where is_first_on_link), ${countOf(counting)}, min(clicked_at), max(clicked_at) filter (where class = 'human')
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
    await lockRollups(tx);
    // Nobody waits for it to be on disk: a crash that takes it away gives the pending hits back.
    await tx.execute(sql`select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true)`);
    return takePending(tx, dimensions);
  });
}

/** Lets nobody else touch the rollups until the transaction ends; what is pending stays pending so long. */
export async function lockRollups(tx: Db): Promise<void> {
  await tx.execute(sql`select ${rollupLock}`);
}

/** As `rollUpPending`, for those who hold the lock. */
export async function takePending(tx: Db, dimensions: readonly CountedDimension[]): Promise<number> {
  return takeIn(tx, sql`delete from clicks_pending returning *`, dimensions);
}

/**
 * Takes hits into every rollup; for those who hold the lock.
 * @param hits a statement that returns rows of clicks which no rollup has, such as the one that puts them there
 * @returns how many hits were taken in
 */
export async function takeIn(tx: Db, hits: SQL, dimensions: readonly CountedDimension[]): Promise<number> {
  const taken = await tx.execute(sql`
with taken as (
  ${hits}
), ${addToRollups(sql`taken`, { dimensions })}
returning (select count(*) from taken)::int as hits`);
  const count = (taken.rows[0] as { hits: number } | undefined)?.hits ?? 0;
  if (count > 0) await rollUpLinks(tx, sql`hits >= ${busyLinkHits}`, dimensions);
  return count;
}

/**
 * Gives the pages of taken hits back. Autovacuum comes once a minute, and until then each roll-up and each report would
 * read past every hit of that minute.
 */
export async function vacuumPending(db: Db): Promise<void> {
  await db.execute(sql`vacuum clicks_pending`);
}

/**
 * Links that are not rolled up get the breakdowns of their past now, and of each click from now on.
 * @param which a condition on `link_totals t`
 */
export async function rollUpLinks(tx: Db, which: SQL, dimensions: readonly CountedDimension[]): Promise<void> {
  const promoted = await tx.execute(
    sql`update link_totals t set is_busy = true where not is_busy and ${which} returning link_id`,
  );
  if (promoted.rows.length === 0) return;
  const ids = sql.param((promoted.rows as { link_id: string }[]).map((row) => row.link_id));
  await breakDownSettled(tx, sql`c.link_id = any(${ids}::text[])`, 'links', dimensions);
}

/**
 * Counts hits that the rollups have in the breakdowns, and in nothing else.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function breakDownSettled(
  tx: Db,
  where: SQL,
  scopes: 'links' | 'links and workspaces',
  dimensions: readonly CountedDimension[],
): Promise<void> {
  await tx.execute(sql`
with ${readHits(settled(where), { dimensions })},
${addBreakdowns(scopes, { dimensions })}
select count(*) from counted`);
}

/**
 * Counts hits that the rollups have, or takes them off, in any rollup of their workspaces and links.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function countSettled(tx: Db, where: SQL, counting: Counting): Promise<void> {
  await tx.execute(sql`with ${addToRollups(settled(where), counting)}`);
}

/** Removes the rows of a workspace and its links that count nothing any more, of some days or of all time. */
export async function removeEmpty(tx: Db, workspaceId: string, days?: { first: string; last: string }): Promise<void> {
  const scopes = sql`
scope_id in (select ${workspaceId} union all select link_id from link_totals where workspace_id = ${workspaceId})`;
  const isAmong = (column: string, first = days?.first) =>
    days ? sql`${sql.identifier(column)} between ${first}::date and ${days.last}::date + 1` : sql`true`;
  await tx.execute(sql`
delete from click_totals_hourly where ${scopes} and ${isAmong('hour')} and hits = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_daily where ${scopes} and ${isAmong('day')} and clicks = 0 and visitors = 0`);
  await tx.execute(sql`
delete from click_counts_monthly where ${scopes} and ${isAmong('month', days && `${days.first.slice(0, 7)}-01`)} and clicks = 0 and visitors = 0`);
}

/**
 * Moves a workspace's rollups to the calendar it has now. Rows are counted over; history whose rows are gone stays on the
 * days that it was counted on.
 * @param from the zone it had before
 */
export async function moveRollups(
  db: Db,
  workspaceId: string,
  from: string,
  dimensions: readonly CountedDimension[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select ${rollupLock}, set_config('work_mem', '256MB', true)`);
    const ofWorkspace = sql`c.workspace_id = ${workspaceId}`;
    await countSettled(tx, ofWorkspace, { dimensions, sign: 'taken off', timeZone: sql`${from}::text` });
    await countSettled(tx, ofWorkspace, { dimensions });
    await removeEmpty(tx, workspaceId);
  });
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
export async function restateWorkspace(
  db: Db,
  workspaceId: string,
  dimensions: readonly CountedDimension[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select ${rollupLock}, set_config('work_mem', '256MB', true)`);
    await removeRollups(tx, workspaceId);
    const ofWorkspace = sql`c.workspace_id = ${workspaceId}`;
    await tx.execute(sql`
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, is_busy)
select link_id, workspace_id, 0, 0, 0, min(clicked_at), true
from ${settled(ofWorkspace)} c
group by 1, 2
having count(*) >= ${busyLinkHits}`);
    await countSettled(tx, ofWorkspace, { dimensions });
  });
}
