import { type SQL, sql } from 'drizzle-orm';
import { addDays, addMonths } from '../../ground/time/zoned-time.ts';

/*
 * A row of the rollups is a month of one value, with a column for the clicks of each day and one for its visitors. A row a
 * day would be four times as many rows, for most values with one click each (src/DECISIONS.md 223).
 */

const days = Array.from({ length: 31 }, (_, before) => before + 1);

/** Names of all columns that count: those of the month, and of its days. */
export const countColumns: readonly string[] = [
  'clicks',
  'visitors',
  ...days.flatMap((day) => [`clicks_${day}`, `visitors_${day}`]),
];

/** Days from the first to the last, both counted, 'YYYY-MM-DD'. */
export type DayRange = { first: string; last: string };

/** The months that a range of days has whole, by their first days, and the parts of others. */
export type MonthParts = { whole: string[]; parts: (DayRange & { month: string })[] };

/** The months that a range touches, by their first days: all that is counted in it is counted there. */
export function monthsOf({ first, last }: DayRange): string[] {
  const months: string[] = [];
  for (let month = addMonths(first, 0); month <= last; month = addMonths(month, 1)) months.push(month);
  return months;
}

/** Cuts a range of days at the ends of months. */
export function monthPartsOf(range: DayRange): MonthParts {
  const { first, last } = range;
  const found: MonthParts = { whole: [], parts: [] };
  for (const month of monthsOf(range)) {
    const end = addDays(addMonths(month, 1), -1);
    if (first <= month && end <= last) found.whole.push(month);
    else found.parts.push({ month, first: first > month ? first : month, last: last < end ? last : end });
  }
  return found;
}

/** SQL: a count of a row `t` on days of its month. */
export function sumOfDays(count: 'clicks' | 'visitors', { first, last }: DayRange): SQL {
  const [from, to] = [Number(first.slice(8)), Number(last.slice(8))];
  const columns = days.slice(from - 1, to).map((day) => `coalesce(t.${count}_${day}, 0)`);
  return sql.raw(`(${columns.join(' + ')})`);
}

/** Rows `d (day, clicks, visitors)` of a row `t`, to be joined laterally; days that it has not are NULL. */
export const daysOfRow: SQL = sql.raw(
  `(values ${days.map((day) => `(t.month + ${day - 1}, t.clicks_${day}, t.visitors_${day})`).join(', ')}) d (day, clicks, visitors)`,
);

/** Condition: no column of a row counts anything. */
export const countsNothing: SQL = sql.raw(countColumns.map((column) => `coalesce(${column}, 0) = 0`).join(' and '));

/**
 * A select of months, from rows (scope_id, day, dimension, value, clicks, visitors).
 * @param areInSums false of days that the sums of their months have already
 */
export function monthsFromDays(rows: SQL, areInSums = true): SQL {
  const ofDays = days.flatMap((day) => [
    `sum(clicks) filter (where nth = ${day})`,
    `sum(visitors) filter (where nth = ${day})`,
  ]);
  const sums = areInSums ? ['sum(clicks)', 'sum(visitors)'] : ['0', '0'];
  return sql`select scope_id, month, dimension, value, ${sql.raw([...sums, ...ofDays].join(', '))}
  from (
    select *, date_trunc('month', day)::date as month, extract(day from day)::int as nth from (${rows}) r
  ) r
  group by 1, 2, 3, 4`;
}

/** Adds months to what is there, in the order of the key. @param rows a select of the key and all countColumns */
export function addToCounts(rows: SQL): SQL {
  // Most days of most rows are NULL: asking for that first takes half the time of adding.
  const sums = countColumns.map(
    (column) =>
      `${column} = case when excluded.${column} is null then t.${column} else coalesce(t.${column}, 0) + excluded.${column} end`,
  );
  return sql`insert into click_counts_monthly as t (scope_id, month, dimension, value, ${sql.raw(countColumns.join(', '))})
  ${rows}
  order by 1, 2, 3, 4
  on conflict (scope_id, month, dimension, value) do update
  set ${sql.raw(sums.join(', '))}`;
}
