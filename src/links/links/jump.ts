import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { patternOf } from '../../ground/text/like.ts';
import { links } from '../../ground/db/schema.ts';
import { listLinks } from './list.ts';
import { asLink, type Link, selectLinks } from './queries.ts';
import { openedBy, wordsOf } from '../search/search.ts';
import type { Tag } from './tags.ts';

/**
 * Links for a jump: those that the text opens as a slug or a short link, then the newest that hold each of its words. For
 * no words it is the newest. Nothing is counted.
 * @throws as `listLinks`
 */
export async function jumpToLinks(
  db: Db,
  workspaceId: string,
  search: string,
  limit: number,
): Promise<{ links: Link[]; isExact: boolean; isMore: boolean }> {
  const [word = '', ...others] = wordsOf(search);
  const opened = word !== '' && others.length === 0 ? await findOpened(db, workspaceId, word, limit) : [];
  const found = await listLinks(db, workspaceId, { search, sort: 'newest', state: 'all', limit, cursor: null });
  const ids = new Set(opened.map(({ id }) => id));
  const all = [...opened, ...found.links.filter(({ id }) => !ids.has(id))];
  const isExact = opened.length > 0;
  return { links: all.slice(0, limit), isExact, isMore: found.nextCursor !== null || all.length > limit };
}

/** Links that a word opens, on whichever domain; found by the key of slugs. */
async function findOpened(db: Db, workspaceId: string, word: string, limit: number): Promise<Link[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
select l.id from links l
where l.workspace_id = ${workspaceId} and l.deleted_at is null and ${openedBy(workspaceId, word)}
order by l.created_at desc, l.id desc
limit ${limit}`);
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const isOpened = and(eq(links.workspaceId, workspaceId), inArray(links.id, ids), isNull(links.deletedAt));
  const byId = new Map((await selectLinks(db, workspaceId).where(isOpened)).map((row) => [row.id, asLink(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Condition: a name's key holds each of others, in any order. */
const holdsEach = (key: SQL, keys: readonly string[]): SQL =>
  sql.join([sql`true`, ...keys.map((each) => sql`${key} like ${patternOf(each)}`)], sql` and `);

/** Tags whose names hold each word, as `nameKey` folds it; those first that begin with the first. */
export async function jumpToTags(db: Db, workspaceId: string, keys: readonly string[], limit: number): Promise<Tag[]> {
  const { rows } = await db.execute<Tag>(sql`
select t.name, t.colour from tags t
where t.workspace_id = ${workspaceId} and ${holdsEach(sql`t.name_key`, keys)}
order by starts_with(t.name_key, ${keys[0] ?? ''}) desc, t.name_key
limit ${limit}`);
  return rows;
}

/** The same of campaigns, the newest first. */
export async function jumpToCampaigns(
  db: Db,
  workspaceId: string,
  keys: readonly string[],
  limit: number,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await db.execute<{ id: string; name: string }>(sql`
select c.id, c.name from campaigns c
where c.workspace_id = ${workspaceId} and ${holdsEach(sql`c.name_key`, keys)}
order by starts_with(c.name_key, ${keys[0] ?? ''}) desc, c.created_at desc, c.id
limit ${limit}`);
  return rows;
}
