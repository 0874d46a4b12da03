import { type SQL, sql } from 'drizzle-orm';
import { patternOf } from '../../ground/text/like.ts';
import { foldCase } from '../../ground/addresses/slug.ts';

/** Room for a short link of a hundred letters of any script, percent-encoded. */
export const maxSearchLength = 1_200;

/** Words beyond these narrow nothing: each is looked for in every link. */
const maxWords = 20;

/** The words of a search; none narrow nothing. */
export function wordsOf(search: string): string[] {
  return search
    .normalize('NFC')
    .replace(/\p{Bidi_Control}/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, maxWords);
}

/**
 * Condition: a link `l` holds each word in its title, its destination or its short link, or is opened by it.
 * @param hasSearchTexts of the workspace; without it the texts are put together while they are searched
 */
export function holdsWords(workspaceId: string, words: readonly string[], hasSearchTexts: boolean): SQL {
  const text = hasSearchTexts
    ? sql`l.search_text`
    : sql`search_text_of((select slug from slugs where link_id = l.id and kind = 'primary' limit 1), l.title, l.url)`;
  return sql.join(
    words.map((word) => holdsWord(workspaceId, text, word)),
    sql` and `,
  );
}

/** Condition: a word is a slug of a link `l`, in the list or not. */
export const openedBy = (workspaceId: string, word: string): SQL => hasSlug(workspaceId, addressIn(word));

/** A word has no white space, so it is never found across the lines of a text. */
function holdsWord(workspaceId: string, text: SQL, word: string): SQL {
  const address = addressIn(word);
  const ways = [sql`${text} like lower(${patternOf(word)})`, hasSlug(workspaceId, address)];
  // Somebody pasted a short link; a host alone would find them all.
  if (address.includes('/')) ways.push(isAddress(text, address));
  return sql`(${sql.join(ways, sql` or `)})`;
}

/**
 * The slugs that the list does not show, of QR codes and aliases, are found by the whole of them: two letters are in one
 * of many random slugs. They are looked up once by their key, whatever else is searched.
 */
function hasSlug(workspaceId: string, address: string): SQL {
  const [, host, slug = ''] = /^(?:([^/]*)\/)?(.*)$/s.exec(address) ?? [];
  return sql`l.id = any(array(
    select other.link_id from domains d
    join slugs other on other.domain_id = d.id
      and other.slug_key = case when d.is_case_sensitive then ${slug.normalize('NFKC')} else ${foldCase(slug)} end
    where (d.workspace_id is null or d.workspace_id = ${workspaceId})
      and ${host === undefined ? sql`true` : sql`d.host = ${host.toLowerCase()}`}
  ))`;
}

/**
 * Hosts are the same in any case, slugs where their domain says so. A text begins with the slug: that much an index can
 * tell, and few links are left to look at.
 */
function isAddress(text: SQL, address: string): SQL {
  const beginning = patternOf(address.slice(address.indexOf('/') + 1)).slice(1);
  const asTyped = address.replace(/^[^/]*/, (host) => host.toLowerCase());
  return sql`(${text} like lower(${beginning}) and exists (
    select 1 from slugs s
    join domains d on d.id = s.domain_id
    where s.link_id = l.id and s.kind = 'primary' and d.host || '/' || s.slug ilike ${patternOf(address)}
      and (not d.is_case_sensitive or d.host || '/' || s.slug like ${patternOf(asTyped)})
  ))`;
}

/** A short link as `host/slug`: without scheme, query and the + of its preview, in its own letters. */
function addressIn(pasted: string): string {
  const address = pasted
    .replace(/^https?:\/\//i, '')
    .replace(/[?#].*$/, '')
    .replace(/[/+]+$/, '');
  try {
    const decoded = decodeURIComponent(address).normalize('NFC');
    // Postgres keeps no NUL, so it is in no slug.
    return decoded.includes('\0') ? address : decoded;
  } catch {
    return address;
  }
}
