import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { links, linkTags } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { ownCampaign } from './campaigns.ts';
import { linkName, linksToTell } from './link-events.ts';
import { lockLinks } from './lock.ts';
import { nameKey } from './name.ts';
import { ensureTags, findTag, maxTagsOfLink } from './tags.ts';

/**
 * Each function changes several links of a workspace in one transaction and returns the ids of those that it changed. It
 * locks them first, in the order of lock.ts. Each link makes an event of its own, all of them in one statement.
 */

const areLinks = (workspaceId: string, linkIds: readonly string[]) =>
  and(eq(links.workspaceId, workspaceId), inArray(links.id, [...linkIds]), isNull(links.deletedAt));

/**
 * @param name as read by readTagName; a new name becomes a tag
 * @throws Invalid (field `tag`, code `tags_limit`) when a link would have too many; then none is changed
 */
export async function addTagTo(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkIds: readonly string[],
  name: string,
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const own = await lockLinks(tx, areLinks(workspaceId, linkIds));
    if (own.length === 0) return [];
    const [tagId = ''] = await ensureTags(tx, workspaceId, by, [name]);
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
    await recordTags(tx, workspaceId, by, ids, (after) => after.filter((tag) => nameKey(tag) !== nameKey(name)));
    return ids;
  });
}

/** @throws Invalid (field `tag`, code `tag_unknown`) */
export async function removeTagFrom(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkIds: readonly string[],
  name: string,
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const own = await lockLinks(tx, areLinks(workspaceId, linkIds));
    const tag = await findTag(tx, workspaceId, name);
    if (!tag) throw new Invalid(`There is no tag “${name}”.`, { field: 'tag', code: 'tag_unknown' });
    const removed = await tx
      .delete(linkTags)
      .where(and(eq(linkTags.tagId, tag.id), inArray(linkTags.linkId, own)))
      .returning({ id: linkTags.linkId });
    const ids = removed.map(({ id }) => id);
    await recordTags(tx, workspaceId, by, ids, (after) => [...after, tag.name].toSorted(byKey));
    return ids;
  });
}

/** As Postgres sorts keys: by their bytes. */
const byKey = (one: string, other: string) => Buffer.compare(Buffer.from(nameKey(one)), Buffer.from(nameKey(other)));

/**
 * Says of links whose tags changed that they did.
 * @param before makes of the tags that a link has the ones that it had
 */
async function recordTags(
  tx: Db,
  workspaceId: string,
  by: Actor,
  ids: readonly string[],
  before: (after: readonly string[]) => string[],
): Promise<void> {
  const { rows } = await tx.execute<{ id: string; name: string; tags: string[] }>(sql`
update links l set updated_at = now()
where l.workspace_id = ${workspaceId} and l.id = any(${sql.param([...ids])}::text[]) and l.deleted_at is null
returning l.id, ${linkName} as name, array(
  select t.name from link_tags lt join tags t on t.id = lt.tag_id where lt.link_id = l.id order by t.name_key) as tags`);
  const changed = rows.map(({ tags, ...target }) => ({ target, before: { tags: before(tags) }, after: { tags } }));
  await record(tx, by, workspaceId, ...changed.map((link) => ({ what: 'link.changed', ...link }) as const));
}

/** @param campaignId null takes the links out of theirs */
export async function setCampaignOf(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkIds: readonly string[],
  campaignId: string | null,
): Promise<string[]> {
  type Campaign = { id: string; name: string } | null;
  return db.transaction(async (tx) => {
    // Locked first: read together, a campaign that was changed meanwhile would seem to have been none.
    await lockLinks(tx, areLinks(workspaceId, linkIds));
    const { rows } = await tx.execute<{ id: string; name: string; before: Campaign; after: Campaign }>(sql`
with old as (
  select l.id, c.id as campaign_id, c.name
  from links l left join campaigns c on c.id = l.campaign_id
  where l.workspace_id = ${workspaceId} and l.id = any(${sql.param([...linkIds])}::text[]) and l.deleted_at is null
    and l.campaign_id is distinct from ${ownCampaign(workspaceId, campaignId)}
)
update links l
set campaign_id = ${ownCampaign(workspaceId, campaignId)}, updated_at = now()
from old
where l.id = old.id
returning l.id, ${linkName} as name,
  case when old.campaign_id is not null then json_build_object('id', old.campaign_id, 'name', old.name) end as before,
  (select json_build_object('id', c.id, 'name', c.name) from campaigns c where c.id = l.campaign_id) as after`);
    const changed = rows.map(({ id, name, before, after }) => ({
      target: { id, name },
      before: { campaign: before },
      after: { campaign: after },
    }));
    await record(tx, by, workspaceId, ...changed.map((link) => ({ what: 'link.changed', ...link }) as const));
    return rows.map(({ id }) => id);
  });
}

/** Closes links as archiveLink does: visitors meet 410. Those that are closed stay as they are. */
export async function archiveLinks(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkIds: readonly string[],
): Promise<string[]> {
  return changeState(db, workspaceId, by, 'link.archived', linkIds);
}

/** Opens links again; those that are open stay as they are. */
export async function restoreLinks(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkIds: readonly string[],
): Promise<string[]> {
  return changeState(db, workspaceId, by, 'link.restored', linkIds);
}

async function changeState(
  db: Db,
  workspaceId: string,
  by: Actor,
  what: 'link.archived' | 'link.restored',
  linkIds: readonly string[],
): Promise<string[]> {
  const isArchiving = what === 'link.archived';
  const isOther = isArchiving ? sql`archived_at is null` : sql`archived_at is not null`;
  const instant = (column: string) => sql`(extract(epoch from ${sql.raw(column)}) * 1000)::float8`;
  return db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ id: string; before: number | null; after: number | null }>(sql`
with old as (
  select id, archived_at from links
  where workspace_id = ${workspaceId} and id = any(${sql.param([...linkIds])}::text[]) and deleted_at is null and ${isOther}
  order by id
  for no key update
)
update links l set archived_at = ${isArchiving ? sql`now()` : sql`null`}, updated_at = now()
from old
where l.id = old.id
returning l.id, ${instant('old.archived_at')} as before, ${instant('l.archived_at')} as after`);
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return ids;
    const told = await linksToTell(tx, ids);
    const happened = rows.flatMap(({ id, before, after }) => {
      const link = told.get(id);
      const fields = { before: { archivedAt: dateOf(before) }, after: { archivedAt: dateOf(after) } };
      return link ? [{ what, ...link, ...fields }] : [];
    });
    await record(tx, by, workspaceId, ...happened);
    return ids;
  });
}

const dateOf = (ms: number | null) => (ms === null ? null : new Date(ms));
