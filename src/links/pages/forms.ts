import { z } from 'zod';
import { composedLine } from '../../ground/text/composed.ts';
import type { Db } from '../../ground/db/db.ts';
import { findInstanceDomain, type KeptHost, listDomains, listKeptHosts } from '../../domains/domains/queries.ts';
import { editFields } from '../../ground/http/edit-form.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { readCampaignOf } from '../links/campaigns.ts';
import { isSlugTaken, SlugTaken, slugTaken } from '../links/claim.ts';
import { decoded, readDestination } from '../../ground/addresses/destination.ts';
import { linkSorts, linkStates } from '../links/list.ts';
import { type LinkChanges, listArchived, type NewLink } from '../links/queries.ts';
import { maxSearchLength } from '../links/search.ts';
import { foldCase, randomSlug, readSlug, slugReserved } from '../../ground/addresses/slug.ts';
import { readTagNames } from '../links/tags.ts';

/** What reading a link's form leans on; a Fastify app has it all. */
export type LinkContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  config: { shortUrl: string; port: number };
  isReservedSlug: (key: string, isOwnHost?: boolean) => boolean;
};

/** A field of a page's form: what is missing, or sent twice, is empty. */
export const typed = z.string().catch('');

export const newLinkForm = z.object({
  url: typed,
  domain: typed,
  slug: typed,
  title: typed,
  tags: typed,
  campaign: typed,
  /** Keeps ids apart where the form stands twice on a page. */
  idPrefix: z.enum(['new', 'quick']).catch('new'),
});

const left = z.string().optional().catch(undefined);

/** What a form does not send stays as it is. */
export const editLinkForm = z.object({ url: left, title: left, tags: left, campaign: left, ...editFields });

export const editedFields = ['url', 'title', 'tags', 'campaign'] as const;

const wordsUpTo = (maxLength: number) =>
  typed.transform((text) =>
    text
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, maxLength),
  );

export const listQuery = z.object({
  search: wordsUpTo(maxSearchLength),
  tag: wordsUpTo(200),
  campaign: wordsUpTo(200),
  sort: z.enum(linkSorts).catch('newest'),
  state: z.enum(linkStates).exclude(['all']).catch('active'),
  cursor: z.string().nullable().catch(null),
});

/** More than the ids of as many links as one request changes. */
const maxIds = 20_000;

const idsOf = (text: string): string[] => text.slice(0, maxIds).split(/\W+/).filter(Boolean);

/** How many links, campaigns or tags one chart can tell apart. */
export const mostCompared = 5;

/** @throws Invalid (code `too_many`) for more than that */
export function refuseTooMany(kind: 'link' | 'campaign' | 'tag', chosen: readonly string[]): void {
  if (chosen.length > mostCompared)
    throw new Invalid(`Compare up to ${mostCompared} ${kind}s at once.`, { field: kind, code: 'too_many' });
}

/** What is done to several links at once; `enter` is the return key in one of the bar's fields. */
export const bulkForm = z.object({
  links: z
    .union([z.string(), z.array(z.string()).transform((texts) => texts.join(' '))])
    .catch('')
    .transform(idsOf),
  action: z.enum(['enter', 'add-tag', 'remove-tag', 'set-campaign', 'compare', 'archive', 'restore']).catch('enter'),
  tag: typed,
  campaign: typed,
  /** The query of the list that it began on. */
  back: typed,
});

/** A new link as a person or a program typed it; what is empty or left out is ours to choose. */
export type TypedLink = {
  url: string;
  domain?: string | null | undefined;
  slug?: string | null | undefined;
  title?: string | null | undefined;
  /** Names; a form sends them in one text. */
  tags?: string | readonly string[] | null | undefined;
  /** A campaign's name. */
  campaign?: string | null | undefined;
};

/**
 * Reads a new link: the one way in, for pages and the API.
 * @throws Invalid with its field: url, domain, slug, title, tags or campaign
 */
export async function readNewLink(context: LinkContext, workspaceId: string, link: TypedLink): Promise<NewLink> {
  const url = await readUrl(context, workspaceId, link.url);
  const domain = await readDomain(context, workspaceId, link.domain ?? '');
  const isReserved = (key: string) => context.isReservedSlug(key, domain.isInstances);
  const slug = link.slug?.trim() ? readSlug(link.slug, isReserved) : null;
  return {
    url,
    domainId: domain.id,
    slug,
    drawSlug: (length) => randomSlug(length, isReserved),
    title: readTitle(link.title ?? ''),
    tags: readTagNames(link.tags ?? ''),
    campaignId: await readCampaignOf(context.db, workspaceId, link.campaign ?? ''),
  };
}

/**
 * Reads changes to a link; what is left out stays as it is.
 * @throws Invalid with its field: url, title, tags or campaign
 */
export async function readLinkChanges(
  context: LinkContext,
  workspaceId: string,
  typedChanges: Omit<TypedLink, 'url' | 'domain' | 'slug'> & { url?: string | undefined },
): Promise<LinkChanges> {
  const { url, title, tags, campaign } = typedChanges;
  const changes: LinkChanges = {};
  if (url !== undefined) changes.url = await readUrl(context, workspaceId, url);
  if (title !== undefined) changes.title = readTitle(title ?? '');
  if (tags !== undefined) changes.tags = readTagNames(tags ?? '');
  if (campaign !== undefined) changes.campaignId = await readCampaignOf(context.db, workspaceId, campaign ?? '');
  return changes;
}

/**
 * Whether a slug may be had, while somebody is typing it.
 * @returns undefined when nothing is typed
 */
export async function checkSlug(
  context: LinkContext,
  workspaceId: string,
  link: Pick<TypedLink, 'slug' | 'domain'>,
): Promise<{ isFree: boolean; message: string; taken?: SlugTaken } | undefined> {
  if (!link.slug?.trim()) return undefined;
  try {
    const domain = await readDomain(context, workspaceId, link.domain ?? '');
    const slug = readSlug(link.slug, (key) => context.isReservedSlug(key, domain.isInstances));
    if (await isSlugTaken(context.db, domain, slug)) throw await slugTaken(context.db, workspaceId, domain, slug);
    return { isFree: true, message: `${domain.host}/${slug} is free.` };
  } catch (error) {
    if (error instanceof SlugTaken) return { isFree: false, message: error.message, taken: error };
    if (error instanceof Invalid) return { isFree: false, message: error.message };
    throw error;
  }
}

/**
 * Archived links may come from a file of hits, which is not asked what new links are asked.
 * @throws Invalid (field `url` or `slug`) for the first that is archived and may not be opened
 */
export async function refuseToRestore(
  context: LinkContext,
  workspaceId: string,
  linkIds: readonly string[],
): Promise<void> {
  const rows = await listArchived(context.db, workspaceId, linkIds);
  const archived = rows.map(({ url, slugs }) => ({ url: new URL(url), slugs }));
  const hostnames = archived.map(({ url }) => url.hostname);
  const hosts = await listKeptHosts(context.db, workspaceId, hostnames);
  for (const { url, slugs } of archived) {
    const reserved = slugs.find(({ slug, isOnOwnHost }) => context.isReservedSlug(foldCase(slug), isOnOwnHost));
    if (reserved) throw slugReserved(reserved.slug);
    if (await isShortLink(context, hosts, url))
      throw loop(
        `"${slugs[0]?.slug}" leads to another short link of this server, or to itself. Change where it leads first.`,
      );
  }
}

const loop = (sentence: string) => new Invalid(sentence, { field: 'url', code: 'url_loop' });

/** A link onto one of our own short hosts would lead to another link, or round in circles. */
async function readUrl(context: LinkContext, workspaceId: string, typedUrl: string): Promise<string> {
  const url = readDestination(typedUrl);
  const parsed = new URL(url);
  if (await isShortLink(context, await listKeptHosts(context.db, workspaceId, [parsed.hostname]), parsed))
    throw loop('A link may not lead to another short link of this server, or to itself.');
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

async function readDomain({ db }: LinkContext, workspaceId: string, typedHost: string) {
  const domains = await listDomains(db, workspaceId);
  const host = typedHost.trim().toLowerCase();
  const domain = host === '' ? domains[0] : domains.find((candidate) => candidate.host === host);
  if (!domain) throw new Invalid('This domain is not yours to use.', { field: 'domain', code: 'domain_unknown' });
  return domain;
}

const maxTitleLength = 200;

function readTitle(typedTitle: string): string | null {
  const title = composedLine(typedTitle);
  if (title.length > maxTitleLength)
    throw new Invalid(`A title has at most ${maxTitleLength} characters.`, { field: 'title', code: 'title_invalid' });
  return title || null;
}
