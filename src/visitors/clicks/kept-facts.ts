import type { Leaf } from '../../ground/addresses/route.ts';
import type { Facts } from '../conditions/facts.ts';
import type { IsLost } from '../conditions/possible.ts';
import { appNames } from '../visits/in-app.ts';
import { type Utm, utmParameters } from '../visits/utm.ts';
import type { ClickColumn } from './hit-fields.ts';
import { otherValues } from './variety.ts';

/** A hit as it was kept, as far as it was read. */
export type KeptHit = Partial<Record<ClickColumn, string | number | null>>;

/** The parts of a link by which its hits are read. */
export type KeptLink = {
  slugs: ReadonlyMap<string, { slug: string; domainId: string; isQr: boolean }>;
  /** Tags of the link's own address. */
  own: Readonly<Utm>;
  /** Tags of addresses of A/B tests and of rules. */
  tags: ReadonlyMap<number, Readonly<Utm>>;
};

const ofChannel = ['channel', 'destination_id'] as const;
const place = (column: 'region' | 'city') => ['country', column] as const;

const columnsOfFacts: Readonly<Record<Exclude<Leaf['what'], 'query'>, readonly ClickColumn[]>> = {
  country: ['country'],
  continent: ['country'],
  region: place('region'),
  city: place('city'),
  language: ['language'],
  device: ['device'],
  system: ['os'],
  browser: ['browser'],
  app: ['browser'],
  referrer: ['referrer'],
  channel: ofChannel,
  slug: ['slug_id'],
  domain: ['domain_id', 'slug_id'],
  entry: ['slug_id'],
  // Asked by the moment of the hit.
  weekday: [],
  time: [],
  date: [],
};

const parameters: ReadonlyMap<string, keyof Utm> = new Map(utmParameters.map((tag) => [`utm_${tag}`, tag]));

/** The columns of hits that answer questions, each once. A question of a newer version has none. */
export const columnsAsked = (leaves: readonly Leaf[]): ClickColumn[] => [
  ...new Set(
    leaves.flatMap((leaf): readonly ClickColumn[] => {
      if (leaf.what !== 'query') return Object.hasOwn(columnsOfFacts, leaf.what) ? columnsOfFacts[leaf.what] : [];
      const tag = parameters.get(leaf.name);
      return tag === undefined ? [] : [`utm_${tag}`, 'destination_id'];
    }),
  ),
];

const appsByName = new Set(appNames);

/** A kept hit as rules ask for it; columns that were not read are not known. @param at milliseconds since 1970 */
export function factsKept(hit: KeptHit, of: KeptLink, at: number): Facts {
  const text = (column: ClickColumn) => (hit[column] ?? null) as string | null;
  const slug = of.slugs.get(text('slug_id') ?? '');
  const browser = text('browser');
  const query = new URLSearchParams();
  for (const tag of utmParameters) {
    const value = text(`utm_${tag}`);
    if (value !== null) query.set(`utm_${tag}`, value);
  }
  return {
    at,
    country: text('country'),
    region: text('region'),
    city: text('city'),
    language: text('language'),
    device: text('device'),
    system: text('os'),
    browser,
    // A hit in the browser of an app has the app's name for its browser.
    app: browser !== null && appsByName.has(browser) ? browser : '',
    referrer: text('referrer'),
    channel: text('channel'),
    slug: slug?.slug ?? '',
    domainId: text('domain_id') ?? slug?.domainId ?? null,
    isQr: slug?.isQr ?? false,
    rawQuery: query.size === 0 ? '' : query.toString(),
  };
}

/** The longest tag that is kept: a longer one was cut. */
const longestTag = 200;

/**
 * Tells which answers were lost, because hits keep less than visits say. They have no query but its tags, of a language
 * no more than its first part, and no values beyond a day's bound.
 */
export function lostOf(hit: KeptHit, of: KeptLink): IsLost {
  const opened = typeof hit.destination_id === 'number' ? of.tags.get(hit.destination_id) : of.own;
  return (leaf, { language, browser, system, referrer, domainId }) => {
    switch (leaf.what) {
      case 'query': {
        const tag = parameters.get(leaf.name);
        if (tag === undefined) return true;
        const kept = hit[`utm_${tag}`];
        // Hits keep the tag of the address where it has one.
        if (!opened || opened[tag] !== null || kept === otherValues) return true;
        return typeof kept === 'string' && kept.length >= longestTag;
      }
      case 'language':
        if (language === null || leaf.values.includes(language)) return false;
        return language === otherValues || leaf.values.some((value) => value.startsWith(`${language}-`));
      case 'system':
        return system === otherValues;
      case 'browser':
      case 'app':
        return browser === otherValues;
      case 'referrer':
        return referrer === otherValues;
      case 'channel':
        // It was told by the tags of the address that was opened, and rules ask for the one by the link's own.
        return !opened || opened.source !== of.own.source || opened.medium !== of.own.medium;
      case 'slug':
      case 'entry':
        return !of.slugs.has(String(hit.slug_id));
      case 'domain':
        return domainId === null;
      default:
        return false;
    }
  };
}
