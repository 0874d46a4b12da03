import { LRUCache } from 'lru-cache';

const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;

// Making a formatter takes 90 µs and some memory, using it 1 µs. The cache has a limit because zone names come
// from requests and are read without regard to case, so there are more spellings than zones.
const clocks = new LRUCache<string, Intl.DateTimeFormat>({ max: 600 });

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timeZone, clock);
  return clock;
}

/**
 * Whether a name is a zone of the IANA database ("Europe/Berlin", "UTC").
 * Bare offsets such as "+05:30" are refused: newer Intl reads them, Postgres reads them with the sign turned round.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The zone, or UTC where its name is unknown to us: a row that is wrong must not stop what reads it. */
export const zoneOrUtc = (name: string): string => (isTimeZone(name) ? name : 'UTC');

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. @throws RangeError for an unknown zone */
export function zoneOffset(instant: Date, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const seconds = Math.floor(instant.getTime() / SECOND) * SECOND;
  const [month = 1, day, year = 1970, hour, minute, second] = (
    clockOf(timeZone).format(seconds).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
}

/** A zone's clock at an instant, as a Date to be read with the getUTC… methods only. */
export function wallClock(instant: Date, timeZone: string): Date {
  return new Date(instant.getTime() + zoneOffset(instant, timeZone));
}

/** The calendar day, 'YYYY-MM-DD', that a zone has at an instant. */
export function localDay(instant: Date, timeZone: string): string {
  return isoDay(wallClock(instant, timeZone));
}

/** Midnight UTC of a day: the form in which days are counted and formatted. Throws nothing; a bad day is an Invalid Date. */
export function utcDay(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** The calendar day, 'YYYY-MM-DD', that UTC has at an instant. */
export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/**
 * Whether a text is a day that the calendar has: '2026-02-28', but not '2026-02-30' or '2026-2-3'. The days around it have
 * a year of four digits too: Postgres reads no other.
 */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < '1000-01-02' || text > '9999-12-30') return false;
  const date = utcDay(text);
  return !Number.isNaN(date.getTime()) && isoDay(date) === text;
}

/** The day `count` days later; a negative count goes back. */
export function addDays(day: string, count: number): string {
  return isoDay(new Date(utcDay(day).getTime() + count * DAY));
}

/** The first day of the month that lies `count` months after the month of `day`. */
export function addMonths(day: string, count: number): string {
  const date = utcDay(day);
  return isoDay(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1)));
}

/** How many days lie from the first day to the last, both counted. */
export function countDays(first: string, last: string): number {
  return (utcDay(last).getTime() - utcDay(first).getTime()) / DAY + 1;
}

/**
 * The first instant of a day in a zone: midnight, the first midnight where clocks show it twice, and the moment after
 * the leap where they skip it. A day that the zone skipped whole starts when the next one does.
 */
export const dayStart = (day: string, timeZone: string): Date => instantShowing(utcDay(day), timeZone);

/** The first instant at which a zone's clocks show a time, or have leapt over it. @param shown the time, as if it were UTC */
export function instantShowing(shown: Date, timeZone: string): Date {
  const time = shown.getTime();
  // Offsets change at most once in two days, so these two are all that the time can have.
  const offsets = [-DAY, DAY].map((distance) => zoneOffset(new Date(time + distance), timeZone));
  const earliest = time - Math.max(...offsets);
  const latest = time - Math.min(...offsets);
  const shows = (instant: number) => wallClock(new Date(instant), timeZone).getTime();
  if (earliest === latest || shows(earliest) === time) return new Date(earliest);
  if (shows(latest) === time) return new Date(latest);
  return new Date(firstInstant(earliest, latest, (instant) => shows(instant) >= time));
}

/** The first whole second after `before`, at most `after`, for which something holds from then on. Milliseconds since 1970. */
export function firstInstant(before: number, after: number, isReached: (instant: number) => boolean): number {
  let [low, high] = [before, after];
  while (high - low > SECOND) {
    const middle = Math.floor((low + high) / 2 / SECOND) * SECOND;
    if (isReached(middle)) high = middle;
    else low = middle;
  }
  return high;
}
