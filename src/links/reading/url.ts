import { findInstanceDomain, type KeptHost, listKeptHosts } from '../../domains/domains/queries.ts';
import { decoded, readDestination } from '../../ground/addresses/destination.ts';
import { foldCase } from '../../ground/addresses/slug.ts';
import { Invalid, readAs } from '../../ground/text/errors.ts';
import { isSlugTaken } from '../links/claim.ts';
import type { ArchivedLink } from '../links/queries.ts';
import { askedOnce, type LinkContext } from './context.ts';

/** Archived links may come from a file of hits, which is not asked what new links are asked. */
export async function refuseLoops(
  context: LinkContext,
  workspaceId: string,
  archived: readonly ArchivedLink[],
): Promise<void> {
  const led = archived.flatMap(({ url, split, routes, slugs }) => {
    const versions = (split?.versions ?? []).flatMap((version) => version.url ?? []);
    const ofRules = (routes ?? []).flatMap(({ to }) => to.map((destination) => destination.url));
    return [url, ...versions, ...ofRules].map((each) => ({ url: new URL(each), slug: slugs[0]?.slug }));
  });
  const hostnames = led.map(({ url }) => url.hostname);
  const hosts = await listKeptHosts(context.db, workspaceId, hostnames);
  for (const { url, slug } of led)
    if (await isShortLink(context, hosts, url))
      throw loop(`"${slug}" leads to another short link of this server, or to itself. Change where it leads first.`);
}

/** A link that would lead to another short link of ours, or round in circles. */
const loop = (sentence: string, field = 'url') => new Invalid(sentence, { field, code: 'url_loop' });

/**
 * Reads an address that visitors are sent to, for any option that has one.
 * @returns the address to store, an http or https URL
 * @throws Invalid with the option's name as the field. An address on one of our own short hosts would lead to another link,
 * or round in circles.
 */
export async function readUrl(
  context: LinkContext,
  workspaceId: string,
  typedUrl: string,
  field = 'url',
): Promise<string> {
  const url = readAs(field, () => readDestination(typedUrl));
  const parsed = new URL(url);
  const { hostname } = parsed;
  const hosts = await askedOnce(context, `host ${hostname}`, () => listKeptHosts(context.db, workspaceId, [hostname]));
  if (await isShortLink(context, hosts, parsed))
    throw loop('A link may not lead to another short link of this server, or to itself.', field);
  return url;
}

/**
 * On our own host a port where we do not answer is another service, and a word of ours is a page. Slugs of a domain that
 * is not served open again once it is proved; the rest of that host may be anybody's.
 */
async function isShortLink(context: LinkContext, hosts: readonly KeptHost[], url: URL): Promise<boolean> {
  const word = url.pathname.split('/')[1] ?? '';
  if (context.sites.isOwnShortHost(url.host)) {
    const isOtherService = !['', new URL(context.config.shortUrl).port, String(context.config.port)].includes(url.port);
    if (isOtherService || !context.isReservedSlug(foldCase(word))) return !isOtherService;
    // A page, unless a link had the word before it was kept.
    const instance = await findInstanceDomain(context.db);
    return instance !== undefined && isSlugTaken(context.db, instance, foldCase(word));
  }
  const named = hosts.filter(({ host }) => host === url.hostname.replace(/\.$/, ''));
  if (named.some(({ isProved }) => isProved)) return true;
  const [own] = named;
  const slug = decoded(word);
  return own !== undefined && !slug.includes('\0') && isSlugTaken(context.db, own, slug);
}
