/** A visit, as far as conditions may ask of it. Null: it is not known. */
export type Facts = {
  /** Milliseconds since 1970. */
  at: number;
  country: string | null;
  region: string | null;
  city: string | null;
  /** The one that is liked best, in lower case: 'pt-br'. */
  language: string | null;
  device: string | null;
  system: string | null;
  browser: string | null;
  /** The app whose built-in browser it is; '' for none. */
  app: string | null;
  referrer: string | null;
  channel: string | null;
  slug: string;
  domainId: string | null;
  isQr: boolean;
  /** The query of the short link, as it came; null where it was not kept. */
  rawQuery: string | null;
};
