import {
  formatDate,
  formatDayAndMonth,
  formatMonth,
  formatMonthAndYear,
  formatTime,
  formatWeekday,
} from '../../ground/text/format.ts';
import { weekStart } from '../../ground/time/week.ts';
import {
  addDays,
  addMonths,
  dayStart,
  firstInstant,
  HOUR,
  localDay,
  wallClock,
  zoneOffset,
} from '../../ground/time/zoned-time.ts';
import type { Period } from './period.ts';

/** One step of a period: a point of a chart, a row of a table over time. */
export type Bucket = {
  /** Half-open, and cut off where the period begins and ends. */
  start: Date;
  end: Date;
  /**
   * The name of the hour, day, week (its first day) or month in the zone: '2026-11-22T14', '2026-11-22', '2026-11'.
   * Unique in the period: an hour that clocks show twice carries its offset, '2026-11-01T01-04:00'.
   */
  key: string;
  /** For a tooltip or a table: 'Sun 22 Nov 2026, 14:00'. */
  label: string;
  /** For an axis: '22 Nov'. Empty where an hour of many days should not be labelled. */
  shortLabel: string;
  /** It has begun and its count may still grow. */
  isUnfinished: boolean;
  /** It has not begun. */
  isFuture: boolean;
};

type Bucketable = Pick<Period, 'from' | 'to' | 'interval' | 'timeZone' | 'weekStartsOn' | 'now'>;

/**
 * The steps of a period in order, without gap or overlap. Days may have 23 or 25 hours; a day that the zone skipped
 * does not appear. `bucketsOf({ ...period, ...period.previous })` gives those of the time before.
 */
export function bucketsOf(period: Bucketable): Bucket[] {
  const steps = stepsOf(period);
  const shortLabel = shortLabelling(steps, period);
  const timesShown = new Map<string, number>();
  for (const { key } of steps) timesShown.set(key, (timesShown.get(key) ?? 0) + 1);
  return steps.map((step, index) => {
    const { start, end, key } = step;
    const isRepeated = (timesShown.get(key) ?? 0) > 1;
    const offset = isRepeated ? offsetText(start, period.timeZone) : '';
    return {
      start,
      end,
      key: key + offset,
      label: labelOf(step, period) + (isRepeated ? ` (UTC${offset})` : ''),
      shortLabel: shortLabel(step, steps[index - 1]),
      isUnfinished: start <= period.now && period.now < end,
      isFuture: start > period.now,
    };
  });
}

/** clock: what the zone's clocks show at the start, so that it is worked out once. Read it as UTC. */
type Step = { start: Date; end: Date; key: string; clock: Date };

function stepsOf(period: Bucketable): Step[] {
  const steps: Step[] = [];
  for (let start = period.from; start < period.to; ) {
    const clock = wallClock(start, period.timeZone);
    const { key, next } = stepFrom(start, clock, period);
    const end = next < period.to ? next : period.to;
    steps.push({ start, end, key, clock });
    start = end;
  }
  return steps;
}

function stepFrom(start: Date, clock: Date, { interval, timeZone, weekStartsOn }: Bucketable) {
  const shown = clock.toISOString();
  const day = shown.slice(0, 10);
  if (interval === 'hour') return { key: shown.slice(0, 13), next: nextHour(start, timeZone) };
  if (interval === 'day') return { key: day, next: dayStart(addDays(day, 1), timeZone) };
  if (interval === 'week') {
    const first = weekStart(day, weekStartsOn);
    return { key: first, next: dayStart(addDays(first, 7), timeZone) };
  }
  return { key: day.slice(0, 7), next: dayStart(addMonths(day, 1), timeZone) };
}

/** The next full hour on the clock, or the moment before it at which the zone changes its offset. */
function nextHour(start: Date, timeZone: string): Date {
  const fullHour = start.getTime() + HOUR - sinceFullHour(start, timeZone);
  const offset = zoneOffset(start, timeZone);
  const isMoved = (instant: number) => zoneOffset(new Date(instant), timeZone) !== offset;
  return new Date(isMoved(fullHour) ? firstInstant(start.getTime(), fullHour, isMoved) : fullHour);
}

function sinceFullHour(instant: Date, timeZone: string): number {
  const shown = wallClock(instant, timeZone).getTime() % HOUR;
  return shown < 0 ? shown + HOUR : shown;
}

function labelOf({ clock, end }: Step, { interval, timeZone }: Bucketable): string {
  if (interval === 'month') return formatMonthAndYear(clock, 'UTC');
  const day = `${formatWeekday(clock, 'UTC')} ${formatDate(clock, 'UTC')}`;
  if (interval === 'hour') return `${day}, ${formatTime(clock, 'UTC')}`;
  if (interval === 'day') return day;
  const last = wallClock(new Date(end.getTime() - 1), timeZone);
  return localDay(last, 'UTC') === localDay(clock, 'UTC')
    ? day
    : `${formatDayAndMonth(clock, 'UTC')} – ${formatDate(last, 'UTC')}`;
}

/** Says on an axis no more than is needed to tell the steps apart. */
function shortLabelling(steps: Step[], { interval }: Bucketable): (step: Step, previous?: Step) => string {
  if (interval === 'month') return ({ clock }) => (steps.length > 12 ? formatMonthAndYear : formatMonth)(clock, 'UTC');
  if (interval !== 'hour') return ({ clock }) => formatDayAndMonth(clock, 'UTC');
  const dayOf = (step: Step | undefined) => step?.key.slice(0, 10);
  if (dayOf(steps[0]) === dayOf(steps.at(-1))) return ({ clock }) => formatTime(clock, 'UTC');
  return (step, previous) => (dayOf(step) === dayOf(previous) ? '' : formatDayAndMonth(step.clock, 'UTC'));
}

function offsetText(instant: Date, timeZone: string): string {
  const minutes = Math.round(zoneOffset(instant, timeZone) / 60_000);
  const clock = new Date(Math.abs(minutes) * 60_000).toISOString().slice(11, 16);
  return (minutes < 0 ? '-' : '+') + clock;
}
