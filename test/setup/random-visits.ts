import type { IncomingHttpHeaders } from 'node:http';
import type { Condition, Leaf, PlannedRoute, Route } from '../../src/ground/addresses/route.ts';
import type { SplitPlan } from '../../src/ground/addresses/split.ts';
import { agentPresets, machineAgent } from '../../src/links/simulator/agents.ts';
import type { Place } from '../../src/visitors/visits/place.ts';

/** Made-up links and visitors, the same in each run. Their values are few, so that rules and visitors meet. */
export type Chance = () => number;

const one = <Value>(chance: Chance, values: readonly Value[]): Value =>
  values[Math.floor(chance() * values.length)] as Value;
const some = <Value>(chance: Chance, values: readonly Value[]): Value[] => {
  const chosen = values.filter(() => chance() < 0.4);
  return chosen.length > 0 ? chosen : [one(chance, values)];
};

const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'UTC', 'Australia/Lord_Howe'];
const places: readonly Place[] = [
  { country: 'DE', region: 'Berlin', city: 'Berlin' },
  { country: 'DE', region: 'Bavaria', city: 'Munich' },
  { country: 'AT', region: 'Vienna', city: 'Vienna' },
  { country: 'US', region: 'New Hampshire', city: 'Berlin' },
  { country: 'BR', region: null, city: null },
  { country: null, region: null, city: null },
];

/** Places by addresses, without a database of them. */
export const geoOfTests = {
  locate: (ip: string): Place =>
    places[Number(ip.split('.').at(-1) ?? 0) % places.length] ?? { country: null, region: null, city: null },
};

const valuesOf: Readonly<Record<string, readonly string[]>> = {
  country: ['DE', 'AT', 'US', 'BR', 'ES'],
  continent: ['EU', 'NA', 'SA'],
  region: ['berlin', 'de/bavaria', 'vienna'],
  city: ['berlin', 'us/berlin', 'munich'],
  language: ['de', 'de-at', 'pt', 'pt-br', 'en', 'en-gb'],
  device: ['mobile', 'desktop', 'tablet'],
  system: ['ios', 'android', 'windows', 'macos'],
  browser: ['safari', 'chrome', 'firefox', 'instagram'],
  app: ['', 'instagram', 'facebook', 'linkedin'],
  referrer: ['google.com', 'news.google.com', 'example.org', 'instagram.com'],
  channel: ['direct', 'search', 'social', 'qr', 'email', 'paid'],
  slug: ['spring', 'spring-qr'],
  entry: ['link', 'qr'],
};

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const hourOf = (chance: Chance) => `${String(Math.floor(chance() * 24)).padStart(2, '0')}:${one(chance, ['00', '30'])}`;

/** @param dates that questions ask for, as 'YYYY-MM-DD' */
function leafOf(chance: Chance, dates: readonly string[]): Leaf {
  const timeZone = one(chance, zones);
  const is = one(chance, ['one_of', 'none_of'] as const);
  const kind = chance();
  const date = () => `${one(chance, dates)}T${hourOf(chance)}`;
  if (kind < 0.07) return { what: 'weekday', is, values: some(chance, days), timeZone };
  if (kind < 0.14) return { what: 'time', is: 'between', from: hourOf(chance), to: hourOf(chance), timeZone };
  if (kind < 0.2) return { what: 'date', is: one(chance, ['before', 'from'] as const), date: date(), timeZone };
  if (kind < 0.22) return { what: 'date', is: 'between', from: date(), to: date(), timeZone };
  const name = one(chance, ['utm_source', 'utm_medium', 'ref']);
  if (kind < 0.26) return { what: 'query', name, is, values: some(chance, ['x', 'newsletter', 'email']) };
  if (kind < 0.29) return { what: 'query', name, is: 'given' };
  if (kind < 0.31) return { what: 'query', name: 'n', is: 'at_least', number: 3 };
  const what = one(chance, Object.keys(valuesOf)) as 'country';
  return { what, is, values: some(chance, valuesOf[what] ?? []) };
}

function conditionOf(chance: Chance, dates: readonly string[], depth = 0): Condition {
  const kind = chance();
  if (depth > 2 || kind < 0.45) return leafOf(chance, dates);
  const part = () => conditionOf(chance, dates, depth + 1);
  if (kind < 0.6) return { not: part() };
  const parts = Array.from({ length: 1 + Math.floor(chance() * 3) }, part);
  return kind < 0.8 ? { all: parts } : { any: parts };
}

const addresses = [
  'https://a.example/',
  'https://b.example/?utm_medium=email',
  'https://c.example/x#y',
  'https://d.example/',
];

/** Rules of a link, with ids from 1 on. */
export function rulesOf(
  chance: Chance,
  most: number,
  dates: readonly string[],
): { routes: Route[]; planned: PlannedRoute[] } {
  let id = 0;
  const planned = Array.from({ length: Math.floor(chance() * (most + 1)) }, (): PlannedRoute => {
    const to = some(chance, addresses).map((url) => {
      const weight = Math.floor(chance() * 5);
      return { id: ++id, key: id, url, weight, app: null };
    });
    if (to[0] && to.every(({ weight }) => weight === 0)) to[0].weight = 1;
    return { id: ++id, when: conditionOf(chance, dates), to };
  });
  const routes = planned.map(({ id: of, when, to }) => ({
    name: `Rule ${of}`,
    when,
    to: to.map(({ url, weight, app }) => ({ url, weight, app })),
  }));
  return { routes, planned };
}

export function splitOf(chance: Chance, now: Date): SplitPlan | null {
  if (chance() < 0.5) return null;
  const versions = ['https://own.example/', 'https://e.example/', 'https://f.example/'].slice(
    0,
    chance() < 0.5 ? 2 : 3,
  );
  return {
    secret: 'of the test',
    endsAt: chance() < 0.2 ? new Date(now.getTime() + (chance() - 0.5) * 1e9).toISOString() : null,
    isPaused: chance() < 0.1,
    destinations: versions.map((url, index) => ({
      id: 900 + index,
      test: 900,
      key: 900 + index,
      url,
      isOwn: index === 0,
      weight: 1 + Math.floor(chance() * 4),
    })),
  };
}

const agents = [...agentPresets.map(({ userAgent }) => userAgent), machineAgent, 'curl/8.5.0', ''];
const languages = [undefined, 'de-AT,de;q=0.9', 'pt-BR', 'pt', 'en-GB,en;q=0.5', 'fr', '*', 'es;q=0.5,en;q=0.9'];
const referrers = [
  undefined,
  'https://www.google.com/',
  'https://news.google.com/a',
  'https://l.instagram.com/',
  'https://example.org/x',
  'junk',
];
const queries = [
  '',
  '',
  'ref=x',
  'ref=&n=4',
  'utm_source=newsletter&utm_medium=email',
  'utm_source=x',
  'gclid=1&n=x',
  'fbclid=2',
  'utm_medium=%zz&ref',
];

export type RandomVisitor = { headers: IncomingHttpHeaders; address: string; rawQuery: string };

/** Headers, an address and a query as browsers and programs send them. */
export function visitorOf(chance: Chance): RandomVisitor {
  const [language, referer] = [one(chance, languages), one(chance, referrers)];
  return {
    address: chance() < 0.02 ? '' : `198.51.${Math.floor(chance() * 200)}.${Math.floor(chance() * 200)}`,
    rawQuery: one(chance, queries),
    headers: {
      'user-agent': one(chance, agents),
      ...(language !== undefined && { 'accept-language': language }),
      ...(referer !== undefined && { referer }),
      ...(chance() < 0.8 && { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
      ...(chance() < 0.1 && { 'sec-gpc': '1' }),
      ...(chance() < 0.05 && { dnt: '1' }),
      ...(chance() < 0.05 && { 'sec-purpose': 'prefetch' }),
      ...(chance() < 0.1 && { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?1' }),
      ...(chance() < 0.05 && { 'x-requested-with': 'com.snapchat.android' }),
    },
  };
}
