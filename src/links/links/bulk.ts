import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { links, linkTags } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { ownCampaign } from './campaigns.ts';
import { lockLinks } from './lock.ts';
import { announceSlugsOf } from './queries.ts';
import { ensureTags, findTag, maxTagsOfLink } from './tags.ts';

/**
 * Each function changes several links of a workspace in one transaction and returns the ids of those that it changed. It
 * locks them first, in the order of lock.ts.
 */

const areLinks = (workspaceId: string, linkIds: readonly string[]) =>
  and(eq(links.workspaceId, workspaceId), inArray(links.id, [...linkIds]), isNull(links.deletedAt));

/**
 * @param name as read by readTagName; a new name becomes a tag
 * @throws Invalid (field `tag`, code `tags_limit`) when a link would have too many; then none is changed
 */
export async function addTagTo(db: Db, workspaceId: string, linkIds: readonly string[], name: string) {
  return db.transaction(async (tx) => {
    const own = await lockLinks(tx, areLinks(workspaceId, linkIds));
    if (own.length === 0) return [];
    const [tagId = ''] = await ensureTags(tx, workspaceId, [name]);
    const added = await tx
      .insert(linkTags)
      .values(own.map((linkId) => ({ linkId, tagId })))
      .onConflictDoNothing()
      .returning({ id: linkTags.linkId });
    const ids = added.map(({ id }) => id);
    const { rows: full } = await tx.execute(sql`
select link_id from link_tags
where link_id = any(${sql.param(ids)}::text[])
group by 1
having count(*) > ${maxTagsOfLink}`);
    if (full.length > 0)
      throw new Invalid(
        `A link has at most ${maxTagsOfLink} tags, and ${full.length} of these ${full.length === 1 ? 'has' : 'have'} them already.`,
        { field: 'tag', code: 'tags_limit' },
      );
    await touch(tx, workspaceId, ids);
    return ids;
  });
}

/** @throws Invalid (field `tag`, code `tag_unknown`) */
export async function removeTagFrom(db: Db, workspaceId: string, linkIds: readonly string[], name: string) {
  return db.transaction(async (tx) => {
    const own = await lockLinks(tx, areLinks(workspaceId, linkIds));
    const tag = await findTag(tx, workspaceId, name);
    if (!tag) throw new Invalid(`There is no tag “${name}”.`, { field: 'tag', code: 'tag_unknown' });
    const removed = await tx
      .delete(linkTags)
      .where(and(eq(linkTags.tagId, tag.id), inArray(linkTags.linkId, own)))
      .returning({ id: linkTags.linkId });
    const ids = removed.map(({ id }) => id);
    await touch(tx, workspaceId, ids);
    return ids;
  });
}

/** Says of links whose tags changed that they did. */
async function touch(tx: Db, workspaceId: string, ids: readonly string[]): Promise<void> {
  await tx.update(links).set({ updatedAt: new Date() }).where(areLinks(workspaceId, ids));
}

/**
 * @param campaignId null takes the links out of theirs
 * @returns with each link the campaign that it was in
 */
export async function setCampaignOf(
  db: Db,
  workspaceId: string,
  linkIds: readonly string[],
  campaignId: string | null,
): Promise<{ id: string; before: string | null }[]> {
  const { rows } = await db.execute<{ id: string; before: string | null }>(sql`
with old as (
  select l.id, c.name
  from links l left join campaigns c on c.id = l.campaign_id
  where l.workspace_id = ${workspaceId} and l.id = any(${sql.param([...linkIds])}::text[]) and l.deleted_at is null
    and l.campaign_id is distinct from ${ownCampaign(workspaceId, campaignId)}
  order by l.id
  for no key update of l
)
update links l
set campaign_id = ${ownCampaign(workspaceId, campaignId)}, updated_at = now()
from old
where l.id = old.id
returning l.id, old.name as before`);
  return rows;
}

/** Closes links as archiveLink does: visitors meet 410. Those that are closed stay as they are. */
export async function archiveLinks(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<string[]> {
  return changeState(db, and(areLinks(workspaceId, linkIds), isNull(links.archivedAt)), sql`now()`);
}

/** Opens links again; those that are open stay as they are. */
export async function restoreLinks(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<string[]> {
  return changeState(db, and(areLinks(workspaceId, linkIds), isNotNull(links.archivedAt)), sql`null`);
}

async function changeState(
  db: Db,
  where: ReturnType<typeof and>,
  archivedAt: ReturnType<typeof sql>,
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const ids = await lockLinks(tx, where);
    if (ids.length === 0) return ids;
    await tx.update(links).set({ archivedAt }).where(inArray(links.id, ids));
    await announceSlugsOf(tx, ids);
    return ids;
  });
}
