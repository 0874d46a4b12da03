import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.ts';

/** The dashboard and the API, or a host that serves short links. */
export type Site = 'app' | 'short';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Host header without port and trailing dot, lower case; '' when there is none. */
export function hostnameOf(hostHeader: string | undefined): string {
  if (!hostHeader) return '';
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

/**
 * Lets find-my-way choose routes by site. A plain `host` constraint cannot: its strings include the port, and a page
 * that does not exist on the dashboard would fall through to the short links' `/:slug`.
 */
export function siteRouting(sites: Sites): NonNullable<FastifyServerOptions['routerOptions']> {
  return {
    ignoreTrailingSlash: true,
    // Longer than any slug: find-my-way answers 404 beyond it.
    maxParamLength: 1024,
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
