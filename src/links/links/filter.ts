import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Matches } from './list-order.ts';
import { nameKey } from './name.ts';
import { holdsWords, wordsOf } from '../search/search.ts';
import { findShortWord, isShort } from '../search/short-words.ts';

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
  const { tagId = null, campaignId = null, hasSearchTexts = false } = found ?? {};
  const join = tagId ? sql`join link_tags lt on lt.link_id = l.id and lt.tag_id = ${tagId}` : sql``;
  const ofCampaign = campaignId ? sql`l.campaign_id = ${campaignId}` : sql`true`;
  const [word = ''] = words;
  let few: readonly string[] | 'many' = 'many';
  if (hasSearchTexts && words.length === 1 && isShort(word))
    few = await findShortWord(db, workspaceId, word, mostFound);
  else if (tagId && campaignId) few = await findOfBoth(db, workspaceId, join, ofCampaign);
  const conditions = [
    sql`l.workspace_id = ${workspaceId} and l.deleted_at is null`,
    ofCampaign,
    ...(few === 'many' ? [] : [isOneOf(few)]),
    ...(words.length > 0 ? [holdsWords(workspaceId, words, hasSearchTexts)] : []),
  ];
  return { join, where: sql.join(conditions, sql` and `), tagId, ...(few !== 'many' && { ids: few }) };
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

/**
 * The links of a tag and a campaign, looked up by themselves: Postgres guesses how many there are from the two shares, and
 * would walk every link for none.
 * @returns ids; 'many' where there are more than are counted, so that an order soon meets enough
 */
async function findOfBoth(db: Db, workspaceId: string, join: SQL, ofCampaign: SQL): Promise<string[] | 'many'> {
  const { rows } = await db.execute<{ id: string }>(sql`
with matches as materialized (select l.id from links l ${join} where l.workspace_id = ${workspaceId} and ${ofCampaign})
select id from matches limit ${mostFound + 1}`);
  return rows.length > mostFound ? 'many' : rows.map(({ id }) => id);
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
