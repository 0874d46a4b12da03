import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Matches } from './list-order.ts';
import { nameKey } from './name.ts';
import { holdsWords, wordsOf } from './search.ts';

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
  const conditions = [
    sql`l.workspace_id = ${workspaceId} and l.deleted_at is null`,
    ...(campaign ? [isOfCampaign(found, Boolean(tag))] : []),
    ...(words.length > 0 ? [holdsWords(workspaceId, words, found?.hasSearchTexts ?? false)] : []),
  ];
  return {
    join: tag && !campaign ? sql`join link_tags lt on lt.link_id = l.id and lt.tag_id = ${found?.tagId}` : sql``,
    where: sql.join(conditions, sql` and `),
    tagId: found?.tagId ?? null,
  };
}

/**
 * The same for a count, and a list beside it: a search looks once at the texts for both. With more matches than
 * are counted, both end soon by themselves.
 */
export async function readCounted(db: Db, workspaceId: string, filter: LinkFilter): Promise<Filtered | undefined> {
  const filtered = await readFilter(db, workspaceId, filter);
  if (!filtered || wordsOf(filter.search).length === 0) return filtered;
  const { join, where } = filtered;
  const { rows } = await db.execute<{ id: string }>(
    sql`select l.id from links l ${join} where ${where} limit ${mostFound + 1}`,
  );
  if (rows.length > mostFound) return filtered;
  const ids = sql.param(rows.map(({ id }) => id));
  return { ...filtered, join: sql``, where: sql`l.workspace_id = ${workspaceId} and l.id = any(${ids}::text[])` };
}

/**
 * Links that have a tag too are looked for once and not along an order: Postgres would guess how many there are from the
 * two shares, and where there are none it would walk all links of the workspace.
 */
function isOfCampaign(found: Found | undefined, hasTag: boolean): SQL {
  if (!hasTag) return sql`l.campaign_id = ${found?.campaignId}`;
  return sql`l.id = any(array(
    select m.id from links m
    join link_tags on link_tags.link_id = m.id and link_tags.tag_id = ${found?.tagId}
    where m.campaign_id = ${found?.campaignId}
  ))`;
}

type Found = { tagId: string | null; campaignId: string | null; hasSearchTexts: boolean };

async function lookUp(db: Db, workspaceId: string, tag: string, campaign: string): Promise<Found | undefined> {
  const { rows } = await db.execute<Found>(sql`
select w.has_search_texts as "hasSearchTexts",
       (select id from tags where workspace_id = w.id and name_key = ${nameKey(tag)}) as "tagId",
       (select id from campaigns where workspace_id = w.id and name_key = ${nameKey(campaign)}) as "campaignId"
from workspaces w
where w.id = ${workspaceId}`);
  return rows[0];
}
