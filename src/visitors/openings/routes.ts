import type { RoutesPlan } from '../../ground/addresses/route.ts';
import { type Compiled, compile } from '../conditions/conditions.ts';
import type { Facts } from '../conditions/facts.ts';
import type { Utm } from '../visits/utm.ts';
import type { Visit } from '../visits/visit.ts';
import { chooseByWeight, type Visitor, visitorOf, type WeighedKey } from './split.ts';

/** A rule whose condition is compiled, and whose addresses are ready to be answered with. */
type ReadyRoute<Destination> = { id: number; when: Compiled; to: readonly (WeighedKey & { to: Destination })[] };

export type ReadyRoutes<Destination> = { secret: string; routes: readonly ReadyRoute<Destination>[] };

/** @param destinationOf makes one with the ids that hits keep, and the app that it may be opened in */
export const readyRoutes = <Destination>(
  { secret, routes }: RoutesPlan,
  destinationOf: (url: string, kept: { destinationId: number; routeId: number; app: string | null }) => Destination,
): ReadyRoutes<Destination> => ({
  secret,
  routes: routes.map(({ id, when, to }) => ({
    id,
    when: compile(when),
    to: to.map(({ id: destinationId, key, weight, url, app }) => ({
      key,
      weight,
      to: destinationOf(url, { destinationId, routeId: id, app }),
    })),
  })),
});

/** The first rule whose condition holds; what is not known keeps none from holding but its own. */
export const findRoute = <Destination>(
  { routes }: ReadyRoutes<Destination>,
  facts: Facts,
): ReadyRoute<Destination> | undefined => routes.find(({ when }) => when.ask(facts) === true);

/**
 * The address for one visit.
 * @param own tags of the link's own address
 * @returns undefined where no rule holds
 */
export function chooseRouted<Destination>(
  ready: ReadyRoutes<Destination>,
  { address }: Pick<Visit, 'address'>,
  { shape, factsOf }: Visitor,
  own: Readonly<Utm>,
): Destination | undefined {
  const to = findRoute(ready, factsOf(own))?.to;
  if (!to || to.length < 2) return to?.[0]?.to;
  return chooseByWeight(visitorOf(ready.secret, address, shape), to)?.to;
}
