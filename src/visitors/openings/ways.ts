import type { Facts } from '../conditions/facts.ts';
import type { Visit } from '../visits/visit.ts';
import type { Opens } from './list.ts';
import { findRoute, type ReadyRoutes } from './routes.ts';
import { isSplitAt, type WeighedKey } from './split.ts';
import type { Destination } from './url.ts';

/** An address that visitors of one kind come to, and how many of them: 1 is all. */
export type WayOn = { to: Destination; key: number; share: number };

/** The addresses that a visit may be sent to. */
export type Ways = {
  /** The first rule that holds, the A/B test, or neither. */
  by: 'rule' | 'test' | 'own';
  among: readonly WayOn[];
};

/** The rules that a link has. */
export const routesIn = (opens: Opens): ReadyRoutes<Destination>['routes'] =>
  'own' in opens ? (opens.routes?.routes ?? []) : [];

/** The address of the link itself, by whose tags rules may tell a channel. */
export const ownIn = (opens: Opens): Destination => ('own' in opens ? opens.own : opens);

/**
 * All addresses that `choose` takes one of, by the visitor's address, for a visit that is like this. One alone is certain.
 * @param facts null for those who are no people
 */
export function waysOf(opens: Opens, visit: Pick<Visit, 'at'>, facts: Facts | null): Ways {
  const route = facts && 'own' in opens && opens.routes ? findRoute(opens.routes, facts) : undefined;
  return waysBy(opens, visit, { route, isHuman: facts !== null });
}

/** The same where the rule that holds is known. */
export function waysBy(
  opens: Opens,
  { at }: Pick<Visit, 'at'>,
  { route, isHuman }: { route: ReadyRoutes<Destination>['routes'][number] | undefined; isHuman: boolean },
): Ways {
  const ofRule = route ? weighed(route.to) : [];
  if (ofRule.length > 0) return { by: 'rule', among: ofRule };
  if (!('own' in opens)) return { by: 'own', among: [certain(opens)] };
  const { split, own } = opens;
  if (!split || !isSplitAt(split, at)) return { by: 'own', among: [certain(own)] };
  return { by: 'test', among: isHuman ? weighed(split.destinations) : [certain(split.first)] };
}

const certain = (to: Destination): WayOn => ({ to, key: 0, share: 1 });

function weighed(all: readonly (WeighedKey & { to: Destination })[]): WayOn[] {
  const [only] = all;
  if (only && all.length < 2) return [{ to: only.to, key: only.key, share: 1 }];
  const sum = all.reduce((weights, { weight }) => weights + Math.max(0, weight), 0);
  return all.filter(({ weight }) => weight > 0).map(({ to, key, weight }) => ({ to, key, share: weight / sum }));
}
