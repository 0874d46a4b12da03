import { getCountryData, type TCountryCode } from 'countries-list';
import { type ChosenFact, type Leaf, weekdays } from '../../ground/addresses/route.ts';
import { DAY, instantShowing, isTimeZone, zoneOffset } from '../../ground/time/zoned-time.ts';
import type { Facts } from './facts.ts';

/** Kleene's three values: null is unknown. */
export type Truth = boolean | null;

export type Asker = (facts: Facts) => Truth;

/** The value that a visit has of each fact, as values of leaves are folded. */
const readers: Record<ChosenFact, (facts: Facts) => string | null> = {
  country: ({ country }) => country,
  continent: ({ country }) => country && continentOf(country),
  region: ({ country, region }) => placeIn(country, region),
  city: ({ country, city }) => placeIn(country, city),
  language: ({ language }) => language,
  device: ({ device }) => device,
  system: ({ system }) => lower(system),
  browser: ({ browser }) => lower(browser),
  app: ({ app }) => lower(app),
  referrer: ({ referrer }) => referrer,
  channel: ({ channel }) => channel,
  slug: ({ slug }) => lower(slug),
  domain: ({ domainId }) => domainId,
  entry: ({ isQr }) => (isQr ? 'qr' : 'link'),
};

/** Facts of which a value holds for all that begins with it, up to this character. */
const families: Partial<Record<ChosenFact, { cut: (value: string) => string | undefined }>> = {
  // Basic filtering of language ranges (RFC 4647, 3.3.1).
  language: { cut: (tag) => upTo(tag, tag.lastIndexOf('-')) },
  // A host stands for all below it.
  referrer: { cut: (host) => from(host, host.indexOf('.')) },
  // 'berlin' stands for 'de/berlin'.
  region: { cut: (place) => from(place, place.indexOf('/')) },
  city: { cut: (place) => from(place, place.indexOf('/')) },
};

const upTo = (text: string, at: number) => (at < 0 ? undefined : text.slice(0, at));
const from = (text: string, at: number) => (at < 0 ? undefined : text.slice(at + 1));
const lower = (text: string | null) => (text === null ? null : text.toLowerCase());
const placeIn = (country: string | null, name: string | null) =>
  name === null ? null : `${country ?? ''}/${name}`.toLowerCase();

/** The continent of a country, as two letters; null for a code that is no country. */
const continentOf = (country: string): string | null => {
  const data = getCountryData(country as TCountryCode) as { continent: string } | undefined;
  return data?.continent ?? null;
};

/** @throws for a leaf that this version does not know */
export function askerOf(leaf: Leaf): Asker {
  switch (leaf.what) {
    case 'query':
      return askerOfQuery(leaf);
    case 'weekday':
      return askerOfWeekday(leaf);
    case 'time':
      return askerOfTime(leaf);
    case 'date':
      return askerOfDate(leaf);
    default:
      return askerOfValue(leaf);
  }
}

/**
 * The value that a visit has of what is asked, as values of leaves are written. Of a time question it is what the zone's
 * clocks show. Null where it is not known, and for a parameter that is not there. Never throws.
 */
export function valueAsked(leaf: Leaf, facts: Facts): string | null {
  if (leaf.what === 'query') return facts.rawQuery === null ? null : valueIn(facts.rawQuery, leaf.name);
  if (leaf.what !== 'weekday' && leaf.what !== 'time' && leaf.what !== 'date')
    return Object.hasOwn(readers, leaf.what) ? readers[leaf.what](facts) : null;
  if (!isTimeZone(leaf.timeZone)) return null;
  const shown = new Date(facts.at + zoneOffset(new Date(facts.at), leaf.timeZone));
  if (leaf.what === 'weekday') return weekdays[(shown.getUTCDay() + 6) % 7] ?? null;
  return leaf.what === 'time' ? shown.toISOString().slice(11, 16) : shown.toISOString().slice(0, 16);
}

function askerOfValue({ what, is, values }: Leaf & { what: ChosenFact }): Asker {
  const read = Object.hasOwn(readers, what) ? readers[what] : undefined;
  if (!read) throw new Error(`There is no fact ${what}.`);
  const cut = families[what]?.cut;
  const wanted = setOf(values);
  const isAmong = isOneOf(is);
  if (!cut)
    return (facts) => {
      const value = read(facts);
      return value === null ? null : wanted.has(value) === isAmong;
    };
  return (facts) => {
    const value = read(facts);
    if (value === null) return null;
    for (let part: string | undefined = value; part !== undefined; part = cut(part))
      if (wanted.has(part)) return isAmong;
    return !isAmong;
  };
}

/** @throws where there are none: a Set of nothing would be empty, and no value among it */
function setOf(values: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(values)) throw new Error('There are no values.');
  return new Set(values);
}

/** @throws for another operator */
function isOneOf(is: string): boolean {
  if (is !== 'one_of' && is !== 'none_of') throw new Error(`There is no operator ${is}.`);
  return is === 'one_of';
}

/** A parameter that is not there is known not to be there. */
function askerOfQuery(leaf: Leaf & { what: 'query' }): Asker {
  const { name } = leaf;
  if (leaf.is === 'given') return ({ rawQuery }) => (rawQuery === null ? null : valueIn(rawQuery, name) !== null);
  if (leaf.is === 'at_least') {
    const { number } = leaf;
    return ({ rawQuery }) => {
      if (rawQuery === null) return null;
      const value = valueIn(rawQuery, name);
      return value !== null && value.trim() !== '' && Number(value) >= number;
    };
  }
  const wanted = setOf(leaf.values);
  const isAmong = isOneOf(leaf.is);
  return ({ rawQuery }) => {
    if (rawQuery === null) return null;
    const value = valueIn(rawQuery, name);
    return (value !== null && wanted.has(value)) === isAmong;
  };
}

/** A query with more is not read: a stranger could make each visit take long. */
const maxQuery = 2_000;

/** The first value of a parameter, decoded; null without one. */
function valueIn(rawQuery: string, name: string): string | null {
  return rawQuery === '' ? null : new URLSearchParams(rawQuery.slice(0, maxQuery)).get(name);
}

function askerOfWeekday({ is, values, timeZone }: Leaf & { what: 'weekday' }): Asker {
  const isAmong = isOneOf(is);
  const clock = clockOf(timeZone);
  // 1970 began on a Thursday.
  const wanted = Array.from({ length: 7 }, (_, day) => values.includes(weekdays[(day + 3) % 7] ?? ''));
  return ({ at }) => (wanted[Math.floor(clock(at) / DAY) % 7] ?? false) === isAmong;
}

const MINUTE = 60_000;

function askerOfTime({ from: first, to, timeZone }: Leaf & { what: 'time' }): Asker {
  const clock = clockOf(timeZone);
  const [begins, ends] = [minutesOf(first), minutesOf(to)];
  return ({ at }) => {
    const minute = Math.floor((clock(at) % DAY) / MINUTE);
    return begins < ends ? minute >= begins && minute < ends : minute >= begins || minute < ends;
  };
}

/** '18:30' as minutes of a day. @throws for another text */
export function minutesOf(time: string): number {
  const [hours = NaN, minutes = NaN] = time.split(':').map(Number);
  if (Number.isNaN(hours + minutes)) throw new Error(`${time} is no time of a day.`);
  return hours * 60 + minutes;
}

function askerOfDate(leaf: Leaf & { what: 'date' }): Asker {
  const { is, timeZone } = leaf;
  if (is === 'between') return isBetween(instantOf(leaf.from, timeZone), instantOf(leaf.to, timeZone));
  const instant = instantOf(leaf.date, timeZone);
  if (is === 'from') return isBetween(instant, Infinity);
  if (is === 'before') return isBetween(-Infinity, instant);
  throw new Error(`There is no operator ${String(is)}.`);
}

/** The instants of a date's question. @throws for a text that is no time of a calendar */
export const instantsOf = (leaf: Leaf & { what: 'date' }): number[] =>
  (leaf.is === 'between' ? [leaf.from, leaf.to] : [leaf.date]).map((date) => instantOf(date, leaf.timeZone));

const isMinute = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

const isBetween =
  (begins: number, ends: number): Asker =>
  ({ at }) =>
    at >= begins && at < ends;

/** @throws for a text that is no time of a calendar */
function instantOf(shown: string, timeZone: string): number {
  const clocks = new Date(`${shown}:00Z`);
  if (!isMinute.test(shown) || Number.isNaN(clocks.getTime())) throw new Error(`${shown} is no date.`);
  return instantShowing(clocks, knownZone(timeZone)).getTime();
}

function knownZone(timeZone: string): string {
  if (!isTimeZone(timeZone)) throw new Error(`There is no time zone ${timeZone}.`);
  return timeZone;
}

/** Milliseconds that a zone's clocks show, as if they were UTC: the calendar is asked once a minute, for it is slow. */
function clockOf(timeZone: string): (at: number) => number {
  const zone = knownZone(timeZone);
  let minute = NaN;
  let offset = 0;
  return (at) => {
    const current = Math.floor(at / MINUTE);
    if (current !== minute) {
      offset = zoneOffset(new Date(at), zone);
      minute = current;
    }
    return at + offset;
  };
}
