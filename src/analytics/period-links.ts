import { formatDate, formatDateTime, formatTime, plural } from '../format.ts';
import { countDays, HOUR } from '../zoned-time.ts';
import { type ReportView, reportHref } from './address.ts';
import type { Filter } from './filter.ts';
import { type Interval, isWholeDays, type Period, type PeriodName, periodNames, type Span } from './period.ts';

/** One of a few links of which one is where we are; some are pressed by a key. */
export type Choice = { label: string; href: string; isCurrent: boolean; key?: string };

const periodLabels: Readonly<Record<PeriodName, string>> = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  '12mo': '12 months',
  all: 'All time',
};

const periodKeys: Readonly<Record<PeriodName, string>> = {
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
): (Choice & { name: PeriodName })[] {
  return periodNames.map((name) => ({
    name,
    label: periodLabels[name],
    href: reportHref(path, { period: name, filters }),
    isCurrent: name === current,
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
  if (name === '12mo') return '12 months before';
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
  if (name === 'today' || name === 'all') return periodLabels[name];
  if (name !== 'custom') return `Last ${periodLabels[name]}`;
  if (!isWholeDays(period)) {
    const end = days.first === days.last ? formatTime(to, timeZone) : formatDateTime(to, timeZone);
    return `${formatDateTime(from, timeZone)} – ${end}`;
  }
  const [first, last] = [formatDate(from, timeZone), formatDate(new Date(to.getTime() - 1), timeZone)];
  return first === last ? first : `${first} – ${last}`;
}
