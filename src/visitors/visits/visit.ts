import type { IncomingHttpHeaders } from 'node:http';

/** One request for a slug. The address stays with it: enrich makes a place and a key of it, and passes it on to nobody. */
export type Visit = {
  /** The instant of the request: all that depends on the time asks this and no clock. */
  at: Date;
  method: string;
  headers: IncomingHttpHeaders;
  address: string;
  /** The query as it came, without `?`. */
  rawQuery: string;
  /** The visitor asks where the link leads, instead of going there. */
  isPreview?: boolean;
  /** The dashboard marked the link for one of the workspace's own people. */
  isOwner?: boolean;
  /** It came over https, as far as we are told. */
  isSecure?: boolean;
};
