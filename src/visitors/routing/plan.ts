import { locationOf, queryOf } from '../../ground/addresses/destination.ts';
import type { IsOwnNetwork } from '../machines/own-networks.ts';
import { readUtm, type Utm } from '../visits/utm.ts';

/** An address that visitors are sent to. */
export type Destination = {
  /** As its owner gave it. */
  url: string;
  /** The same as a header may carry it. */
  location: string;
  /** The utm_* tags of the address itself; they win over the visitor's, as they do in the redirect. */
  utm: Readonly<Utm>;
};

/**
 * A slug as it is loaded: all that a visit to it may need, and nothing that was decided. A plan stays in memory for a
 * minute, and for as long as the database is away, so that what depends on the time or the visitor is for `decide`.
 */
export type Plan = {
  slugId: string;
  /** As it was typed when it was made. */
  slug: string;
  /** The domain that the slug is on. */
  domainId: string;
  /** The slug is that of the link's QR code. */
  isQr: boolean;
  linkId: string;
  /** Milliseconds since 1970; a Date would take 80 bytes more, for each link. */
  createdAt: number;
  workspaceId: string;
  timeZone: string;
  /** Whether an address is one that the workspace leaves out of its counts; null where it leaves out none. */
  isOwnNetwork: IsOwnNetwork | null;
  /** Somebody's act that ended it, which is announced to every node: the link, the slug or the workspace. */
  endedBy: 'archived' | 'retired' | 'deleted' | null;
  /** The first is where visitors go unless a step chooses another. */
  destinations: readonly [Destination, ...Destination[]];
};

/** @param url as readDestination gives it */
export function destinationTo(url: string): Destination {
  const location = locationOf(url);
  return { url, location, utm: readUtm(queryOf(location)) };
}
