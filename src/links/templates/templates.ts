import { and, asc, eq, isNull, notInArray, or, sql } from 'drizzle-orm';
import type { Split } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { campaigns, domains, linkTemplates, linkTemplateTags } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { nameKey, refuseTaken } from '../links/name.ts';
import { ownCampaign } from '../links/campaigns.ts';
import { ensureTags, type Tag } from '../links/tags.ts';

/** Values that fill the form of a new link, under a name. */
export type LinkTemplate = {
  id: string;
  name: string;
  /** null: the usual one, or one that makes no new links any more. */
  domain: { id: string; host: string } | null;
  campaign: { id: string; name: string } | null;
  /** By name. */
  tags: Tag[];
  split: Split | null;
};

/** The decisions of people about a template, as they were read. */
export type TemplatePlan = {
  name: string;
  domainId: string | null;
  campaignId: string | null;
  tags: readonly string[];
  split: Split | null;
};

export const maxTemplates = 100;

const kind = { index: 'link_templates_name', what: 'template' };

const tagsOfTemplate = sql<Tag[]>`(
  select coalesce(json_agg(json_build_object('name', t.name, 'colour', t.colour) order by t.name_key), '[]')
  from link_template_tags lt join tags t on t.id = lt.tag_id
  where lt.template_id = ${linkTemplates.id}
)`;

function selectTemplates(db: Db, workspaceId: string) {
  const isUsable = or(
    isNull(domains.workspaceId),
    and(eq(domains.workspaceId, workspaceId), eq(domains.state, 'live')),
  );
  return db
    .select({
      id: linkTemplates.id,
      name: linkTemplates.name,
      domain: { id: domains.id, host: domains.host },
      campaign: { id: campaigns.id, name: campaigns.name },
      tags: tagsOfTemplate,
      split: linkTemplates.split,
    })
    .from(linkTemplates)
    .leftJoin(domains, and(eq(domains.id, linkTemplates.domainId), isUsable))
    .leftJoin(campaigns, eq(campaigns.id, linkTemplates.campaignId));
}

/** A workspace's templates by name. */
export async function listTemplates(db: Db, workspaceId: string): Promise<LinkTemplate[]> {
  return selectTemplates(db, workspaceId)
    .where(eq(linkTemplates.workspaceId, workspaceId))
    .orderBy(asc(linkTemplates.nameKey));
}

/** Their names alone, for the form of a new link on every page. */
export async function nameTemplates(db: Db, workspaceId: string): Promise<{ id: string; name: string }[]> {
  return db
    .select({ id: linkTemplates.id, name: linkTemplates.name })
    .from(linkTemplates)
    .where(eq(linkTemplates.workspaceId, workspaceId))
    .orderBy(asc(linkTemplates.nameKey))
    .prepare('name-templates')
    .execute();
}

/** @returns undefined for one that is not there */
export async function findTemplate(db: Db, workspaceId: string, templateId: string): Promise<LinkTemplate | undefined> {
  const [template] = await selectTemplates(db, workspaceId).where(isTemplate(workspaceId, templateId));
  return template;
}

/** @throws NotFound */
export async function getTemplate(db: Db, workspaceId: string, templateId: string): Promise<LinkTemplate> {
  return (await findTemplate(db, workspaceId, templateId)) ?? notThere();
}

/**
 * @throws Conflict (field `name`, code `template_taken`)
 * @throws Invalid (field `name`, code `templates_limit`; field `tags`) when the workspace has too many
 */
export async function insertTemplate(
  db: Db,
  workspaceId: string,
  by: Actor,
  plan: TemplatePlan,
): Promise<LinkTemplate> {
  const id = newId();
  return db.transaction(async (tx) => {
    if ((await countForInsert(tx, linkTemplates, workspaceId)) >= maxTemplates)
      throw new Invalid(`A workspace has at most ${maxTemplates} link templates. Delete some first.`, {
        field: 'name',
        code: 'templates_limit',
      });
    const values = { id, workspaceId, createdBy: by.userId, ...columnsOf(workspaceId, plan) };
    await refuseTaken(plan.name, kind, () => tx.insert(linkTemplates).values(values));
    await setTags(tx, workspaceId, by, id, plan.tags);
    const made = await getTemplate(tx, workspaceId, id);
    const target = { id, name: made.name };
    await record(tx, by, workspaceId, { what: 'template.created', target, after: fieldsOf(made) });
    return made;
  });
}

/**
 * @param change makes the new plan of the one that is stored, under its lock; it reads by the transaction alone, because a
 *   second connection may be held by somebody who waits for that lock
 * @throws NotFound
 * @throws Conflict (field `name`, code `template_taken`), and what `change` throws
 */
export async function updateTemplate(
  db: Db,
  workspaceId: string,
  by: Actor,
  templateId: string,
  change: (now: LinkTemplate, tx: Db) => Promise<TemplatePlan>,
): Promise<LinkTemplate> {
  const isMeant = isTemplate(workspaceId, templateId);
  return db.transaction(async (tx) => {
    await tx.select({ id: linkTemplates.id }).from(linkTemplates).where(isMeant).for('no key update');
    const before = await getTemplate(tx, workspaceId, templateId);
    const plan = await change(before, tx);
    await refuseTaken(plan.name, kind, () => tx.update(linkTemplates).set(columnsOf(workspaceId, plan)).where(isMeant));
    await setTags(tx, workspaceId, by, templateId, plan.tags);
    const after = await getTemplate(tx, workspaceId, templateId);
    const target = { id: templateId, name: after.name };
    await record(tx, by, workspaceId, {
      what: 'template.changed',
      target,
      before: fieldsOf(before),
      after: fieldsOf(after),
    });
    return after;
  });
}

/** Deletes a template; links that were made with it stay. @throws NotFound */
export async function removeTemplate(
  db: Db,
  workspaceId: string,
  by: Actor,
  templateId: string,
): Promise<LinkTemplate> {
  return db.transaction(async (tx) => {
    const gone = await getTemplate(tx, workspaceId, templateId);
    const deleted = await tx.delete(linkTemplates).where(isTemplate(workspaceId, templateId)).returning();
    if (deleted.length === 0) notThere();
    const target = { id: gone.id, name: gone.name };
    await record(tx, by, workspaceId, { what: 'template.deleted', target, before: fieldsOf(gone) });
    return gone;
  });
}

async function setTags(tx: Db, workspaceId: string, by: Actor, templateId: string, names: readonly string[]) {
  const tagIds = await ensureTags(tx, workspaceId, by, names);
  await tx
    .delete(linkTemplateTags)
    .where(and(eq(linkTemplateTags.templateId, templateId), notInArray(linkTemplateTags.tagId, tagIds)));
  if (tagIds.length === 0) return;
  await tx
    .insert(linkTemplateTags)
    .values(tagIds.map((tagId) => ({ templateId, tagId })))
    .onConflictDoNothing();
}

const columnsOf = (workspaceId: string, { name, domainId, campaignId, split }: TemplatePlan) => ({
  name,
  nameKey: nameKey(name),
  domainId,
  campaignId: ownCampaign(workspaceId, campaignId),
  split,
});

/** The fields of a template that its events keep. */
const fieldsOf = ({ name, domain, campaign, tags, split }: LinkTemplate) => ({
  name,
  domain: domain?.host ?? null,
  campaign,
  tags: tags.map((tag) => tag.name),
  split,
});

const isTemplate = (workspaceId: string, templateId: string) =>
  and(eq(linkTemplates.workspaceId, workspaceId), eq(linkTemplates.id, templateId));

function notThere(): never {
  throw new NotFound('There is no such link template.');
}
