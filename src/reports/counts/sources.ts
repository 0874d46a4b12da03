import { addDays, dayStart, localDay } from '../../ground/time/zoned-time.ts';
import type { DayRange } from '../../visitors/rollups/month-days.ts';
import type { Span } from './period.ts';

/** Which rows answer for a span of time. Each hit in the span is counted by exactly one of these. */
export type Sources = {
  /** Days of the rollups. */
  days: DayRange | null;
  /** The time that the days stand for: hits that are pending in it are added. */
  rolledUp: Span | null;
  /** The time that is counted row by row; rows include what is pending. */
  rows: Span[];
};

/**
 * The days of rollups that answer for a span, and the rows of the days that it cuts at its ends.
 * @param timeZone the zone of the rollups' days
 */
export function rollupSources(span: Span, timeZone: string): Sources {
  const days = wholeDays(span, timeZone);
  // Parts of days have no rollups.
  if (days.first > days.last) return { days: null, rolledUp: null, rows: [span] };
  const rolledUp = { from: dayStart(days.first, timeZone), to: dayStart(addDays(days.last, 1), timeZone) };
  const edges = [
    { from: span.from, to: rolledUp.from },
    { from: rolledUp.to, to: span.to },
  ];
  return { days, rolledUp, rows: edges.filter(({ from, to }) => from < to) };
}

function wholeDays({ from, to }: Span, timeZone: string): DayRange {
  const first = localDay(from, timeZone);
  const last = localDay(new Date(to.getTime() - 1), timeZone);
  const isWhole = (day: string, edge: Date) => dayStart(day, timeZone).getTime() === edge.getTime();
  return {
    first: isWhole(first, from) ? first : addDays(first, 1),
    last: isWhole(addDays(last, 1), to) ? last : addDays(last, -1),
  };
}
