import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Matches } from './list-order.ts';
import { nameKey } from './name.ts';
import { holdsWords, wordsOf } from './search.ts';
import { findShortWord, isShort } from './short-words.ts';

/** The filters of a list; '' finds all. */
export type LinkFilter = {
  /** Words, each a part of the title, the destination or the short link. */
  search: string;
  /** Names; of what is not there, no link is found. */
  tag?: string;
  campaign?: string;
};

/** A search counts no further in each state: letters that are in every link would be looked for in every one. */
export const mostFound = 1_000;

export type Filtered = Matches & { tagId: string | null };

/**
 * Looks up what a filter names, so that Postgres knows how many links have it.
 * @returns undefined where no link can match
 */
export async function readFilter(
  db: Db,
  workspaceId: string,
  { search, tag, campaign }: LinkFilter,
): Promise<Filtered | undefined> {
  const words = wordsOf(search);
  const isPlain = words.length === 0 && !tag && !campaign;
  const found = isPlain ? undefined : await lookUp(db, workspaceId, tag ?? '', campaign ?? '');
  if ((tag && !found?.tagId) || (campaign && !found?.campaignId)) return undefined;
  const isOurs = sql`l.workspace_id = ${workspaceId} and l.deleted_at is null`;
  const [word = ''] = words;
  // No trigram knows it: its links are looked up ahead.
  if (words.length === 1 && isShort(word) && !tag && !campaign && found?.hasSearchTexts) {
    const ids = await findShortWord(db, workspaceId, word, mostFound);
    if (ids !== 'many') return { join: sql``, where: sql`${isOurs} and ${isOneOf(ids)}`, ids, tagId: null };
  }
  const { condition, ...matches } = await narrow(db, workspaceId, found ?? nothingNamed);
  const conditions = [
    isOurs,
    condition,
    ...(words.length > 0 ? [holdsWords(workspaceId, words, found?.hasSearchTexts ?? false)] : []),
  ];
  return { ...matches, where: sql.join(conditions, sql` and `), tagId: found?.tagId ?? null };
}

/**
 * The same for a count, and a list beside it: a search looks once at the texts for both. With more matches than
 * are counted, both end soon by themselves.
 */
export async function readCounted(db: Db, workspaceId: string, filter: LinkFilter): Promise<Filtered | undefined> {
  const filtered = await readFilter(db, workspaceId, filter);
  if (!filtered || filtered.ids || wordsOf(filter.search).length === 0) return filtered;
  const { join, where } = filtered;
  const { rows } = await db.execute<{ id: string }>(
    sql`select l.id from links l ${join} where ${where} limit ${mostFound + 1}`,
  );
  if (rows.length > mostFound) return filtered;
  const ids = rows.map(({ id }) => id);
  return { ...filtered, join: sql``, where: sql`l.workspace_id = ${workspaceId} and ${isOneOf(ids)}`, ids };
}

type Found = { tagId: string | null; campaignId: string | null; hasSearchTexts: boolean };

const nothingNamed: Found = { tagId: null, campaignId: null, hasSearchTexts: false };

/** The join and the condition by which links of a tag, of a campaign or of both are found; their ids, where looked up. */
async function narrow(
  db: Db,
  workspaceId: string,
  { tagId, campaignId }: Found,
): Promise<Omit<Matches, 'where'> & { condition: SQL }> {
  const join = tagId ? sql`join link_tags lt on lt.link_id = l.id and lt.tag_id = ${tagId}` : sql``;
  const condition = campaignId ? sql`l.campaign_id = ${campaignId}` : sql`true`;
  if (!tagId || !campaignId) return { join, condition };
  // Looked up by themselves where they are few: Postgres guesses from two shares, and would walk every link for none.
  const { rows } = await db.execute<{ id: string }>(
    sql`
with matches as materialized (select l.id from links l ${join} where l.workspace_id = ${workspaceId} and ${condition})
select id from matches limit ${mostFound + 1}`,
  );
  if (rows.length > mostFound) return { join, condition };
  const ids = rows.map(({ id }) => id);
  return { join: sql``, condition: isOneOf(ids), ids };
}

const isOneOf = (ids: readonly string[]): SQL => sql`l.id = any(${sql.param([...ids])}::text[])`;

async function lookUp(db: Db, workspaceId: string, tag: string, campaign: string): Promise<Found | undefined> {
  const { rows } = await db.execute<Found>(sql`
select w.has_search_texts as "hasSearchTexts",
       (select id from tags where workspace_id = w.id and name_key = ${nameKey(tag)}) as "tagId",
       (select id from campaigns where workspace_id = w.id and name_key = ${nameKey(campaign)}) as "campaignId"
from workspaces w
where w.id = ${workspaceId}`);
  return rows[0];
}
