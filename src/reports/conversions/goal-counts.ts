import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { unknown } from '../../visitors/rollups/dimensions.ts';
import type { Money } from '../../visitors/conversions/money.ts';
import type { Filter } from '../counts/filter.ts';
import { hasLink, type Subject } from '../counts/kinds.ts';
import type { Period, Span } from '../counts/period.ts';

/** Conversions for one goal in a span of clicks. */
export type GoalCounts = {
  conversions: number;
  /** Visitors of a day who converted, each once on each link. */
  visitors: number;
  values: Money[];
};

/** Columns of sums by the dimension that filters them. */
const columns = {
  link: { sql: sql`c.link_id`, none: '' },
  destination: { sql: sql`c.destination_id::text`, none: '0' },
} as const;

const quarterMs = 15 * 60_000;

/** Why conversions of a report cannot be told, in words; null where they can. */
export function whyUntold({ from, to }: Span, filters: readonly Filter[]): string | null {
  if (filters.some(({ dimension }) => !(dimension in columns)))
    return 'Conversions know their link, destination and time alone. Remove the other filters to see them.';
  if ([from, to].some((instant) => instant.getTime() % quarterMs !== 0))
    return 'Conversions are counted by quarter of an hour. Choose a period that begins and ends with one to see them.';
  return null;
}

/** Whether conversions of it are told: they do not know the slug that was opened. */
export const hasGoals = ({ kind }: Subject): boolean => kind !== 'domain' && kind !== 'qr';

/**
 * Conversions for a goal by the instant of their click, in a period and the time before. They are read from sums by quarter
 * of an hour: the cost does not grow with clicks.
 * @param filters those of which `whyUntold` says nothing
 * @throws Unavailable when it takes too long
 */
export async function countGoal(
  db: Db,
  workspaceId: string,
  goalId: string,
  { subject, period, filters }: { subject: Subject; period: Period; filters: readonly Filter[] },
): Promise<{ total: GoalCounts; previous: GoalCounts }> {
  const select = ({ from, to }: Span, isNow: SQL) => sql`
select ${isNow} as "isNow", currency, sum(conversions)::float8 as conversions, sum(visitors)::float8 as visitors,
       sum(value)::float8 as value
from conversion_counts c
where c.workspace_id = ${workspaceId} and c.goal_id = ${goalId}
  and c.quarter >= ${from.toISOString()} and c.quarter < ${to.toISOString()}
  and ${hasLink(subject, sql`c.link_id`)} and ${passesAll(filters)}
group by currency`;
  const { rows } = await inTurn(db, workspaceId, 'lists', (tx) =>
    tx.execute<SumRow>(
      sql`${select(period, sql`true`)} union all ${select(period.previous, sql`false`)} order by currency`,
    ),
  );
  return { total: sumOf(rows.filter(({ isNow }) => isNow)), previous: sumOf(rows.filter(({ isNow }) => !isNow)) };
}

type SumRow = { isNow: boolean; currency: string; conversions: number; visitors: number; value: number };

const sumOf = (rows: readonly SumRow[]): GoalCounts => ({
  conversions: rows.reduce((sum, { conversions }) => sum + conversions, 0),
  visitors: rows.reduce((sum, { visitors }) => sum + visitors, 0),
  values: rows.filter(({ currency }) => currency !== '').map(({ currency, value }) => ({ currency, value })),
});

/** Values of one dimension are alternatives, and dimensions narrow one another, as where rows of clicks are filtered. */
function passesAll(filters: readonly Filter[]): SQL {
  const conditions = Object.entries(columns).flatMap(([name, { sql: column, none }]) => {
    const valuesOf = (operator: Filter['operator']) =>
      filters
        .filter((filter) => filter.dimension === name && filter.operator === operator)
        .map(({ value }) => (value === unknown ? none : value));
    const [wanted, unwanted] = [valuesOf('is'), valuesOf('not')];
    return [
      ...(wanted.length > 0 ? [sql`${column} = any(${sql.param(wanted)}::text[])`] : []),
      ...(unwanted.length > 0 ? [sql`${column} <> all(${sql.param(unwanted)}::text[])`] : []),
    ];
  });
  return sql.join([sql`true`, ...conditions], sql` and `);
}
