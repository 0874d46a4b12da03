import { classify } from '../visitors/machines/classify.ts';
import type { Visit } from '../visitors/visits/visit.ts';
import type { Geo } from '../visitors/visits/geo.ts';
import { nowhere, type Place } from '../visitors/visits/place.ts';
import { browserHeaders } from './browsers.ts';
import { countries } from './countries.ts';
import { machines } from './machines.ts';
import { type Draw, drawFrom, drawIndex, type Random, runningSums } from './random.ts';
import { type Source, type SourceName, sources } from './sources.ts';

/** A visit without its time. */
export type DemoRequest = Omit<Visit, 'at'>;

/** Everybody who may come: some thousand people with what their requests look like, and the machines. */
export type Audience = {
  /** A person who comes by a source, more likely one in whose country it is day. */
  drawRequest(source: SourceName, utcHour: number, random: Random): DemoRequest;
  drawMachine: Draw<DemoRequest>;
  /** Knows where these people are. */
  geo: Geo;
  /** How much of a day's visits falls on each hour of UTC. */
  hours: readonly number[];
};

type Person = { request: DemoRequest; offset: number };

/** How many people with different browsers, places and languages are made for each source. */
const peoplePerSource = 250;

/** How awake people are at each hour of their own clock. */
const wakefulness = [
  0.24, 0.14, 0.1, 0.08, 0.09, 0.14, 0.32, 0.6, 0.84, 0.98, 1.04, 1.08, 1.14, 1.1, 1.04, 1, 1, 1.06, 1.16, 1.3, 1.36,
  1.2, 0.84, 0.48,
];

const drawCountry = drawFrom(countries);

/** The places of machines: data centres. */
const dataCentre: Place = { country: 'US', region: 'Virginia', city: 'Ashburn' };

/** A network that belongs to nobody (RFC 3849). */
const nobodys = '2001:db8:';

/**
 * The address of one of the many who look like a request of the audience: each has a network of their own, by which A/B tests
 * tell them apart.
 */
export const addressOfPerson = ({ address }: DemoRequest, nth: number): string =>
  address.replace(/::$/, `:${(nth & 0xffff).toString(16)}::${(nth >>> 16).toString(16)}`);

/** Makes an audience. */
export function makeAudience(random: Random): Audience {
  const places = new Map<string, Place>();
  const newAddress = (place: Place) => {
    const site = nobodys + places.size.toString(16);
    places.set(site, place);
    return `${site}::`;
  };
  const crowds = new Map(
    Object.entries<Source>(sources).map(([name, source]) => [name, makeCrowd(source, newAddress, random)]),
  );
  const machineAddress = newAddress(dataCentre);
  return {
    drawRequest(source, utcHour, draw) {
      const request = crowds.get(source)?.(utcHour, draw);
      if (!request) throw new Error(`Nobody comes by ${source}.`);
      return request;
    },
    drawMachine: drawFrom(
      machines.map(([weight, { userAgent, method = 'GET', headers }]) => [
        weight,
        { method, headers: { 'user-agent': userAgent, ...headers }, address: machineAddress, rawQuery: '' },
      ]),
    ),
    geo: {
      locate: (address) => places.get(address.slice(0, address.indexOf(':', nobodys.length))) ?? nowhere,
      source: { name: 'seed', builtAt: null, attribution: null },
    },
    hours: Array.from({ length: 24 }, (_, hour) =>
      countries.reduce((sum, [share, { offset }]) => sum + share * wakefulnessAt(hour, offset), 0),
    ),
  };
}

function makeCrowd(source: Source, newAddress: (place: Place) => string, random: Random) {
  const people = Array.from({ length: peoplePerSource }, () => makePerson(source, newAddress, random)).filter(
    ({ request }) => classify(request).class === 'human',
  );
  const sumsOfHour = Array.from({ length: 24 }, (_, hour) =>
    runningSums(people.map(({ offset }) => wakefulnessAt(hour, offset))),
  );
  return (utcHour: number, draw: Random): DemoRequest | undefined => {
    const sums = sumsOfHour[utcHour];
    return sums && people[drawIndex(sums, draw)]?.request;
  };
}

function makePerson(source: Source, newAddress: (place: Place) => string, random: Random): Person {
  const { offset, iPhones, drawLanguage, drawPlace } = drawCountry(random);
  const referer = drawFrom(source.from)(random);
  const headers = {
    ...browserHeaders(drawFrom(source.on)(random), iPhones, random),
    'accept-language': drawLanguage(random),
    ...(referer === '' ? {} : { referer }),
  };
  const address = newAddress(drawPlace(random));
  return { request: { method: 'GET', headers, address, rawQuery: source.query ?? '' }, offset };
}

function wakefulnessAt(utcHour: number, offset: number): number {
  return wakefulness[(Math.floor(utcHour + offset) + 24) % 24] ?? 0;
}
