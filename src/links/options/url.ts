import { z } from 'zod';
import { findInstanceDomain, type KeptHost, listKeptHosts } from '../../domains/domains/queries.ts';
import { decoded, readDestination, warningAbout } from '../../ground/addresses/destination.ts';
import { foldCase } from '../../ground/addresses/slug.ts';
import { links } from '../../ground/db/schema.ts';
import { Invalid, readAs } from '../../ground/text/errors.ts';
import { isSlugTaken } from '../links/claim.ts';
import type { ArchivedLink } from '../links/queries.ts';
import { askedOnce, defineMainOption, type LinkContext, type Shown } from './option.ts';

export const urlOption = defineMainOption({
  name: 'url',
  label: 'Destination',
  isInSight: true,
  main: {
    opens: 'url',
    asNew: {
      label: 'Where should it lead?',
      placeholder: 'https://example.com/a-long-address',
      hints: '/links/same-destination',
    },
    changed: 'Visitors follow the new destination from now on.',
    shown: ({ url }) => shownUrl(url),
    refuseToOpen: refuseLoops,
  },
  field: {
    kind: 'text',
    hint: 'Visitors follow a change at once. The short link and its QR code stay as they are.',
    attrs: { inputmode: 'url', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' },
  },
  read: async (typed: string, context, workspaceId) => ({ url: await readUrl(context, workspaceId, typed) }),
  show: (link) => link.url,
  json: {
    value: z.string().describe('The destination, byte for byte as it was sent.'),
    sent: z
      .string('Write url as a string: the address that the link should lead to.')
      .describe('The destination: an http or https address. It is kept byte for byte.')
      .meta({ examples: ['https://www.acme.com/sale?season=spring'] }),
    of: (link) => link.url,
  },
  csv: { header: 'destination', column: links.url },
});

/** Without the parts that all destinations have in common. */
function shownUrl(url: string): Shown {
  return {
    verb: 'leads to',
    words: url,
    shortWords: url.replace(/^https?:\/\/(www\.)?/i, ''),
    href: url,
    // Lists show none of it, and asking costs more than all the rest.
    get warning() {
      return warningAbout(url);
    },
  };
}

/** Archived links may come from a file of hits, which is not asked what new links are asked. */
async function refuseLoops(
  context: LinkContext,
  workspaceId: string,
  archived: readonly ArchivedLink[],
): Promise<void> {
  const led = archived.flatMap(({ url, split, slugs }) =>
    [url, ...(split?.versions ?? []).flatMap((version) => version.url ?? [])].map((each) => ({
      url: new URL(each),
      slug: slugs[0]?.slug,
    })),
  );
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
