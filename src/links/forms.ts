import { z } from 'zod';
import type { Db } from '../db/db.ts';
import { isShortHost, listDomains } from '../domains/queries.ts';
import { Conflict, Invalid } from '../errors.ts';
import { isSlugTaken, slugTaken } from './claim.ts';
import { readDestination } from './destination.ts';
import { linkSorts, linkStates } from './list.ts';
import type { NewLink } from './queries.ts';
import { readSlug, slugKey } from './slug.ts';

/** What reading a link's form leans on; a Fastify app has it all. */
export type LinkContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  isReservedSlug: (key: string) => boolean;
};

/** A field of a page's form: what is missing, or sent twice, is empty. */
const typed = z.string().catch('');

export const newLinkForm = z.object({
  url: typed,
  domain: typed,
  slug: typed,
  title: typed,
  /** Keeps ids apart where the form stands twice on a page. */
  idPrefix: z.enum(['new', 'quick']).catch('new'),
});

export const editLinkForm = z.object({ url: typed, title: typed });

export const listQuery = z.object({
  search: typed.transform((search) =>
    search
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, 200),
  ),
  sort: z.enum(linkSorts).catch('newest'),
  state: z.enum(linkStates).exclude(['all']).catch('active'),
  cursor: z.string().nullable().catch(null),
});

/** A new link as a person or a program typed it; what is empty or left out is ours to choose. */
export type TypedLink = {
  url: string;
  domain?: string | null | undefined;
  slug?: string | null | undefined;
  title?: string | null | undefined;
};

/**
 * Reads a new link: the one way in, for pages and the API.
 * @throws Invalid with its field: url, domain, slug or title
 */
export async function readNewLink(
  context: LinkContext,
  workspaceId: string,
  link: TypedLink,
): Promise<Omit<NewLink, 'createdBy'>> {
  const url = await readUrl(context, link.url);
  const { id: domainId } = await readDomain(context, workspaceId, link.domain ?? '');
  const slug = link.slug?.trim() ? readSlug(link.slug, context.isReservedSlug) : null;
  return { url, domainId, slug, title: readTitle(link.title ?? '') };
}

/**
 * Reads changes to a link; what is left out stays as it is.
 * @throws Invalid with its field: url or title
 */
export async function readLinkChanges(
  context: LinkContext,
  changes: { url?: string | undefined; title?: string | null | undefined },
): Promise<{ url?: string; title?: string | null }> {
  return {
    ...(changes.url === undefined ? {} : { url: await readUrl(context, changes.url) }),
    ...(changes.title === undefined ? {} : { title: readTitle(changes.title ?? '') }),
  };
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
    if (await isSlugTaken(context.db, domain.id, slugKey(slug))) throw await slugTaken(context.db, domain.id, slug);
    return { isFree: true, message: `${domain.host}/${slug} is free.` };
  } catch (error) {
    if (error instanceof Invalid || error instanceof Conflict) return { isFree: false, message: error.message };
    throw error;
  }
}

/** A link onto one of our own short hosts would lead to another link, or round in circles. */
async function readUrl({ db, sites }: LinkContext, typedUrl: string): Promise<string> {
  const url = readDestination(typedUrl);
  const { host, hostname } = new URL(url);
  if (sites.isOwnShortHost(host) || (await isShortHost(db, hostname)))
    throw new Invalid('A link may not lead to another short link of this server, or to itself.', {
      field: 'url',
      code: 'url_loop',
    });
  return url;
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
  const title = typedTitle.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
  if (title.length > maxTitleLength)
    throw new Invalid(`A title has at most ${maxTitleLength} characters.`, { field: 'title', code: 'title_invalid' });
  return title || null;
}
