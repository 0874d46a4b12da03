import { and, ilike, like, not, or, type SQL, sql } from 'drizzle-orm';
import { patternOf } from '../db/like.ts';
import { domains, links, slugs } from '../db/schema.ts';
import { foldCase } from './slug.ts';

/** Room for a short link of a hundred letters of any script, percent-encoded. */
export const maxSearchLength = 1_200;

/** Words beyond these narrow nothing: each is looked for in every link. */
const maxWords = 20;

/**
 * Links that hold each word of a search in their title, their destination or their short link, or are opened by it.
 * @returns undefined when the search has no words, and narrows nothing
 */
export function holdsWords(workspaceId: string, search: string): SQL | undefined {
  const words = search
    .normalize('NFC')
    .replace(/\p{Bidi_Control}/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  return and(...words.slice(0, maxWords).map((word) => holdsWord(workspaceId, word)));
}

function holdsWord(workspaceId: string, word: string): SQL | undefined {
  const pattern = patternOf(word);
  const address = addressIn(word);
  return or(
    ilike(links.title, pattern),
    ilike(links.url, pattern),
    ilike(slugs.slug, pattern),
    // Somebody pasted a short link; a host alone would find them all.
    address.includes('/') ? isAddress(address) : undefined,
    hasOtherSlug(workspaceId, address),
  );
}

/**
 * The slugs that the list does not show, of QR codes and aliases, are found by the whole of them: two letters are in one
 * of many random slugs. They are looked up once by their key, whatever else is searched.
 */
function hasOtherSlug(workspaceId: string, address: string): SQL {
  const [, host, slug = ''] = /^(?:([^/]*)\/)?(.*)$/s.exec(address) ?? [];
  return sql`${links.id} in (
    select other.link_id from domains d
    join slugs other on other.domain_id = d.id
      and other.slug_key = case when d.is_case_sensitive then ${slug.normalize('NFKC')} else ${foldCase(slug)} end
    where (d.workspace_id is null or d.workspace_id = ${workspaceId})
      and ${host === undefined ? sql`true` : sql`d.host = ${host.toLowerCase()}`}
  )`;
}

/** Hosts are the same in any case, slugs where their domain says so. */
function isAddress(address: string): SQL | undefined {
  const shortLink = sql`${domains.host} || '/' || ${slugs.slug}`;
  const asTyped = address.replace(/^[^/]*/, (host) => host.toLowerCase());
  const isSame = or(not(domains.isCaseSensitive), like(shortLink, patternOf(asTyped)));
  return and(ilike(shortLink, patternOf(address)), isSame);
}

/** A short link as `host/slug`: without scheme, query and the + of its preview, in its own letters. */
function addressIn(pasted: string): string {
  const address = pasted
    .replace(/^https?:\/\//i, '')
    .replace(/[?#].*$/, '')
    .replace(/[/+]+$/, '');
  try {
    return decodeURIComponent(address).normalize('NFC');
  } catch {
    return address;
  }
}
