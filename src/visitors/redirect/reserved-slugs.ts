import type { FastifyInstance, RouteOptions } from 'fastify';
import { keptEverywhere, keptOnOwnHosts } from '../../ground/addresses/kept-words.ts';
import { foldCase } from '../../ground/addresses/slug.ts';
import type { Site } from '../../ground/http/sites.ts';

/** Files that browsers, crawlers and apps look for at the root of every host: whoever held one would speak for it. */
const wellKnownFiles = [
  'robots.txt',
  'sitemap.xml',
  'favicon.ico',
  'manifest.json',
  'site.webmanifest',
  'browserconfig.xml',
  'crossdomain.xml',
  'apple-app-site-association',
  'assetlinks.json',
  'security.txt',
  'humans.txt',
  'llms.txt',
  'ads.txt',
  'app-ads.txt',
];

/** Whether a path is one of theirs, or in the folder for more of them (RFC 8615). */
export const isWellKnownFile = (path: string): boolean =>
  path.startsWith('/.well-known/') || wellKnownFiles.includes(foldCase(path.replace(/^\/|\/$/g, '')));

/** Words that we keep for pages to come, and that strangers would use to pose as us. */
const keptForLater = [
  'login',
  'signin',
  'signup',
  'logout',
  'account',
  'api',
  'app',
  'admin',
  'billing',
  'help',
  'status',
  'support',
  'security',
  'abuse',
  'webhooks',
];

/**
 * Collects the first word of every route that is registered from now on, so that no slug can hide a page of ours.
 * @param sites the sites whose routes short links share a host with
 * @returns tells whether a folded slug is such a word, or one that is kept for later, on the server's own host or on a
 *   workspace's; complete once the app is ready
 */
export function collectReservedSlugs(
  app: FastifyInstance,
  sites: readonly Site[],
): (key: string, isOwnHost?: boolean) => boolean {
  // Kept whole until the first question: a scope's own hook says only after this one which site its routes are on.
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  let words: Set<string> | undefined;
  return (key, isOwnHost = true) => {
    words ??= new Set([
      ...wellKnownFiles,
      ...keptEverywhere,
      ...(sites.includes('app') ? keptForLater : []),
      ...routes.flatMap((route) => firstWord(route, sites)),
    ]);
    return words.has(key) || (isOwnHost && keptOnOwnHosts.includes(key));
  };
}

function firstWord(route: RouteOptions, sites: readonly Site[]): string[] {
  const { site } = (route.constraints ?? {}) as { site?: Site };
  const word = route.url.split('/')[1] ?? '';
  return site && sites.includes(site) && word && !/[:*]/.test(word) ? [foldCase(word)] : [];
}
