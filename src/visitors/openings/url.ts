import { locationOf, queryOf, withQuery } from '../../ground/addresses/destination.ts';
import type { RoutesPlan } from '../../ground/addresses/route.ts';
import type { SplitPlan } from '../../ground/addresses/split.ts';
import { links } from '../../ground/db/schema.ts';
import { readUtm } from '../visits/utm.ts';
import type { Visit } from '../visits/visit.ts';
import { chooseRouted, type ReadyRoutes, readyRoutes } from './routes.ts';
import { chooseVersion, type ReadySplit, readySplit, type Visitor } from './split.ts';
import { defineOpening, type Opened } from './opening.ts';

/** An address that visitors are sent to. */
export type Destination = Opened & {
  kind: 'url';
  /** As its owner gave it. */
  url: string;
  /** The same as a header may carry it. */
  location: string;
};

/** Several of them beside the link's own: rules come first, and an A/B test has those for whom none holds. */
export type Destinations = {
  kind: 'url';
  own: Destination;
  split: ReadySplit<Destination> | undefined;
  routes: ReadyRoutes<Destination> | undefined;
};

/**
 * @param url as readDestination gives it
 * @param destinationId of an address of an A/B test or of a rule, for its hits
 * @param routeId of that rule
 */
export function destinationTo(
  url: string,
  destinationId: number | null = null,
  routeId: number | null = null,
): Destination {
  const location = locationOf(url);
  return { kind: 'url', url, location, utm: readUtm(queryOf(location)), destinationId, routeId };
}

type Row = { url: string; splitPlan: SplitPlan | null; routesPlan: RoutesPlan | null };

function destinationsOf({ url, splitPlan, routesPlan }: Row): Destination | Destinations {
  const own = destinationTo(url);
  if (!splitPlan && !routesPlan) return own;
  const split = splitPlan ? readySplit(withOwn(splitPlan, url), destinationTo) : undefined;
  const routes = routesPlan ? readyRoutes(routesPlan, destinationTo) : undefined;
  return { kind: 'url', own, split, routes };
}

function chooseOf({ own, split, routes }: Destinations, visit: Visit, visitor: Visitor | undefined): Destination {
  const routed = routes && visitor?.isHuman ? chooseRouted(routes, visit, visitor, own.utm) : undefined;
  return routed ?? (split ? chooseVersion(split, own, visit, visitor) : own);
}

const withOwn = (plan: SplitPlan, url: string): SplitPlan => ({
  ...plan,
  destinations: plan.destinations.map((each) => (each.isOwn ? { ...each, url } : each)),
});

export const urlOpening = defineOpening({
  outcome: 'redirected',
  columns: { url: links.url, splitPlan: links.splitPlan, routesPlan: links.routesPlan },
  plan: destinationsOf,
  choose: (opens, visit, visitor) => ('own' in opens ? chooseOf(opens, visit, visitor) : opens),
  open: ({ location }, { rawQuery }) => withQuery(location, rawQuery),
  preview: ({ url, location }) => ({
    template: 'visitors/openings/preview.eta',
    data: { destination: url, destinationHost: new URL(location).host },
  }),
});
