import { z } from 'zod';
import { composed } from '../composed.ts';
import type { Db } from '../db/db.ts';
import { isCustomHost, listDomains } from '../domains/queries.ts';
import { Conflict, Invalid } from '../errors.ts';
import { readCampaignOf } from './campaigns.ts';
import { isSlugTaken, slugTaken } from './claim.ts';
import { readDestination } from './destination.ts';
import { linkSorts, linkStates } from './list.ts';
import { splitNames } from './name.ts';
import type { LinkChanges, NewLink } from './queries.ts';
import { maxSearchLength } from './search.ts';
import { foldCase, randomSlug, readSlug } from './slug.ts';
import { readTagNames } from './tags.ts';

/** What reading a link's form leans on; a Fastify app has it all. */
export type LinkContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  config: { shortUrl: string };
  isReservedSlug: (key: string) => boolean;
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

/** Tags and campaign stay as they are where a form does not send them. */
export const editLinkForm = z.object({ url: typed, title: typed, tags: left, campaign: left });

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

const ids = z.string().transform((text) => text.split(/\W+/).filter(Boolean));

/** How many links, campaigns or tags one chart can tell apart. */
export const mostCompared = 5;

/** @throws Invalid (code `too_many`) for more than that */
export function refuseTooMany(kind: 'link' | 'campaign' | 'tag', chosen: readonly string[]): void {
  if (chosen.length > mostCompared)
    throw new Invalid(`Compare up to ${mostCompared} ${kind}s at once.`, { field: kind, code: 'too_many' });
}

/** What is done to several links at once; `enter` is the return key in one of the bar's fields. */
export const bulkForm = z.object({
  links: z.union([ids, z.array(ids).transform((lists) => lists.flat())]).catch([]),
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
export async function readNewLink(
  context: LinkContext,
  workspaceId: string,
  link: TypedLink,
): Promise<Omit<NewLink, 'createdBy'>> {
  const url = await readUrl(context, link.url);
  const { id: domainId } = await readDomain(context, workspaceId, link.domain ?? '');
  const slug = link.slug?.trim() ? readSlug(link.slug, context.isReservedSlug) : null;
  return {
    url,
    domainId,
    slug,
    drawSlug: (length) => randomSlug(length, context.isReservedSlug),
    title: readTitle(link.title ?? ''),
    tags: readTags(link.tags ?? ''),
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
  if (url !== undefined) changes.url = await readUrl(context, url);
  if (title !== undefined) changes.title = readTitle(title ?? '');
  if (tags !== undefined) changes.tags = readTags(tags ?? '');
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
): Promise<{ isFree: boolean; message: string } | undefined> {
  if (!link.slug?.trim()) return undefined;
  try {
    const slug = readSlug(link.slug, context.isReservedSlug);
    const domain = await readDomain(context, workspaceId, link.domain ?? '');
    if (await isSlugTaken(context.db, domain, slug)) throw await slugTaken(context.db, domain, slug);
    return { isFree: true, message: `${domain.host}/${slug} is free.` };
  } catch (error) {
    if (error instanceof Invalid || error instanceof Conflict) return { isFree: false, message: error.message };
    throw error;
  }
}

/** A link onto one of our own short hosts would lead to another link, or round in circles. */
async function readUrl(context: LinkContext, typedUrl: string): Promise<string> {
  const url = readDestination(typedUrl);
  if (await isShortLink(context, new URL(url)))
    throw new Invalid('A link may not lead to another short link of this server, or to itself.', {
      field: 'url',
      code: 'url_loop',
    });
  return url;
}

/** On our own host a port that is written and not ours is another service, and a word of ours is a page. */
async function isShortLink({ db, sites, config, isReservedSlug }: LinkContext, url: URL): Promise<boolean> {
  if (!sites.isOwnShortHost(url.host)) return isCustomHost(db, url.hostname);
  const isOtherService = url.port !== '' && url.port !== new URL(config.shortUrl).port;
  return !isOtherService && !isReservedSlug(foldCase(url.pathname.split('/')[1] ?? ''));
}

async function readDomain({ db }: LinkContext, workspaceId: string, typedHost: string) {
  const domains = await listDomains(db, workspaceId);
  const host = typedHost.trim().toLowerCase();
  const domain = host === '' ? domains[0] : domains.find((candidate) => candidate.host === host);
  if (!domain) throw new Invalid('This domain is not yours to use.', { field: 'domain', code: 'domain_unknown' });
  return domain;
}

function readTags(typedTags: string | readonly string[]): string[] {
  return readTagNames(typeof typedTags === 'string' ? splitNames(typedTags) : typedTags);
}

const maxTitleLength = 200;

function readTitle(typedTitle: string): string | null {
  const title = composed(
    typedTitle
      .replace(/[\p{Cc}\p{Cs}]+/gu, ' ')
      .replace(/\p{Bidi_Control}/gu, '')
      .trim(),
  );
  if (title.length > maxTitleLength)
    throw new Invalid(`A title has at most ${maxTitleLength} characters.`, { field: 'title', code: 'title_invalid' });
  return title || null;
}
