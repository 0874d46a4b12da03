import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../../config.ts';
import { httpLimits } from './limits.ts';

/** The dashboard and the API, or a host that serves short links. */
export type Site = 'app' | 'short';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** No host name is longer than 253 characters (RFC 1035, 2.3.4); what is longer takes up no memory here. */
const longestHost = 253 + '.:65535'.length;

/** Host header without port and trailing dot, lower case; '' when there is none, or none that could be anybody's. */
export function hostnameOf(hostHeader: string | undefined): string {
  if (!hostHeader || hostHeader.length > longestHost) return '';
  const port = /:\d*$/.exec(hostHeader);
  const name = port ? hostHeader.slice(0, port.index) : hostHeader;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

export type Sites = {
  siteOf(hostHeader: string | undefined): Site;
  /** True for the instance's own short host, which is no customer's domain. */
  isOwnShortHost(hostHeader: string | undefined): boolean;
};

/**
 * Which hosts are ours. While APP_URL is a loopback name every loopback name is as good as it.
 * Ports do not tell sites apart unless both live on one name (as in tests: localhost:3000 and localhost:3001).
 */
export function knowSites(config: Config): Sites {
  const app = new URL(config.appUrl);
  const short = new URL(config.shortUrl);
  const isLoopback = loopbackNames.has(app.hostname);
  const sharesName = app.hostname === short.hostname && !config.isSharedHost;

  function isApp(hostHeader: string | undefined): boolean {
    const name = hostnameOf(hostHeader);
    if (sharesName) return hostHeader?.toLowerCase() === app.host;
    return name === app.hostname || (isLoopback && loopbackNames.has(name) && name !== short.hostname);
  }

  return {
    siteOf: (hostHeader) => (isApp(hostHeader) ? 'app' : 'short'),
    isOwnShortHost: (hostHeader) =>
      config.isSharedHost ? isApp(hostHeader) : hostnameOf(hostHeader) === short.hostname && !isApp(hostHeader),
  };
}

/** Hosts of ours, from which nobody is referred. */
export const ownHostsOf = ({ appUrl, shortUrl }: Pick<Config, 'appUrl' | 'shortUrl'>): ReadonlySet<string> =>
  new Set([appUrl, shortUrl].map((url) => new URL(url).hostname));

/**
 * An address in the request line wins over the Host header, and what stays is its path (RFC 9112, 3.2.2). A target that
 * is neither a path nor an address of HTTP asks a host that is nobody's.
 * @returns the path and query, as they were sent
 */
export function takeTarget(request: IncomingMessage): string {
  const { url = '', headers } = request;
  if (url.startsWith('/')) return url;
  const [, host = '', path = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  headers.host = host;
  return path.startsWith('/') ? path : `/${path}`;
}

/** True when there is more than one Host header: who stands before us may have read another one than we (RFC 9112, 3.2). */
export function hasSecondHost({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}

/**
 * Lets find-my-way choose routes by site. A plain `host` constraint cannot: its strings include the port, and a page
 * that does not exist on the dashboard would fall through to the short links' `/:slug`.
 */
export function siteRouting(sites: Sites): NonNullable<FastifyServerOptions['routerOptions']> {
  return {
    ignoreTrailingSlash: true,
    // No part of an address is longer: whatever comes gets an answer of ours, and not the router's bare 400.
    maxParamLength: httpLimits.http.maxHeaderSize,
    constraints: {
      site: {
        name: 'site',
        mustMatchWhenDerived: true,
        storage() {
          const handlers = new Map<Site, unknown>();
          return {
            get: (site: Site) => handlers.get(site) ?? null,
            set: (site: Site, handler: unknown) => void handlers.set(site, handler),
          };
        },
        validate(site: unknown) {
          if (site !== 'app' && site !== 'short')
            throw new Error(`A route's site is app or short, not ${String(site)}.`);
        },
        deriveConstraint: (request: IncomingMessage) => sites.siteOf(request.headers.host),
      } as never,
    },
  };
}

/** Puts every route that this scope registers from now on on one site. */
export function serveOn(app: FastifyInstance, site: Site): void {
  app.addHook('onRoute', (route) => {
    route.constraints = { ...route.constraints, site };
  });
}
