import { Invalid } from '../errors.ts';
import { addDays, addMonths, countDays, dayStart, isDay, isTimeZone, localDay } from '../zoned-time.ts';

export const periodNames = ['today', '7d', '30d', '90d', '12mo', 'all'] as const;
export type PeriodName = (typeof periodNames)[number];

export const intervals = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof intervals)[number];

/** The first day of a week as Date counts them: Sunday 0, Monday 1. */
export type WeekStart = 0 | 1;

/** A half-open stretch of time. */
export type Span = { from: Date; to: Date };

export type Period = Span & {
  name: PeriodName | 'custom';
  /** The first and the last day in the zone, 'YYYY-MM-DD', both part of the period. */
  days: { first: string; last: string };
  interval: Interval;
  timeZone: string;
  weekStartsOn: WeekStart;
  /** The moment of asking: what ends after it is unfinished. */
  now: Date;
  /** As many days before, or as many hours and minutes; for 12mo the same months and days a year earlier. */
  previous: Span;
};

export type PeriodInput = {
  /** '30d' when neither a period nor a range is given. */
  period?: PeriodName | undefined;
  /** A day, or an instant with Z or an offset. */
  from?: string | undefined;
  /** A day that still belongs to the range, or the instant at which it ends. Today when only `from` is given. */
  to?: string | undefined;
  interval?: Interval | undefined;
  timeZone: string;
  now: Date;
  /** Where 'all' begins; today when there is no click yet. */
  firstClickAt?: Date | null | undefined;
  /** Monday unless said otherwise (ISO 8601). */
  weekStartsOn?: WeekStart | undefined;
};

// How many days each interval may cover. Beyond these a chart has more points than pixels and an answer more rows
// than anyone reads; months are bounded by EARLIEST_DAY.
const LONGEST = { hour: 8, day: 1100, week: 3660, month: Infinity };
const EARLIEST_DAY = '1970-01-01';

const WHOLE_DAYS = { today: 1, '7d': 7, '30d': 30, '90d': 90 };

/**
 * The period that a report or an API call asks for. Named periods are whole days (12mo: whole months) in the zone and
 * include today up to its end, so that a chart can leave room for the rest of it; no period reaches past today.
 * Throws Invalid, with the field, for an unknown zone, a date that does not exist, a range that is empty or in the
 * future, a range together with a name, and an interval too fine for its length.
 */
export function resolvePeriod(input: PeriodInput): Period {
  const { timeZone, now, weekStartsOn = 1 } = input;
  if (!isTimeZone(timeZone)) {
    throw new Invalid(`We do not know the time zone ${timeZone}. Use a name such as Europe/Berlin.`, {
      field: 'timezone',
    });
  }
  const isRange = input.from !== undefined || input.to !== undefined;
  if (isRange && input.period) throw new Invalid('Choose a period or a range of days, not both.', { field: 'period' });

  const name = isRange ? 'custom' : (input.period ?? '30d');
  const span = name === 'custom' ? spanOfRange(input) : spanOfName(name, input);
  const days = { first: localDay(span.from, timeZone), last: localDay(new Date(span.to.getTime() - 1), timeZone) };
  const interval = input.interval ?? usualInterval(name, countDays(days.first, days.last));
  if (countDays(days.first, days.last) > LONGEST[interval]) {
    throw new Invalid(`Intervals of one ${interval} cover up to ${LONGEST[interval]} days. Choose a longer interval.`, {
      field: 'interval',
    });
  }
  return {
    name,
    ...span,
    days,
    interval,
    timeZone,
    weekStartsOn,
    now,
    previous: spanBefore(name, span, days, timeZone),
  };
}

function spanOfName(name: PeriodName, { timeZone, now, firstClickAt }: PeriodInput): Span {
  const today = localDay(now, timeZone);
  return { from: dayStart(firstDay(), timeZone), to: endOfDay(today, timeZone) };

  function firstDay(): string {
    if (name === '12mo') return addMonths(today, -11);
    if (name === 'all') return firstClickAt && firstClickAt < now ? localDay(firstClickAt, timeZone) : today;
    return addDays(today, 1 - WHOLE_DAYS[name]);
  }
}

function spanOfRange({ from, to, timeZone, now }: PeriodInput): Span {
  if (!from) throw new Invalid('Say where the range begins.', { field: 'from' });
  const endOfToday = endOfDay(localDay(now, timeZone), timeZone);
  const start = isDay(from) ? dayStart(from, timeZone) : instantOf(from, 'from');
  const end = to ? (isDay(to) ? endOfDay(to, timeZone) : instantOf(to, 'to')) : endOfToday;
  if (start < dayStart(EARLIEST_DAY, timeZone)) throw new Invalid('Ranges begin in 1970 or later.', { field: 'from' });
  if (start >= endOfToday) throw new Invalid('This range lies in the future.', { field: 'from' });
  if (start >= end) throw new Invalid('The range ends before it begins.', { field: 'to' });
  return { from: start, to: end < endOfToday ? end : endOfToday };
}

function instantOf(text: string, field: 'from' | 'to'): Date {
  const [, day = ''] = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  const instant = new Date(text);
  if (!isDay(day) || Number.isNaN(instant.getTime())) {
    throw new Invalid('Write a day as 2026-11-22, or a moment as 2026-11-22T14:00:00Z.', { field });
  }
  return instant;
}

function usualInterval(name: Period['name'], days: number): Interval {
  if (name === '12mo') return 'month';
  if (days === 1) return 'hour';
  if (days <= 92) return 'day';
  return days <= 366 ? 'week' : 'month';
}

function spanBefore(name: Period['name'], { from, to }: Span, days: Period['days'], timeZone: string): Span {
  if (name === '12mo') {
    const lastMonth = addMonths(days.last, -12);
    const lastDay = addDays(lastMonth, Math.min(Number(days.last.slice(8)), countMonth(lastMonth)) - 1);
    return { from: dayStart(addMonths(days.first, -12), timeZone), to: endOfDay(lastDay, timeZone) };
  }
  if (!isWholeDays({ from, to, timeZone })) return { from: new Date(2 * from.getTime() - to.getTime()), to: from };
  return { from: dayStart(addDays(days.first, -countDays(days.first, days.last)), timeZone), to: from };
}

function countMonth(firstOfMonth: string): number {
  return countDays(firstOfMonth, addMonths(firstOfMonth, 1)) - 1;
}

function endOfDay(day: string, timeZone: string): Date {
  return dayStart(addDays(day, 1), timeZone);
}

/** Whether a period begins and ends with a day of its zone, as all named ones do. */
export function isWholeDays({ from, to, timeZone }: Span & Pick<Period, 'timeZone'>): boolean {
  return [from, to].every((instant) => dayStart(localDay(instant, timeZone), timeZone).getTime() === instant.getTime());
}

/** Whether a period is a day that is not over: it cannot be compared with one that is. */
export function isDayUnderWay({ days, now, to }: Period): boolean {
  return days.first === days.last && now < to;
}
