import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { type Dimension, type DimensionName, dimensions, unknown } from '../../visitors/rollups/dimensions.ts';
import { monthPartsOf, sumOfDays } from '../../visitors/rollups/month-days.ts';
import { type Counts, hitsOf, isFirst, isOfRollups, list, type Scope, unionAll } from './queries.ts';
import type { Sources } from './sources.ts';

export type DimensionCount = Counts & {
  dimension: DimensionName;
  value: string;
  /** How many values the dimension has in all, and their clicks; null for many links, which nobody counted. */
  count: number | null;
  sum: number;
};

/** Values of dimensions: the `top` of each, those of `whole` ones all. */
export type DimensionsAsked = { dimensions: readonly DimensionName[]; whole: readonly DimensionName[]; top: number };

/** Clicks and visitors by value of each dimension asked for, among them `class`, the most first. */
export async function countDimensions(
  db: Db,
  scope: Scope,
  sources: Sources,
  asked: DimensionsAsked,
): Promise<DimensionCount[]> {
  const values = dimensions.filter(({ name }) => asked.dimensions.includes(name));
  const counted = countsOfRollups(scope, sources, asked.dimensions);
  const hits = hitsOf(scope, sources, values);
  if (hits) counted.push(countsOfHits(hits, scope, values));
  const { rows } = await db.execute(sql`
with summed as (
  -- Whole numbers are exact as floats, which are added in half the time. Of texts, bytes are compared in a third of it.
  select dimension collate "C" as dimension, value collate "C" as value, sum(clicks::float8) as clicks, sum(visitors::float8) as visitors
  from (${unionAll(counted)}) c
  group by 1, 2
  having sum(clicks::float8) <> 0
), ranked as (
  select *,
         row_number() over (partition by dimension order by clicks desc, value) as rank,
         count(*) over (partition by dimension), sum(clicks) over (partition by dimension)
  from summed
)
select dimension, value, clicks, visitors, count::int, sum
from ranked
where rank <= ${asked.top} or dimension = any(${sql.param(asked.whole)}::text[])
order by dimension, rank`);
  return rows as DimensionCount[];
}

/**
 * Selects (dimension, value, clicks, visitors) of what rollups have of a span's days: whole months, the days of others, and
 * days that no job has folded yet.
 */
function countsOfRollups(scope: Scope, { days }: Sources, names: readonly DimensionName[]): SQL[] {
  if (!days) return [];
  const { whole, parts } = monthPartsOf(days);
  const isAsked = sql`${isOfRollups(scope)} and t.dimension = any(${sql.param(names)}::text[])`;
  // The rollup of a link does not name it.
  const isByLink = scope.only && names.includes('link');
  const valuesOfRow = isByLink
    ? sql`select t.dimension, t.value union all select 'link', t.scope_id where t.dimension = 'class' and t.value = 'human'`
    : sql`select t.dimension, t.value`;
  const select = (table: 'monthly' | 'daily', isThen: SQL, clicks = sql`t.clicks`, visitors = sql`t.visitors`) => sql`
  select v.dimension, v.value, ${clicks} as clicks, ${visitors} as visitors
  from ${sql.raw(`click_counts_${table}`)} t
  cross join lateral (${valuesOfRow}) v
  where ${isAsked} and ${isThen}`;
  return [
    ...(whole.length > 0 ? [select('monthly', sql`t.month = any(${sql.param(whole)}::date[])`)] : []),
    ...parts.flatMap((part) => [
      select('monthly', sql`t.month = ${part.month}::date`, sumOfDays('clicks', part), sumOfDays('visitors', part)),
      ...(scope.pending.areOlderDays
        ? [select('daily', sql`t.day between ${part.first}::date and ${part.last}::date`)]
        : []),
    ]),
  ];
}

/** A select of the same of hits. @param hits a select of hits, with the columns of the values */
function countsOfHits(hits: SQL, scope: Scope, values: readonly Dimension[]): SQL {
  const columns = values.map(({ name, sql: value, counts }) =>
    counts === 'valued'
      ? sql`${sql.raw(value)} as ${sql.identifier(name)}`
      : sql`coalesce(${sql.raw(value)}, ${unknown}) as ${sql.identifier(name)}`,
  );
  const names = list(values.map(({ name }) => sql.identifier(name)));
  const groups = list(values.map(({ name }) => sql`(${sql.identifier(name)})`));
  const nameOfGroup = values.map(({ name }) => sql`when grouping(${sql.identifier(name)}) then ${name}`);
  const countsHits = values.filter(({ counts }) => counts === 'hits').map(({ name }) => name);
  return sql`
  select dimension, value, case when dimension = any(${sql.param(countsHits)}::text[]) then hits else clicks end, visitors
  from (
    select case 0 ${sql.join(nameOfGroup, sql` `)} end as dimension, coalesce(${names}) as value,
           count(*) as hits, count(*) filter (where is_click) as clicks, count(*) filter (where is_first) as visitors
    from (
      select c.class = 'human' as is_click, ${isFirst(scope)} as is_first, ${list(columns)}
      from (${hits}) c
    ) hit
    group by grouping sets (${groups})
  ) grouped
  where value is not null`;
}
