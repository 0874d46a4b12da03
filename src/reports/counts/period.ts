import { Invalid } from '../../ground/text/errors.ts';
import { type WeekStart, weekStart } from '../../ground/time/week.ts';
import {
  addDays,
  addMonths,
  countDays,
  dayStart,
  isDay,
  isTimeZone,
  localDay,
  utcDay,
} from '../../ground/time/zoned-time.ts';

/** Whole units of the calendar; all other periods end today. */
export const calendarNames = ['yesterday', 'this-week', 'last-week', 'this-month', 'last-month'] as const;
export const periodNames = ['today', '7d', '30d', '90d', '12mo', 'all', ...calendarNames] as const;
export type PeriodName = (typeof periodNames)[number];

export const intervals = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof intervals)[number];

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
  /** Its days before the subject was made are left out: it begins on the day that the subject did. */
  isSinceCreation?: true;
  /** As many days before, or as many months, hours and minutes; for a week and for months under way those before up to the same day. */
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
  /** The first day of 'all'; today when there is no hit yet. */
  firstHitAt?: Date | null | undefined;
  /** The birth of the subject: a period of some days up to today begins no earlier. */
  createdAt?: Date | undefined;
  /** The workspace's; Monday unless said otherwise (ISO 8601). */
  weekStartsOn?: WeekStart | undefined;
};

/** A period, or a range, as it is asked for. */
export type AskedPeriod = Pick<PeriodInput, 'period' | 'from' | 'to'>;

// How many days each interval may cover. Beyond these a chart has more points than pixels and an answer more rows
// than anyone reads; months are bounded by EARLIEST_DAY.
const LONGEST = { hour: 8, day: 1100, week: 3660, month: Infinity };
const EARLIEST_DAY = '1970-01-01';

const WHOLE_DAYS = { today: 1, '7d': 7, '30d': 30, '90d': 90 };

/** Periods that may begin before a young subject did. */
const rolling: ReadonlySet<Period['name']> = new Set(['7d', '30d', '90d', '12mo']);

/**
 * The period that a report or an API call asks for. Named periods are whole days (12mo: whole months) in the zone. Those
 * that include today do so up to its end, so that a chart can leave room for the rest of it; none reaches past today.
 * @throws Invalid, with the field, for an unknown zone, a date that does not exist, a range that is empty or in the
 * future, a range together with a name, and an interval too fine for its length
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
  const asked = name === 'custom' ? spanOfRange(input) : spanOfName(name, input);
  const birth = dayStart(localDay(input.createdAt ?? asked.from, timeZone), timeZone);
  const isSinceCreation = rolling.has(name) && birth > asked.from && birth < asked.to;
  const span = isSinceCreation ? { ...asked, from: birth } : asked;
  const days = { first: localDay(span.from, timeZone), last: localDay(new Date(span.to.getTime() - 1), timeZone) };
  const interval = input.interval ?? usualInterval(isSinceCreation ? 'custom' : name, countDays(days.first, days.last));
  if (countDays(days.first, days.last) > LONGEST[interval]) {
    throw new Invalid(`Intervals of one ${interval} cover up to ${LONGEST[interval]} days. Choose a longer interval.`, {
      field: 'interval',
    });
  }
  const period: Omit<Period, 'previous'> = {
    name,
    ...span,
    days,
    interval,
    timeZone,
    weekStartsOn,
    now,
    ...(isSinceCreation && { isSinceCreation }),
  };
  return { ...period, previous: spanBefore(period) };
}

function spanOfName(name: PeriodName, { timeZone, now, firstHitAt, weekStartsOn = 1 }: PeriodInput): Span {
  const today = localDay(now, timeZone);
  const [first, last = today] = firstAndLast();
  return { from: dayStart(first, timeZone), to: endOfDay(last, timeZone) };

  function firstAndLast(): [first: string, last?: string] {
    if (name === 'yesterday') return [addDays(today, -1), addDays(today, -1)];
    if (name === 'this-week') return [weekStart(today, weekStartsOn)];
    if (name === 'last-week') {
      const start = weekStart(addDays(today, -7), weekStartsOn);
      return [start, addDays(start, 6)];
    }
    if (name === 'this-month') return [addMonths(today, 0)];
    if (name === 'last-month') return [addMonths(today, -1), endOfMonth(addMonths(today, -1))];
    if (name === '12mo') return [addMonths(today, -11)];
    if (name === 'all') return [firstHitAt && firstHitAt < now ? localDay(firstHitAt, timeZone) : today];
    return [addDays(today, 1 - WHOLE_DAYS[name])];
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
    throw new Invalid('Write a day like 2026-11-22, or a moment as 2026-11-22T14:00:00Z.', { field });
  }
  return instant;
}

function usualInterval(name: Period['name'], days: number): Interval {
  if (name === '12mo') return 'month';
  if (days === 1) return 'hour';
  if (days <= 92) return 'day';
  return days <= 366 ? 'week' : 'month';
}

function spanBefore(period: Omit<Period, 'previous'>): Span {
  const { name, from, to, days, timeZone } = period;
  const months = countMonths(period);
  if (months > 0) {
    const end = endOfMonth(addMonths(days.last, -months));
    const sameDay = `${end.slice(0, 8)}${days.last.slice(8)}`;
    const last = isUnderWay(name) && sameDay < end ? sameDay : end;
    return { from: dayStart(addMonths(days.first, -months), timeZone), to: endOfDay(last, timeZone) };
  }
  if (name === 'this-week') {
    const [first, last] = [addDays(days.first, -7), addDays(days.last, -7)];
    return { from: dayStart(first, timeZone), to: endOfDay(last, timeZone) };
  }
  if (!isWholeDays(period)) return { from: new Date(2 * from.getTime() - to.getTime()), to: from };
  return { from: dayStart(addDays(days.first, -countDays(days.first, days.last)), timeZone), to: from };
}

/** Whether a period of months ends today, with the last of them. */
const isUnderWay = (name: Period['name']) => name === '12mo' || name === 'this-month';

/** How many calendar months a period is; 0 where it is counted in days. Named ones may be under way, ranges are whole. */
export function countMonths(period: Omit<Period, 'previous'>): number {
  const { name, days } = period;
  const isWhole = (name === 'custom' || name === 'last-month') && isWholeDays(period);
  if (!isUnderWay(name) && !(isWhole && days.first.endsWith('-01') && days.last === endOfMonth(days.last))) return 0;
  const [first, last] = [utcDay(days.first), utcDay(days.last)];
  return 12 * (last.getUTCFullYear() - first.getUTCFullYear()) + last.getUTCMonth() - first.getUTCMonth() + 1;
}

/**
 * The period one length earlier or later: months as months, days as days.
 * @param way -1 for earlier, 1 for later
 * @returns null before 1970, where it would reach into the future, and for all time or all since the creation
 */
export function stepPeriod(period: Period, way: -1 | 1): AskedPeriod | null {
  const { name, from, to, days, timeZone, weekStartsOn, now } = period;
  const today = localDay(now, timeZone);
  if (name === 'all' || period.isSinceCreation) return null;
  if (!isWholeDays(period)) {
    const by = way * (to.getTime() - from.getTime());
    const [start, end] = [new Date(from.getTime() + by), new Date(to.getTime() + by)];
    if (start < dayStart(EARLIEST_DAY, timeZone) || start >= now || end > endOfDay(today, timeZone)) return null;
    return { from: start.toISOString(), to: end.toISOString() };
  }
  const months = countMonths(period);
  const count = name === 'this-week' ? 7 : countDays(days.first, days.last);
  const first = months > 0 ? addMonths(days.first, way * months) : addDays(days.first, way * count);
  const last = months > 0 ? endOfMonth(addMonths(first, months - 1)) : addDays(first, count - 1);
  if (first < EARLIEST_DAY) return null;
  if (last <= today) return { from: first, to: last };
  // The week and the months that are under way have names.
  if (months === 0 && count === 7 && first === weekStart(today, weekStartsOn)) return { period: 'this-week' };
  if (last !== endOfMonth(today) || (months !== 1 && months !== 12)) return null;
  return { period: months === 1 ? 'this-month' : '12mo' };
}

function endOfMonth(day: string): string {
  return addDays(addMonths(day, 1), -1);
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
