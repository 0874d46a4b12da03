import { DAY, HOUR, wallClock } from '../time/zoned-time.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat('en');
const monthName = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
const weekdayName = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'UTC' });

/** 1234 -> '1,234' */
export function formatNumber(value: number): string {
  // Most numbers of a page are small: they need no commas, and asking for some takes ten times as long.
  return Number.isInteger(value) && value >= 0 && value < 1_000 ? String(value) : whole.format(value);
}

/** 12345 -> '12.3k', 1200000 -> '1.2M': for axes and narrow columns. */
export function formatCompact(value: number): string {
  return compact.format(value).replace('K', 'k');
}

/** A share from 0 to 1 -> '12 %'. Never rounds to 0 % or 100 % unless the share is exactly that. */
export function formatPercent(share: number): string {
  if (share > 0 && share < 0.01) return '<1 %';
  if (share > 0.99 && share < 1) return '>99 %';
  return `${whole.format(share * 100)} %`;
}

/** plural(1, 'click') -> '1 click', plural(1204, 'click') -> '1,204 clicks', plural(2, 'country', 'countries'). */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** A heading as it reads within a sentence: 'Countries' -> 'countries', 'QR codes' -> 'QR codes'. */
export function inSentence(heading: string): string {
  return heading.replace(/^\p{Lu}(?!\p{Lu})/u, (letter) => letter.toLowerCase());
}

/** '22 Nov 2026' in a zone. */
export function formatDate(date: Date, timeZone: string): string {
  return `${formatDayAndMonth(date, timeZone)} ${wallClock(date, timeZone).getUTCFullYear()}`;
}

/** '22 Nov' in a zone. */
export function formatDayAndMonth(date: Date, timeZone: string): string {
  const clock = wallClock(date, timeZone);
  return `${clock.getUTCDate()} ${monthName.format(clock)}`;
}

/** 'Nov' in a zone. */
export function formatMonth(date: Date, timeZone: string): string {
  return monthName.format(wallClock(date, timeZone));
}

/** 'Nov 2026' in a zone. */
export function formatMonthAndYear(date: Date, timeZone: string): string {
  return `${formatMonth(date, timeZone)} ${wallClock(date, timeZone).getUTCFullYear()}`;
}

/** 'Sun' in a zone. */
export function formatWeekday(date: Date, timeZone: string): string {
  return weekdayName.format(wallClock(date, timeZone));
}

/** '14:05' in a zone. */
export function formatTime(date: Date, timeZone: string): string {
  return wallClock(date, timeZone).toISOString().slice(11, 16);
}

/** '22 Nov 2026, 14:05' in a zone. */
export function formatDateTime(date: Date, timeZone: string): string {
  return `${formatDate(date, timeZone)}, ${formatTime(date, timeZone)}`;
}

const ages: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', HOUR / 60],
];

/** '5 minutes ago', 'in 3 days', and 'just now' for less than a minute. Full units only: 47 hours are 1 day. */
export function formatAgo(date: Date, now: Date): string {
  const distance = date.getTime() - now.getTime();
  for (const [unit, length] of ages) {
    if (Math.abs(distance) >= length) return relative.format(Math.trunc(distance / length), unit);
  }
  return 'just now';
}

/** 'is, not or contains' */
export const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** 'admin' -> 'an admin' */
export const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
