import { locationOf, queryOf, withQuery } from '../../ground/addresses/destination.ts';
import { links } from '../../ground/db/schema.ts';
import { readUtm } from '../visits/utm.ts';
import { defineOpening, type Opened } from './opening.ts';

/** An address that visitors are sent to. */
export type Destination = Opened & {
  kind: 'url';
  /** As its owner gave it. */
  url: string;
  /** The same as a header may carry it. */
  location: string;
};

/** @param url as readDestination gives it */
export function destinationTo(url: string): Destination {
  const location = locationOf(url);
  return { kind: 'url', url, location, utm: readUtm(queryOf(location)) };
}

export const urlOpening = defineOpening({
  outcome: 'redirected',
  columns: { url: links.url },
  plan: ({ url }) => destinationTo(url),
  choose: (destination) => destination,
  open: ({ location }, { rawQuery }) => withQuery(location, rawQuery),
  preview: ({ url, location }) => ({
    template: 'visitors/openings/preview.eta',
    data: { destination: url, destinationHost: new URL(location).host },
  }),
});
