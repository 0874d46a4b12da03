import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { type Dimension, dimensions as all } from './dimensions.ts';

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

/** The values of a hit, one column `v…` a dimension; NULL where the hit does not count in it. */
function valueColumns(dimensions: readonly Dimension[]): SQL {
  const columns = dimensions.map(({ sql: plain, counts }, index) => {
    const value = counts === 'valued' ? plain : `coalesce(${plain}, '')`;
    return `${counts === 'hits' ? value : `case when c.class = 'human' then ${value} end`} as v${index}`;
  });
  return sql.raw(columns.join(', '));
}

/** How hits are counted. */
type Counting = {
  /** All unless told. */
  dimensions?: readonly Dimension[];
  /** 'taken off': what was counted of these hits is counted back. */
  sign?: 'added' | 'taken off';
  /** The zone of hours and days, as SQL; each workspace's own when left out. */
  timeZone?: SQL;
};

const countOf = ({ sign = 'added' }: Counting) => sql.raw(sign === 'added' ? 'count(*)' : '-count(*)');

/**
 * The start of an instant's hour on a zone's clock. Lord Howe's clock is set by half an hour and Chatham's at a quarter to:
 * the hour in which that happens begins anew with the first quarter on the instant's own side.
 */
export function hourOf(instant: SQL, timeZone: SQL): SQL {
  const shown = sql`date_trunc('hour', ${instant} at time zone ${timeZone})`;
  const start = sql`date_trunc('hour', ${instant}, ${timeZone})`;
  const later = ['15 minutes', '30 minutes'].map((after) => {
    const interval = sql.raw(`interval '${after}'`);
    return sql`when (${start} + ${interval}) at time zone ${timeZone} = ${shown} + ${interval} then ${start} + ${interval}`;
  });
  return sql`case when ${start} at time zone ${timeZone} = ${shown} then ${start} ${sql.join(later, sql` `)}
                  else ${start} + interval '45 minutes' end`;
}

/** CTE `source`: the hits with their hour and day on the workspace's clock, and their values. `busy_id`: NULL unless busy. */
const readHits = (
  hits: SQL,
  { dimensions = all, timeZone = sql`w.time_zone` }: Counting,
): SQL => sql`source as materialized (
  select c.workspace_id, c.link_id, c.class, c.clicked_at, c.is_first_in_workspace, c.is_first_on_link,
         case when c.link_id in (select link_id from link_totals where is_busy) then c.link_id end as busy_id,
         ${hourOf(sql`c.clicked_at`, timeZone)} as hour,
         (c.clicked_at at time zone ${timeZone})::date as day,
         ${valueColumns(dimensions)}
  from ${hits} c
  join workspaces w on w.id = c.workspace_id
)`;

/** The columns of each card, as grouping sets. */
function cardSets(dimensions: readonly Dimension[]): SQL {
  const cards = new Map<string, string[]>();
  for (const [index, { card }] of dimensions.entries()) cards.set(card, [...(cards.get(card) ?? []), `v${index}`]);
  return sql.raw([...cards.values()].map((columns) => `(${columns.join(', ')})`).join(', '));
}

/** Rows `d (dimension, value)` of a row `s`; a value is NULL where it does not count. */
function valueRows(dimensions: readonly Dimension[]): SQL {
  const rows = dimensions.map(({ name, of }, index) =>
    of === 'workspace' ? `('${name}', case when s.is_workspace then v${index} end)` : `('${name}', v${index})`,
  );
  return sql.raw(`(values ${rows.join(', ')}) as d (dimension, value)`);
}

/**
 * CTEs `card`, `counted`, `daily`, `monthly`: the breakdowns of the source, added to what is there. Hits are grouped by
 * all dimensions of a card first, because these depend on one another: what remains to be counted by dimension is little.
 * Sorted by key, so that indexes are written in order.
 * @param scopes whether links alone are counted, or their workspaces too
 */
function addBreakdowns(scopes: 'links' | 'links and workspaces', counting: Counting): SQL {
  const { dimensions = all } = counting;
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

/** CTEs that count `hits` in every rollup of their workspaces and links; `totals` are the sums of links that it touched. */
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
), totals as (
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
), ${addToRollups(sql`taken`, { dimensions })}
select (select count(*) from taken)::int as hits,
       array(select link_id from totals where not is_busy and hits >= ${busyLinkHits}) as busy`);
  const { hits: count = 0, busy = [] } = taken.rows[0] ?? {};
  if (busy.length > 0) await rollUpLinks(tx, sql`link_id = any(${sql.param(busy)}::text[])`, dimensions);
  return count;
}

/**
 * Links that are not rolled up get the breakdowns of their past now, and of each click from now on.
 * @param which a condition on `link_totals t`
 */
export async function rollUpLinks(tx: Db, which: SQL, dimensions: readonly Dimension[] = all): Promise<void> {
  const promoted = await tx.execute(
    sql`update link_totals t set is_busy = true where not is_busy and ${which} returning link_id`,
  );
  if (promoted.rows.length === 0) return;
  const ids = sql.param((promoted.rows as { link_id: string }[]).map((row) => row.link_id));
  await breakDownSettled(tx, sql`c.link_id = any(${ids}::text[])`, 'links', { dimensions });
}

/**
 * Counts hits that the rollups have in the breakdowns, or takes them off, and in nothing else.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function breakDownSettled(
  tx: Db,
  where: SQL,
  scopes: 'links' | 'links and workspaces',
  counting: Counting,
): Promise<void> {
  await tx.execute(sql`
with ${readHits(settled(where), counting)},
${addBreakdowns(scopes, counting)}
select count(*) from counted`);
}

/**
 * Counts hits that the rollups have, or takes them off, in any rollup of their workspaces and links.
 * @param where which hits, as SQL over a row `c` of clicks; what is pending among them is left out
 */
export async function countSettled(tx: Db, where: SQL, counting: Counting = {}): Promise<void> {
  await tx.execute(sql`with ${addToRollups(settled(where), counting)} select count(*) from totals`);
}
