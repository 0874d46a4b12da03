import { formatDate, formatDateTime, formatTime, plural } from '../../ground/text/format.ts';
import { countDays, HOUR } from '../../ground/time/zoned-time.ts';
import { type ReportView, reportHref } from './address.ts';
import type { Filter } from '../counts/filter.ts';
import {
  calendarNames,
  countMonths,
  type Interval,
  isWholeDays,
  type Period,
  type PeriodName,
  periodNames,
  type Span,
  stepPeriod,
} from '../counts/period.ts';

/** One of a few links of which one is where we are. */
export type Choice = { label: string; href: string; isCurrent: boolean };
/** A named period; those of the calendar are in the menu, all others have a key. */
export type PeriodChoice = Choice & { name: PeriodName; isOfCalendar: boolean; key: string | undefined };

const periodLabels: Readonly<Record<PeriodName, string>> = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  '12mo': '12 months',
  all: 'All time',
  yesterday: 'Yesterday',
  'this-week': 'This week',
  'last-week': 'Last week',
  'this-month': 'This month',
  'last-month': 'Last month',
};

const periodKeys: Readonly<Partial<Record<PeriodName, string>>> = {
  today: 'd',
  '7d': 'w',
  '30d': 'm',
  '90d': 'q',
  '12mo': 'y',
  all: 'a',
};

/** Days that a period may have for a chart of these steps to have at least two points and at most some 400. */
const sensible: Readonly<Record<Interval, { label: string; least: number; most: number }>> = {
  hour: { label: 'Hours', least: 1, most: 8 },
  day: { label: 'Days', least: 2, most: 400 },
  week: { label: 'Weeks', least: 14, most: 2800 },
  month: { label: 'Months', least: 60, most: Infinity },
};

/** The named periods; none is current while a range is shown. */
export function periodChoices(
  path: string,
  current: Period['name'] | null,
  filters: readonly Filter[] = [],
): PeriodChoice[] {
  return periodNames.map((name) => ({
    name,
    label: periodLabels[name],
    href: reportHref(path, { period: name, filters }),
    isCurrent: name === current,
    isOfCalendar: calendarNames.some((each) => each === name),
    key: periodKeys[name],
  }));
}

/** The steps that suit the length of a period; none when there is no choice. */
export function intervalChoices(path: string, period: Period, filters: readonly Filter[] = []): Choice[] {
  const days = countDays(period.days.first, period.days.last);
  const asked = viewOf(period, filters);
  const choices = Object.entries(sensible)
    .filter(([interval, { least, most }]) => interval === period.interval || (days >= least && days <= most))
    .map(([interval, { label }]) => ({
      label,
      href: reportHref(path, { ...asked, interval }),
      isCurrent: interval === period.interval,
    }));
  return choices.length > 1 ? choices : [];
}

/** The addresses of 'Earlier' and 'Later', null where there is nothing to see; none where a period has no length. */
export function periodSteps(path: string, period: Period, view: Pick<ReportView, 'interval' | 'filters'>) {
  if (period.name === 'all' || period.isSinceCreation) return [];
  // The first days of a month fit hours, a whole one does not.
  const { interval, filters } = countMonths(period) > 0 && view.interval === 'hour' ? { filters: view.filters } : view;
  return ([-1, 1] as const).map((way) => {
    const asked = stepPeriod(period, way);
    return { label: way < 0 ? 'Earlier' : 'Later', href: asked && reportHref(path, { ...asked, interval, filters }) };
  });
}

/** The view that shows a period again, with the steps that suit it. */
export function viewOf(period: Period, filters: readonly Filter[]): ReportView {
  const { name, days, from, to } = period;
  if (name !== 'custom') return { period: name, filters };
  if (isWholeDays(period)) return { from: days.first, to: days.last, filters };
  return { from: from.toISOString(), to: to.toISOString(), filters };
}

/** 'in the 30 days before', to be read after a number. */
export function previousWords(period: Period): string {
  if (period.name === 'today') return 'yesterday';
  const name = previousName(period);
  return `${name.startsWith('Day') ? 'on' : 'in'} the ${name.toLowerCase()}`;
}

/** '30 days before', '3 hours before', as the name of a line. */
export function previousName(period: Period): string {
  const { name, days } = period;
  if (name === 'today') return 'Yesterday';
  if (name === 'this-month') return 'Same days of last month';
  if (name === 'this-week') return 'Same days of last week';
  if (name === 'last-week') return 'Week before';
  const months = countMonths(period);
  if (months > 0) return months === 1 ? 'Month before' : `${months} months before`;
  if (!isWholeDays(period)) return `${lengthWords(period)} before`;
  const count = countDays(days.first, days.last);
  return count === 1 ? 'Day before' : `${count} days before`;
}

/** How long a span is that is no whole days; up to two days to the minute, beyond to the hour. */
function lengthWords({ from, to }: Span): string {
  const hours = (to.getTime() - from.getTime()) / HOUR;
  if (hours === 1) return 'Hour';
  if (!Number.isInteger(hours) && hours < 48) return plural(Math.max(1, Math.round(hours * 60)), 'minute');
  return plural(Math.round(hours), 'hour');
}

/** 'Today', 'Last 30 days', '3 Nov 2026 – 9 Nov 2026', '22 Nov 2026, 14:00 – 17:00': a period in a heading. */
export function periodWords(period: Period): string {
  const { name, days, from, to, timeZone } = period;
  if (period.isSinceCreation) return `Since its creation on ${formatDate(from, timeZone)}`;
  if (name !== 'custom') return /^\d/.test(periodLabels[name]) ? `Last ${periodLabels[name]}` : periodLabels[name];
  if (!isWholeDays(period)) {
    const end = days.first === days.last ? formatTime(to, timeZone) : formatDateTime(to, timeZone);
    return `${formatDateTime(from, timeZone)} – ${end}`;
  }
  const [first, last] = [formatDate(from, timeZone), formatDate(new Date(to.getTime() - 1), timeZone)];
  return first === last ? first : `${first} – ${last}`;
}
