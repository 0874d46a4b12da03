import { locationOf, queryOf, withQuery } from '../../ground/addresses/destination.ts';
import type { SplitPlan } from '../../ground/addresses/split.ts';
import { links } from '../../ground/db/schema.ts';
import { readUtm } from '../visits/utm.ts';
import { chooseVersion, type ReadySplit, readySplit } from './split.ts';
import { defineOpening, type Opened } from './opening.ts';

/** An address that visitors are sent to. */
export type Destination = Opened & {
  kind: 'url';
  /** As its owner gave it. */
  url: string;
  /** The same as a header may carry it. */
  location: string;
};

/** Several of them, among which visitors are split, beside the link's own. */
type Destinations = { kind: 'url'; own: Destination; split: ReadySplit<Destination> };

/**
 * @param url as readDestination gives it
 * @param destinationId of a version of an A/B test, for its hits
 */
export function destinationTo(url: string, destinationId: number | null = null): Destination {
  const location = locationOf(url);
  return { kind: 'url', url, location, utm: readUtm(queryOf(location)), destinationId };
}

function destinationsOf({ url, splitPlan }: { url: string; splitPlan: SplitPlan | null }): Destination | Destinations {
  const own = destinationTo(url);
  const split = splitPlan && readySplit(withOwn(splitPlan, url), destinationTo);
  return split ? { kind: 'url', own, split } : own;
}

const withOwn = (plan: SplitPlan, url: string): SplitPlan => ({
  ...plan,
  destinations: plan.destinations.map((each) => (each.isOwn ? { ...each, url } : each)),
});

export const urlOpening = defineOpening({
  outcome: 'redirected',
  columns: { url: links.url, splitPlan: links.splitPlan },
  plan: destinationsOf,
  choose: (opens, visit, visitor) => ('split' in opens ? chooseVersion(opens.split, opens.own, visit, visitor) : opens),
  open: ({ location }, { rawQuery }) => withQuery(location, rawQuery),
  preview: ({ url, location }) => ({
    template: 'visitors/openings/preview.eta',
    data: { destination: url, destinationHost: new URL(location).host },
  }),
});
