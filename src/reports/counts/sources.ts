import { addDays, addMonths, countDays, dayStart, localDay } from '../../ground/time/zoned-time.ts';
import type { Span } from './period.ts';

/** Days of the daily rollups, both ends counted; a sign of -1 takes them off the months. */
type DayRange = { first: string; last: string; sign: 1 | -1 };

/** Which rows answer for a span of time. Each hit in the span is counted by exactly one of these. */
export type Sources = {
  /** First days of months of the monthly rollups. */
  months: string[];
  days: DayRange[];
  /** The time that months and days stand for: hits that are pending in it are added. */
  rolledUp: Span | null;
  /** The time that is counted row by row; rows include what is pending. */
  rows: Span[];
};

/**
 * The rollups that answer for a span, and the rows of the days that it cuts at its ends.
 * @param timeZone the zone of the rollups' days
 * @param today no hit is later, so later days cost nothing
 * @param isFolded true to take months where that reads less: a month without four days costs four days and a month
 */
export function rollupSources(span: Span, timeZone: string, today: string, isFolded: boolean): Sources {
  const { first, last } = wholeDays(span, timeZone);
  // Parts of days have no rollups.
  if (first > last) return { months: [], days: [], rolledUp: null, rows: [span] };
  const rolledUp = { from: dayStart(first, timeZone), to: dayStart(addDays(last, 1), timeZone) };
  const edges = [
    { from: span.from, to: rolledUp.from },
    { from: rolledUp.to, to: span.to },
  ];
  const sources: Sources = { months: [], days: [], rolledUp, rows: edges.filter(({ from, to }) => from < to) };
  if (isFolded) foldMonths(first, last, today, sources);
  else sources.days.push({ first, last, sign: 1 });
  return sources;
}

function wholeDays({ from, to }: Span, timeZone: string): { first: string; last: string } {
  const first = localDay(from, timeZone);
  const last = localDay(new Date(to.getTime() - 1), timeZone);
  const isWhole = (day: string, edge: Date) => dayStart(day, timeZone).getTime() === edge.getTime();
  return {
    first: isWhole(first, from) ? first : addDays(first, 1),
    last: isWhole(addDays(last, 1), to) ? last : addDays(last, -1),
  };
}

function foldMonths(first: string, last: string, today: string, { months, days }: Sources): void {
  for (let month = addMonths(first, 0); month <= last; month = addMonths(month, 1)) {
    const end = addDays(addMonths(month, 1), -1);
    const inside = { first: later(first, month), last: earlier(last, end), sign: 1 as const };
    const outside = [
      { first: month, last: addDays(inside.first, -1), sign: -1 as const },
      { first: addDays(inside.last, 1), last: earlier(end, today), sign: -1 as const },
    ].filter((range) => range.first <= range.last);
    const isFewer = outside.reduce((sum, range) => sum + countDays(range.first, range.last), 0);
    if (isFewer < countDays(inside.first, inside.last)) {
      months.push(month);
      days.push(...outside);
    } else days.push(inside);
  }
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}
