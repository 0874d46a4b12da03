import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { isHourOfPeople } from '../../visitors/rollups/days.ts';
import type { Dimension } from '../../visitors/rollups/dimensions.ts';
import { daysOfRow, monthsOf } from '../../visitors/rollups/month-days.ts';
import type { Interval } from './period.ts';
import { type Counts, hitsOf, hourOfWeek, isFirst, isOfRollups, type Scope, unionAll } from './queries.ts';
import type { Sources } from './sources.ts';

export type BucketCount = Counts & {
  /** Which of the series asked for. */
  series: number;
  /** Which step of it, from 0. */
  bucket: number;
};

/** A series asked for: its steps in order, by the instant and the day at which each begins. */
export type SeriesAsked = { sources: Sources; interval: Interval; starts: Date[]; days: string[] };

/** Clicks of people and visitors a step; steps without clicks are left out. */
export async function countSteps(db: Db, scope: Scope, asked: SeriesAsked[]): Promise<BucketCount[]> {
  const { rows } = await db.execute(sql`
with counted as (
  ${unionAll(
    asked.map(
      (series, index) => sql`select ${index}::int as series, s.* from (
    ${stepCounts(scope, series)}
  ) s (bucket, clicks, visitors)`,
    ),
  )}
)
select series, greatest(bucket, 1) - 1 as bucket, sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors
from counted
group by 1, 2
having sum(clicks) <> 0`);
  return rows as BucketCount[];
}

function stepCounts(scope: Scope, { sources, interval, starts, days }: SeriesAsked): SQL {
  const instants = sql`${sql.param(starts.map((start) => start.toISOString()))}::timestamptz[]`;
  const hits = hitsOf(scope, sources);
  const parts: SQL[] = [];
  if (hits)
    parts.push(sql`select width_bucket(c.clicked_at, ${instants}), count(*), count(*) filter (where ${isFirst(scope)})
    from (${hits}) c
    where c.class = 'human'
    group by 1`);
  if (sources.rolledUp && interval === 'hour') {
    parts.push(sql`select width_bucket(t.hour, ${instants}), t.hits, t.visitors
    from click_totals_hourly t
    where ${isOfRollups(scope)} and ${isOfPeople(scope)}
      and t.hour >= ${sources.rolledUp.from.toISOString()} and t.hour < ${sources.rolledUp.to.toISOString()}`);
  } else parts.push(...ofDays(scope, { sources, days }, sql`t.dimension = 'class' and t.value = 'human'`));
  return unionAll(parts);
}

/**
 * Selects (bucket, clicks, visitors) of the days of rollups that are asked for.
 * @param isAsked a condition on rows `t`
 * @param first a column that stands before these
 */
function ofDays(
  scope: Scope,
  { sources, days }: Pick<SeriesAsked, 'sources' | 'days'>,
  isAsked: SQL,
  first: SQL = sql``,
): SQL[] {
  if (!sources.days) return [];
  const range = sources.days;
  const starts = sql`${sql.param(days)}::date[]`;
  const isMeant = sql`${isOfRollups(scope)} and ${isAsked}`;
  const isInside = (day: SQL) => sql`${day} between ${range.first}::date and ${range.last}::date`;
  const ofMonths = sql`select ${first} width_bucket(d.day, ${starts}), d.clicks, d.visitors
    from click_counts_monthly t
    cross join lateral ${daysOfRow}
    where ${isMeant} and t.month = any(${sql.param(monthsOf(range))}::date[]) and ${isInside(sql`d.day`)} and d.clicks is not null`;
  const older = sql`select ${first} width_bucket(t.day, ${starts}), t.clicks, t.visitors
    from click_counts_daily t
    where ${isMeant} and ${isInside(sql`t.day`)}`;
  return scope.pending.areOlderDays ? [ofMonths, older] : [ofMonths];
}

/** As BucketCount, of one value of a dimension. */
export type ValueBucketCount = Omit<BucketCount, 'series'> & { value: string };

/** Clicks of people and visitors a step by some values of a dimension; steps of whole days, and those without clicks are left out. */
export async function countValueSteps(
  db: Db,
  scope: Scope,
  { sources, starts, days }: Omit<SeriesAsked, 'interval'>,
  { dimension, values }: { dimension: Dimension; values: readonly string[] },
): Promise<ValueBucketCount[]> {
  const value = sql.raw(`(${dimension.sql})::text`);
  const isAsked = sql`any(${sql.param(values)}::text[])`;
  const instants = sql`${sql.param(starts.map((start) => start.toISOString()))}::timestamptz[]`;
  const hits = hitsOf(scope, sources, [dimension]);
  const parts = ofDays(
    scope,
    { sources, days },
    sql`t.dimension = ${dimension.name} and t.value = ${isAsked}`,
    sql`t.value,`,
  );
  if (hits)
    parts.push(sql`select ${value}, width_bucket(c.clicked_at, ${instants}), count(*), count(*) filter (where ${isFirst(scope)})
    from (${hits}) c
    where c.class = 'human' and ${value} = ${isAsked}
    group by 1, 2`);
  if (parts.length === 0) return [];
  const { rows } = await db.execute(sql`
select value, greatest(bucket, 1) - 1 as bucket, sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors
from (${unionAll(parts)}) counted (value, bucket, clicks, visitors)
group by 1, 2
having sum(clicks) <> 0`);
  return rows as ValueBucketCount[];
}

/** Clicks and visitors by hour of the week on the clock of the rollups, Monday's first hour 0; hours without are left out. */
export async function countWeek(db: Db, scope: Scope, sources: Sources): Promise<(Counts & { hour: number })[]> {
  const rolledUp = sources.rolledUp ?? { from: new Date(0), to: new Date(0) };
  const hits = hitsOf(scope, sources);
  const ofHits = sql`
  union all
  select ${hourOfWeek(sql`c.clicked_at`, scope.timeZone)}, 1, ${isFirst(scope)}::int
  from (${hits}) c
  where c.class = 'human'`;
  const { rows } = await db.execute(sql`
select hour, sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors
from (
  select ${hourOfWeek(sql`t.hour`, scope.timeZone)} as hour, t.hits as clicks, t.visitors
  from click_totals_hourly t
  where ${isOfRollups(scope)} and ${isOfPeople(scope)}
    and t.hour >= ${rolledUp.from.toISOString()} and t.hour < ${rolledUp.to.toISOString()} ${hits ? ofHits : sql``}
) h
group by 1`);
  return rows as (Counts & { hour: number })[];
}

/** Condition: a row `t` of the hours counts clicks. Of one scope the index tells it. */
const isOfPeople = ({ rollups }: Scope): SQL => (rollups.length === 1 ? sql`t.class = 'human'` : isHourOfPeople);
