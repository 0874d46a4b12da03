import type { Config } from '../config.ts';
import type { Place } from './diagnosis.ts';

/** Where custom domains lead on this instance, and what is nobody's to claim. */
export type DomainPlace = Place & {
  ownHosts: ReadonlySet<string>;
  scheme: 'http' | 'https';
};

/** Custom domains are served as the instance's own short host is. */
export function placeOf({ appUrl, shortUrl }: Pick<Config, 'appUrl' | 'shortUrl'>): DomainPlace {
  const [app, short] = [new URL(appUrl), new URL(shortUrl)];
  const isHttps = short.protocol === 'https:';
  return {
    // An IPv6 address stands in brackets there.
    target: short.hostname.replace(/^\[(.*)\]$/, '$1'),
    isHttps,
    ownHosts: new Set([app.hostname, short.hostname]),
    scheme: isHttps ? 'https' : 'http',
  };
}
