import type { IsOwnNetwork } from '../machines/own-networks.ts';
import type { Opens } from '../openings/list.ts';

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
  /** Hits keep it, as far as 16 bits go. */
  linkVersion: number;
  timeZone: string;
  /** The parameter of the destination that gets an id of the click; null where there is none. */
  clickIdName: string | null;
  /** Whether an address is one that the workspace leaves out of its counts; null where it leaves out none. */
  isOwnNetwork: IsOwnNetwork | null;
  /** Somebody's act that ended it, which is announced to every node: the link, the slug or the workspace. */
  endedBy: 'archived' | 'retired' | 'deleted' | null;
  /** The thing that it opens for a visit that nothing ends. */
  opens: Opens;
};
