import { and, asc, eq, inArray, notInArray, type SQL, sql } from 'drizzle-orm';
import { maxTypedLine } from '../../ground/text/composed.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { patternOf } from '../../ground/text/like.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { links, linkTags, tagColours, tags } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { lockLinks } from './lock.ts';
import { nameKey, readName, splitNames, uniqueNames } from './name.ts';

export { tagColours } from '../../ground/db/schema.ts';
export type TagColour = (typeof tagColours)[number];

/** A tag as it stands at a link. */
export type Tag = { name: string; colour: TagColour };
/** A tag in its workspace, with how many links carry it. */
export type CountedTag = Tag & { id: string; links: number };

export const maxTags = 2_000;
export const maxTagsOfLink = 20;

/** @throws Invalid (field `tags`, or the one named) */
export function readTagName(typed: string, field = 'tags'): string {
  return readName(typed, { field, what: 'tag', maxLength: 50, isListed: true });
}

/**
 * Reads the tags of a link.
 * @param typed names, or a text that holds several
 * @throws Invalid (field `tags`) for a name that cannot be, and for too many
 */
export function readTagNames(typed: string | readonly string[]): string[] {
  const tooMany = () => new Invalid(`A link has at most ${maxTagsOfLink} tags.`, { field: 'tags', code: 'tags_limit' });
  if (typeof typed === 'string' && typed.length > maxTypedLine) throw tooMany();
  const names = (typeof typed === 'string' ? splitNames(typed) : uniqueNames(typed)).map((name) => readTagName(name));
  if (names.length > maxTagsOfLink) throw tooMany();
  return names;
}

/**
 * Tags with how many links carry each; deleted links keep theirs for the reports, and do not count. What carries a tag is
 * counted in its index alone, and deleted links, which are few, are taken off: no row of the others is read.
 * @param which a condition on `tags t`
 */
function countTags(workspaceId: string, which: SQL, order: SQL): SQL {
  return sql`
with off as (
  select lt.tag_id, count(*) as links
  from links l join link_tags lt on lt.link_id = l.id
  where l.workspace_id = ${workspaceId} and l.deleted_at is not null
  group by 1
)
select t.id, t.name, t.colour, (carried.links - coalesce(off.links, 0))::float8 as links
from tags t
cross join lateral (select count(*) as links from link_tags lt where lt.tag_id = t.id) carried
left join off on off.tag_id = t.id
where t.workspace_id = ${workspaceId} and ${which}
order by ${order}`;
}

/** A workspace's tags by name. */
export async function listTags(db: Db, workspaceId: string): Promise<CountedTag[]> {
  const statement = countTags(workspaceId, sql`true`, sql`t.name_key`);
  const { rows } = await inTurn(db, workspaceId, 'lists', (tx) => tx.execute<CountedTag>(statement));
  return rows;
}

/** @throws NotFound */
export async function getTag(db: Db, workspaceId: string, tagId: string): Promise<CountedTag> {
  const { rows } = await db.execute<CountedTag>(countTags(workspaceId, sql`t.id = ${tagId}`, sql`1`));
  if (!rows[0]) throw new NotFound('There is no such tag.');
  return rows[0];
}

/** A tag by its name in any spelling that counts as the same, or undefined. */
export async function findTag(db: Db, workspaceId: string, name: string): Promise<(Tag & { id: string }) | undefined> {
  const [tag] = await db
    .select({ id: tags.id, name: tags.name, colour: tags.colour })
    .from(tags)
    .where(and(eq(tags.workspaceId, workspaceId), eq(tags.nameKey, nameKey(name))));
  return tag;
}

/**
 * Tags that complete what somebody is typing: those that begin so, then those that hold it, the most used first.
 * @param taken names that are in the field already
 */
export async function suggestTags(
  db: Db,
  workspaceId: string,
  typed: string,
  taken: readonly string[],
): Promise<Tag[]> {
  const key = nameKey(typed);
  const isAsked = sql`t.name_key ilike ${patternOf(key)} and t.name_key <> all(${sql.param(taken.map(nameKey))}::text[])`;
  const order = sql`starts_with(t.name_key, ${key}) desc, links desc, t.name_key limit 8`;
  const statement = countTags(workspaceId, isAsked, order);
  const { rows } = await inTurn(db, workspaceId, 'lists', (tx) => tx.execute<CountedTag>(statement));
  return rows.map(({ name, colour }) => ({ name, colour }));
}

/**
 * The tags of these names, made where there are none yet.
 * @returns their ids
 * @throws Invalid (code `tags_limit`) when the workspace has too many; undo the transaction then
 */
export async function ensureTags(tx: Db, workspaceId: string, by: Actor, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const known = await findTags(tx, workspaceId, names);
  if (known.missing.length === 0) return known.ids;
  const count = await countForInsert(tx, tags, workspaceId);
  // A transaction that had the lock before may have made them.
  const { ids, missing } = await findTags(tx, workspaceId, names);
  if (missing.length === 0) return ids;
  if (count + missing.length > maxTags)
    throw new Invalid(`A workspace has at most ${maxTags.toLocaleString('en')} tags. Merge or delete some first.`, {
      field: 'tags',
      code: 'tags_limit',
    });
  // An update that changes nothing returns the row also where somebody else made, or renamed, the same tag meanwhile.
  const made = await tx
    .insert(tags)
    .values(
      missing.map((name, index) => ({
        id: newId(),
        workspaceId,
        name,
        nameKey: nameKey(name),
        colour: tagColours[(count + index) % tagColours.length] ?? 'grey',
      })),
    )
    .onConflictDoUpdate({ target: [tags.workspaceId, tags.nameKey], set: { name: sql`tags.name` } })
    .returning({ id: tags.id, name: tags.name, colour: tags.colour, isNew: sql<boolean>`xmax = 0` });
  const created = made
    .filter(({ isNew }) => isNew)
    .map(({ id, name, colour }) => ({ what: 'tag.created', target: { id, name }, after: { name, colour } }) as const);
  await record(tx, by, workspaceId, ...created);
  return [...ids, ...made.map(({ id }) => id)];
}

/** Ids of the tags of these names, and the names that no tag has. */
async function findTags(tx: Db, workspaceId: string, names: readonly string[]) {
  const found = await tx
    .select({ id: tags.id, nameKey: tags.nameKey })
    .from(tags)
    .where(and(eq(tags.workspaceId, workspaceId), inArray(tags.nameKey, names.map(nameKey))));
  const known = new Set(found.map((tag) => tag.nameKey));
  return { ids: found.map(({ id }) => id), missing: names.filter((name) => !known.has(nameKey(name))) };
}

/** Gives each of these links, by its id, the tags of these names; new names become tags. */
export async function tagLinks(
  tx: Db,
  workspaceId: string,
  by: Actor,
  namesOf: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const ids = await ensureTags(tx, workspaceId, by, uniqueNames([...namesOf.values()].flat()));
  if (ids.length === 0) return;
  const found = await tx.select({ id: tags.id, key: tags.nameKey }).from(tags).where(inArray(tags.id, ids));
  const idOf = new Map(found.map(({ id, key }) => [key, id]));
  const pairs = [...namesOf].flatMap(([linkId, names]) =>
    names.flatMap((name) => {
      const tagId = idOf.get(nameKey(name));
      return tagId ? [{ linkId, tagId }] : [];
    }),
  );
  await tx.insert(linkTags).values(pairs).onConflictDoNothing();
}

/** Gives a link these tags, besides those that it has; new names become tags. Answers the ids. */
async function addTagsToLink(
  tx: Db,
  workspaceId: string,
  by: Actor,
  linkId: string,
  names: readonly string[],
): Promise<string[]> {
  const tagIds = await ensureTags(tx, workspaceId, by, names);
  if (tagIds.length > 0)
    await tx
      .insert(linkTags)
      .values(tagIds.map((tagId) => ({ linkId, tagId })))
      .onConflictDoNothing();
  return tagIds;
}

/** Gives a link exactly these tags; new names become tags. */
export async function setTagsOfLink(
  tx: Db,
  workspaceId: string,
  by: Actor,
  linkId: string,
  names: readonly string[],
): Promise<void> {
  const tagIds = await addTagsToLink(tx, workspaceId, by, linkId, names);
  await tx.delete(linkTags).where(and(eq(linkTags.linkId, linkId), notInArray(linkTags.tagId, tagIds)));
}

/**
 * Renames or recolours a tag.
 * @param change makes the new name and colour of what is stored, under its lock
 * @throws NotFound
 * @throws Conflict (field `name`, code `tag_taken`) when another tag has the name, and what `change` throws
 */
export async function updateTag(
  db: Db,
  workspaceId: string,
  by: Actor,
  tagId: string,
  change: (now: CountedTag) => { name: string; colour: TagColour },
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.select({ id: tags.id }).from(tags).where(isTag(workspaceId, tagId)).for('no key update');
    const now = await getTag(tx, workspaceId, tagId);
    const { name, colour } = change(now);
    try {
      await tx
        .update(tags)
        .set({ name, nameKey: nameKey(name), colour })
        .where(isTag(workspaceId, tagId));
    } catch (error) {
      if (uniqueViolation(error) !== 'tags_name') throw error;
      throw new Conflict(`There is a tag “${name}” already. Merge the two, or choose another name.`, {
        field: 'name',
        code: 'tag_taken',
      });
    }
    const before = { name: now.name, colour: now.colour };
    const target = { id: tagId, name };
    await record(tx, by, workspaceId, { what: 'tag.changed', target, before, after: { name, colour } });
  });
}

/**
 * Makes one tag of two: links of the first get the second, and the first is gone.
 * @throws NotFound when one of them is not there
 */
export async function mergeTags(db: Db, workspaceId: string, by: Actor, tagId: string, intoId: string): Promise<void> {
  if (tagId === intoId) throw new Invalid('Choose another tag to merge it into.', { field: 'into' });
  await db.transaction(async (tx) => {
    const carriers = await lockLinks(tx, carries(workspaceId, tagId));
    const both = await tx
      .select({ id: tags.id, name: tags.name, colour: tags.colour })
      .from(tags)
      .where(and(eq(tags.workspaceId, workspaceId), inArray(tags.id, [tagId, intoId])))
      .orderBy(asc(tags.id))
      .for('update');
    const [tag, into] = [tagId, intoId].map((id) => both.find((each) => each.id === id));
    if (!tag || !into) throw new NotFound('There is no such tag.');
    await tx.execute(sql`
insert into link_tags (link_id, tag_id)
select link_id, ${intoId} from link_tags where tag_id = ${tagId}
on conflict do nothing`);
    await tx.execute(sql`
insert into link_template_tags (template_id, tag_id)
select template_id, ${intoId} from link_template_tags where tag_id = ${tagId}
on conflict do nothing`);
    await tx.delete(tags).where(isTag(workspaceId, tagId));
    const before = { name: tag.name, colour: tag.colour, links: carriers };
    const after = { into: { id: into.id, name: into.name } };
    await record(tx, by, workspaceId, { what: 'tag.merged', target: tag, before, after });
  });
}

/** Deletes a tag; its links stay. @throws NotFound */
export async function removeTag(db: Db, workspaceId: string, by: Actor, tagId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const carriers = await lockLinks(tx, carries(workspaceId, tagId));
    const { id, name, colour } = tags;
    const [gone] = await tx.delete(tags).where(isTag(workspaceId, tagId)).returning({ id, name, colour });
    if (!gone) throw new NotFound('There is no such tag.');
    const before = { name: gone.name, colour: gone.colour, links: carriers };
    await record(tx, by, workspaceId, { what: 'tag.deleted', target: { id: gone.id, name: gone.name }, before });
  });
}

/** True of a workspace's links that carry a tag, deleted ones too. */
const carries = (workspaceId: string, tagId: string) =>
  and(
    eq(links.workspaceId, workspaceId),
    sql`exists (select 1 from link_tags lt where lt.link_id = ${links.id} and lt.tag_id = ${tagId})`,
  );

const isTag = (workspaceId: string, tagId: string) => and(eq(tags.workspaceId, workspaceId), eq(tags.id, tagId));

/** A link's tags as JSON, by name; for a query over links. */
export const tagsOfLink = sql<Tag[]>`(
  select coalesce(json_agg(json_build_object('name', t.name, 'colour', t.colour) order by t.name_key), '[]')
  from link_tags lt join tags t on t.id = lt.tag_id
  where lt.link_id = ${links.id}
)`;
