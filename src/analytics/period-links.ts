import { formatDate } from '../format.ts';
import { countDays } from '../zoned-time.ts';
import type { Interval, Period, PeriodName } from './period.ts';

/** One of a few links of which one is where we are. */
export type Choice = { label: string; href: string; isCurrent: boolean };

const periodLabels: Readonly<Record<PeriodName, string>> = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  '12mo': '12 months',
  all: 'All time',
};

/** Days that a period may have for a chart of these steps to have at least two points and at most some 400. */
const sensible: Readonly<Record<Interval, { label: string; least: number; most: number }>> = {
  hour: { label: 'Hours', least: 1, most: 8 },
  day: { label: 'Days', least: 2, most: 400 },
  week: { label: 'Weeks', least: 14, most: 2800 },
  month: { label: 'Months', least: 60, most: Infinity },
};

/** The named periods; none is current while a range is shown. */
export function periodChoices(path: string, current: Period['name'] | null): Choice[] {
  return Object.entries(periodLabels).map(([name, label]) => ({
    label,
    href: `${path}?period=${name}`,
    isCurrent: name === current,
  }));
}

/** The steps that suit the length of a period; none when there is no choice. */
export function intervalChoices(path: string, period: Period): Choice[] {
  const days = countDays(period.days.first, period.days.last);
  const asked = period.name === 'custom' ? { from: period.days.first, to: period.days.last } : { period: period.name };
  const choices = Object.entries(sensible)
    .filter(([interval, { least, most }]) => interval === period.interval || (days >= least && days <= most))
    .map(([interval, { label }]) => ({
      label,
      href: `${path}?${new URLSearchParams({ ...asked, interval }).toString()}`,
      isCurrent: interval === period.interval,
    }));
  return choices.length > 1 ? choices : [];
}

/** 'in the 30 days before', to be read after a number. */
export function previousWords(period: Period): string {
  if (period.name === 'today') return 'yesterday';
  const name = previousName(period);
  return name.startsWith('Day') ? `on the ${name.toLowerCase()}` : `in the ${name}`;
}

/** '30 days before', as the name of a line. */
export function previousName({ name, days }: Period): string {
  if (name === 'today') return 'Yesterday';
  if (name === '12mo') return '12 months before';
  const count = countDays(days.first, days.last);
  return count === 1 ? 'Day before' : `${count} days before`;
}

/** 'Today', 'Last 30 days', '3 – 9 Nov 2026' as the name of a period in a heading. */
export function periodWords({ name, from, to, timeZone }: Period): string {
  if (name === 'today' || name === 'all') return periodLabels[name];
  if (name !== 'custom') return `Last ${periodLabels[name]}`;
  const [first, last] = [formatDate(from, timeZone), formatDate(new Date(to.getTime() - 1), timeZone)];
  return first === last ? first : `${first} – ${last}`;
}
