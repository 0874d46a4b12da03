import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { patternOf } from '../../ground/text/like.ts';
import { withSettings } from '../../ground/db/local-settings.ts';
import {
  type Dimension,
  dimensionOf,
  type DimensionName,
  dimensions,
  unknown,
} from '../../visitors/rollups/dimensions.ts';
import { namedColumns, type RowColumn, waitingHits } from '../../visitors/rollups/pending.ts';
import type { Filter } from './filter.ts';
import type { Span } from './period.ts';
import {
  columnsFor,
  columnsIn,
  type Counts,
  hourOfWeek,
  isFirst,
  isIn,
  isOfScope,
  list,
  type Scope,
  unionAll,
} from './queries.ts';

/** The questions to rows: all are answered in one pass over them. */
export type RowsAsked = {
  span: Span;
  /** The beginnings of the steps of the span, in order; none: no steps are counted. */
  starts: readonly Date[];
  dimensions: readonly DimensionName[];
  /** The zone of the hours of the week; none are counted without. */
  weekIn: string | null;
};

/** Clicks and visitors of a value, of a step (its place, from 0) or of an hour of the week (0 to 167). */
export type RowCount = Counts & { of: DimensionName | 'step' | 'hour'; value: string };

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
    ...(parts.length > 0 ? [sql`${column} ilike any(${sql.param(parts.map(patternOf))}::text[])`] : []),
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
function passesAll(filters: readonly Filter[]): SQL {
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

type Asked = { scope: Parameters<typeof isOfScope>[0]; span: Parameters<typeof isIn>[0]; filters: readonly Filter[] };

/** A query of the hits `c` of a table that a scope has in a span. */
const selectFrom = (hits: SQL, { scope, span, filters }: Asked, columns: readonly RowColumn[]): SQL =>
  sql`select ${namedColumns(columns)} from ${hits} c
  where ${isOfScope(scope)} and ${isIn(span)} and ${passesAll(filters)}`;

/** The columns that telling the hits takes, and some values of them. */
const columnsOf = ({ scope, filters }: Pick<Asked, 'scope' | 'filters'>, values: readonly Dimension[] = []) =>
  columnsFor(scope, [...values, ...filters.map(({ dimension }) => dimensionOf(dimension))]);

/**
 * A query of all hits `c` that a scope has in a span: rows, and those that wait.
 * @param columns those that are wanted; of hits that wait each costs. As many as telling them takes unless told
 * @param end more conditions, an order and a limit
 */
export function selectHits(asked: Asked, columns: readonly RowColumn[] = columnsOf(asked), end: SQL = sql``): SQL {
  return unionAll(selectsOfHits(asked, columns).map((hits) => sql`(${hits} ${end})`));
}

/** The same as several queries, so that several processes may group what each of them reads. */
export const selectsOfHits = (asked: Asked, columns: readonly RowColumn[]): SQL[] =>
  [sql`clicks`, waitingHits(asked.scope.workspaceId, columns)].map((hits) => selectFrom(hits, asked, columns));

/** Up to here counting the rows in one piece is over before several pieces are set up. */
const fewHits = 100_000;

/** As many parts of a span as a statement counts side by side: a year touches thirteen months of UTC. */
const maxSlices = 13;

/** A span cut where partitions of `clicks` begin, which are months of UTC; of a long one, several months a slice. */
export function slicesOf({ from, to }: Span): Span[] {
  const last = new Date(to.getTime() - 1);
  const months = (last.getUTCFullYear() - from.getUTCFullYear()) * 12 + last.getUTCMonth() - from.getUTCMonth() + 1;
  const width = Math.ceil(months / maxSlices);
  const starts = [from];
  for (let month = width; month < months; month += width)
    starts.push(new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + month)));
  return starts.map((start, index) => ({ from: start, to: starts[index + 1] ?? to }));
}

/**
 * Counts rows that pass the scope's filters. Columns that one card's values are made of are grouped together first,
 * because they depend on one another: a million rows go through a handful of hash tables and not through one a dimension.
 */
export async function countRows(db: Db, scope: Scope, asked: RowsAsked): Promise<RowCount[]> {
  const shown = dimensions.filter(({ name }) => asked.dimensions.includes(name));
  const cards = [...new Set(shown.map(({ card }) => card))];
  const starts = asked.starts.map((start) => start.toISOString());
  const computed: Record<string, SQL> = {
    step: sql`width_bucket(c.clicked_at, ${sql.param(starts)}::timestamptz[]) - 1`,
    hour: hourOfWeek(sql`c.clicked_at`, asked.weekIn ?? 'UTC'),
  };
  const times = [
    ...(starts.length === 0 ? [] : [{ name: 'step', sql: 'c.step', counts: 'clicks' }]),
    ...(asked.weekIn === null ? [] : [{ name: 'hour', sql: 'c.hour', counts: 'clicks' }]),
  ];
  const sets = [
    ...cards.map((card) => shown.filter((each) => each.card === card)),
    ...(times.length === 0 ? [] : [times]),
  ].map((values) => ({ values, columns: [...new Set(values.flatMap(({ sql: value }) => columnsIn(value)))] }));
  const columns = [...new Set(sets.flatMap((set) => set.columns))];
  const names = (of: readonly string[]) => list(of.map((column) => sql.identifier(column)));
  // Postgres tells the sets apart by a bit a column, 1 where it is not grouped.
  const setOf = (of: readonly string[]) =>
    columns.reduce((bits, column) => bits * 2 + (of.includes(column) ? 0 : 1), 0);
  const values = sets.flatMap((set) =>
    set.values.map(({ name, sql: value, counts }) => {
      const text = sql.raw(`(${value})::text`);
      return sql`(${sql.raw(`${setOf(set.columns)}, '${name}'`)}, ${counts === 'valued' ? text : sql`coalesce(${text}, ${unknown})`},
        ${sql.raw(counts === 'hits' ? 'c.hits' : 'c.clicks')}, c.visitors)`;
    }),
  );
  const isFew = scope.hits < fewHits;
  const slices = isFew ? [asked.span] : slicesOf(asked.span);
  // click and visitor are NULL where they do not count, which costs nothing; a condition would be looked at once a set.
  const { filters } = scope;
  const read = columnsOf({ scope, filters }, shown);
  const sources = slices.map((span) => selectFrom(sql`clicks`, { scope, span, filters }, read));
  if (scope.pending.areWaiting)
    sources.push(selectFrom(waitingHits(scope.workspaceId, read), { scope, span: asked.span, filters }, read));
  const grouped = sources.map(
    (source) => sql`
  select grouping(${names(columns)}) as set, ${names(columns)}, count(*) as hits, count(click) as clicks, count(visitor) as visitors
  from (
    select case when c.class = 'human' then 1 end as click, case when ${isFirst(scope)} then 1 end as visitor,
           ${list(columns.map((column) => sql`${computed[column] ?? sql.raw(`c.${column}`)} as ${sql.identifier(column)}`))}
    from (${source}) c
  ) hit
  group by grouping sets (${list(sets.map((set) => sql`(${names(set.columns)})`))})`,
  );
  // The planner takes the groups for many more than there are, and would sort the rows on disk once a set. Workers group
  // what they read where there are slices enough: handing the rows over to be grouped by one process takes longer. Few rows
  // are found by their links, however many it takes a link to have.
  const planning = {
    work_mem: '48MB',
    hash_mem_multiplier: '64',
    enable_sort: 'off',
    enable_seqscan: isFew ? 'off' : 'on',
    parallel_setup_cost: '100',
    parallel_tuple_cost: slices.length > 1 ? '1' : '0.01',
  };
  const counted = sql`
select v."of", v.value, sum(v.clicks)::float8 as clicks, sum(v.visitors)::float8 as visitors
from (${unionAll(grouped)}
) c
cross join lateral (values ${list(values)}) v (set, "of", value, clicks, visitors)
where v.set = c.set and v.value is not null
group by 1, 2
having sum(v.clicks) > 0
order by 1, 3 desc, 2`;
  const { rows } = await withSettings(db, planning, () => db.execute(counted));
  return rows as RowCount[];
}
