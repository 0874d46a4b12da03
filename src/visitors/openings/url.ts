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
  /** The address of an app that a page offers beside it. */
  app: string | null;
};

/** Several of them beside the link's own: rules come first, and an A/B test has those for whom none holds. */
export type Destinations = {
  kind: 'url';
  own: Destination;
  split: ReadySplit<Destination> | undefined;
  routes: ReadyRoutes<Destination> | undefined;
};

/** The ids that hits keep of an address of an A/B test or of a rule, and the app that it may be opened in. */
type Kept = Pick<Destination, 'destinationId' | 'routeId' | 'app'>;

/** @param url as readDestination gives it */
export function destinationTo(
  url: string,
  { destinationId = null, routeId = null, app = null }: Partial<Kept> = {},
): Destination {
  const location = locationOf(url);
  return { kind: 'url', url, location, utm: readUtm(queryOf(location)), app, destinationId, routeId };
}

type Row = { url: string; splitPlan: SplitPlan | null; routesPlan: RoutesPlan | null };

function destinationsOf({ url, splitPlan, routesPlan }: Row): Destination | Destinations {
  const own = destinationTo(url);
  if (!splitPlan && !routesPlan) return own;
  const split = splitPlan
    ? readySplit(withOwn(splitPlan, url), (address, destinationId) => destinationTo(address, { destinationId }))
    : undefined;
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

const dataOfApp = (app: string, address: string) => ({
  app,
  appScheme: app.slice(0, app.indexOf(':')),
  destination: address,
  destinationHost: new URL(address).host,
});

export const urlOpening = defineOpening({
  outcome: 'redirected',
  columns: { url: links.url, splitPlan: links.splitPlan, routesPlan: links.routesPlan },
  plan: destinationsOf,
  choose: (opens, visit, visitor) => ('own' in opens ? chooseOf(opens, visit, visitor) : opens),
  open: ({ app, location }, { rawQuery }) => {
    const address = withQuery(location, rawQuery);
    return app === null ? address : { template: 'visitors/openings/app.eta', data: dataOfApp(app, address) };
  },
  preview: ({ url, location }) => ({
    template: 'visitors/openings/preview.eta',
    data: { destination: url, destinationHost: new URL(location).host },
  }),
});
