import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { type Dimension, type DimensionName, dimensions, unknown } from './dimensions.ts';
import type { Filter } from './filter.ts';
import type { Span } from './period.ts';
import { type Counts, isFirst, isIn, isOfScope, list, type Scope } from './queries.ts';

/** What rows are asked: all of it is answered in one pass over them. */
export type RowsAsked = {
  span: Span;
  /** Where the steps of the span begin, in order; none: no steps are counted. */
  starts: readonly Date[];
  dimensions: readonly DimensionName[];
  /** The zone of the hours of the week; none are counted without. */
  weekIn: string | null;
};

/** Clicks and visitors of a value, of a step (its place, from 0) or of an hour of the week (0 to 167). */
export type RowCount = Counts & { of: DimensionName | 'step' | 'hour'; value: string };

const clean = (value: string) => value.replace(/[\\%_]/g, '\\$&');

/** Values of one dimension are alternatives; what must not be is left out of them; dimensions narrow one another. */
function passes(dimension: Dimension, filters: readonly Filter[]): SQL {
  const column = sql.raw(`(${dimension.sql})`);
  const valuesOf = (operator: Filter['operator']) =>
    filters.filter((each) => each.operator === operator).map(({ value }) => value);
  const isOneOf = (values: string[]) =>
    sql`(${column} = any(${sql.param(values)}::text[]) ${values.includes(unknown) ? sql`or ${column} is null` : sql``})`;
  const [wanted, unwanted, parts] = [valuesOf('is'), valuesOf('not'), valuesOf('contains')];
  const either = [
    ...(wanted.length > 0 ? [isOneOf(wanted)] : []),
    ...(parts.length > 0
      ? [sql`${column} ilike any(${sql.param(parts.map((part) => `%${clean(part)}%`))}::text[])`]
      : []),
  ];
  return sql.join(
    [
      ...(either.length > 0 ? [sql`(${sql.join(either, sql` or `)})`] : []),
      ...(unwanted.length > 0 ? [sql`${isOneOf(unwanted)} is not true`] : []),
    ],
    sql` and `,
  );
}

/** Condition over a row `c` of clicks. */
export function passesAll(filters: readonly Filter[]): SQL {
  const asked = dimensions.filter(({ name }) => filters.some(({ dimension }) => dimension === name));
  return sql.join(
    [
      sql`true`,
      ...asked.map((each) =>
        passes(
          each,
          filters.filter(({ dimension }) => dimension === each.name),
        ),
      ),
    ],
    sql` and `,
  );
}

/**
 * Counts rows that pass the scope's filters. Dimensions of one card are grouped together first, because they depend on
 * one another: a million rows go through a handful of hash tables and not through one a dimension.
 */
export async function countRows(db: Db, scope: Scope, asked: RowsAsked): Promise<RowCount[]> {
  const shown = dimensions.filter(({ name }) => asked.dimensions.includes(name));
  const cards = [...new Set(shown.map(({ card }) => card))];
  const starts = asked.starts.map((start) => start.toISOString());
  const clock = sql`c.clicked_at at time zone ${asked.weekIn ?? 'UTC'}`;
  const columns = [
    ...shown.map(({ name, sql: value }) => ({ name, value: sql.raw(value) })),
    { name: 'step', value: sql`width_bucket(c.clicked_at, ${sql.param(starts)}::timestamptz[]) - 1` },
    { name: 'hour', value: sql`(date_part('isodow', ${clock}) * 24 - 24 + date_part('hour', ${clock}))::int` },
  ];
  const sets = [
    ...cards.map((card) => shown.filter((each) => each.card === card).map(({ name, counts }) => ({ name, counts }))),
    ...(starts.length === 0 ? [] : [[{ name: 'step', counts: 'clicks' }]]),
    ...(asked.weekIn === null ? [] : [[{ name: 'hour', counts: 'clicks' }]]),
  ].map((set, nth) => set.map(({ name, counts }) => ({ nth, name, counts, column: sql.identifier(name) })));
  const grouped = sets.flat();
  const nthOf = sets.flatMap(([first]) =>
    first ? [sql`when grouping(${first.column}) then ${sql.raw(String(first.nth))}`] : [],
  );
  const values = grouped.map(
    ({ nth, name, counts, column }) =>
      sql`(${sql.raw(`${nth}, '${name}'`)}, ${counts === 'scans' ? sql`${column}::text` : sql`coalesce(${column}::text, ${unknown})`},
        ${sql.raw(counts === 'scans' ? 'clicks' : counts)}, visitors)`,
  );
  // click and visitor are NULL where they do not count, which costs nothing; a condition would be looked at once a set.
  // The planner takes the groups for many more than there are, and would sort the rows on disk once a set.
  await db.execute(sql`
select set_config('work_mem', '48MB', true), set_config('hash_mem_multiplier', '64', true), set_config('enable_sort', 'off', true),
       set_config('parallel_setup_cost', '100', true), set_config('parallel_tuple_cost', '0.01', true)`);
  const { rows } = await db.execute(sql`
with hit as (
  select case when c.class = 'human' then 1 end as click, case when ${isFirst(scope)} then 1 end as visitor,
         ${list(columns.map(({ name, value }) => sql`${value} as ${sql.identifier(name)}`))}
  from clicks c
  where ${isOfScope(scope)} and ${isIn(asked.span)} and ${passesAll(scope.filters)}
), grouped as (
  select case 0 ${sql.join(nthOf, sql` `)} end as nth, ${list(grouped.map(({ column }) => column))},
         count(*) as hits, count(click) as clicks, count(visitor) as visitors
  from hit
  group by grouping sets (${list(sets.map((set) => sql`(${list(set.map(({ column }) => column))})`))})
)
select v."of", v.value, sum(v.clicks)::float8 as clicks, sum(v.visitors)::float8 as visitors
from grouped
cross join lateral (values ${list(values)}) v (nth, "of", value, clicks, visitors)
where v.nth = grouped.nth and v.value is not null
group by 1, 2
having sum(v.clicks) > 0
order by 1, 3 desc, 2`);
  return rows as RowCount[];
}
