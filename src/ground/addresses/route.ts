/** Facts of which a visit has one value, or one that is not known; a condition asks whether it is among some values. */
export const chosenFacts = [
  'country',
  'continent',
  'region',
  'city',
  'language',
  'device',
  'system',
  'browser',
  'app',
  'referrer',
  'channel',
  'slug',
  'domain',
  'entry',
] as const;

export type ChosenFact = (typeof chosenFacts)[number];

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Among the values, or among none of them. */
type Among = { is: 'one_of' | 'none_of'; values: string[] };

/**
 * One question about a visit. Values are folded when they are saved: countries and continents to upper case; languages
 * (BCP 47), hosts (IDNA) and all others to lower case. An `entry` is 'link' or 'qr'.
 */
export type Leaf =
  | ({ what: ChosenFact } & Among)
  /** A parameter of the short link's query. */
  | ({ what: 'query'; name: string } & Among)
  | { what: 'query'; name: string; is: 'given' }
  | { what: 'query'; name: string; is: 'at_least'; number: number }
  | ({ what: 'weekday'; timeZone: string } & Among)
  /** `from` is in, `to` is not: 'HH:MM' of the zone's clocks; it may cross midnight. */
  | { what: 'time'; is: 'between'; from: string; to: string; timeZone: string }
  /** 'YYYY-MM-DDTHH:MM' of the zone's clocks: from the first on, and before the second. */
  | { what: 'date'; is: 'before' | 'from'; date: string; timeZone: string }
  | { what: 'date'; is: 'between'; from: string; to: string; timeZone: string };

/** A tree of questions. `all` of none holds always. */
export type Condition = Leaf | { all: Condition[] } | { any: Condition[] } | { not: Condition };

export type RouteDestination = {
  url: string;
  /** Its share is this by the sum of all: a whole number from 0 to 1000. */
  weight: number;
  /** The address of an app, which a page offers by a button; `url` is for those without it. */
  app: string | null;
};

/** A rule that sends some visitors elsewhere, as people decide it. */
export type Route = {
  /** Told apart by it in reports; no two of a link are the same. */
  name: string;
  when: Condition;
  /** One to eight. */
  to: RouteDestination[];
};

/** One of its addresses, as hits know it: a row of `link_destinations`. */
export type RoutedDestination = RouteDestination & {
  id: number;
  /** Visitors are split by it: it stays the same for an address while weights change. */
  key: number;
};

/** The same as the redirect reads it: `id` is of `link_routes`, and domains are asked for by their ids. */
export type PlannedRoute = { id: number; when: Condition; to: RoutedDestination[] };

/** All of a link, in their order: the first whose condition holds decides. */
export type RoutesPlan = { secret: string; routes: PlannedRoute[] };
