import { and, asc, eq, ilike, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { patternOf } from '../../ground/text/like.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { campaigns, links } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { lockLinks } from './lock.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { nameKey, readName, refuseTaken } from './name.ts';

/** The decisions of people about a campaign. Days are 'YYYY-MM-DD' of the workspace's calendar, both part of it. */
export type CampaignPlan = {
  name: string;
  startsOn: string | null;
  endsOn: string | null;
  /** Clicks that it is meant to bring. */
  goal: number | null;
};

export type Campaign = CampaignPlan & {
  id: string;
  createdAt: Date;
  /** How many links it has; deleted ones do not count. */
  links: number;
};

export const maxCampaigns = 1_000;

const kind = { index: 'campaigns_name', what: 'campaign' };

const columns = {
  id: campaigns.id,
  name: campaigns.name,
  startsOn: campaigns.startsOn,
  endsOn: campaigns.endsOn,
  goal: campaigns.goal,
  createdAt: campaigns.createdAt,
  links: sql`(select count(*) from links l where l.campaign_id = campaigns.id and l.deleted_at is null)`.mapWith(
    Number,
  ),
};

/** A workspace's campaigns by name. */
export async function listCampaigns(db: Db, workspaceId: string): Promise<Campaign[]> {
  return inTurn(db, workspaceId, 'lists', (tx) =>
    tx.select(columns).from(campaigns).where(eq(campaigns.workspaceId, workspaceId)).orderBy(asc(campaigns.nameKey)),
  );
}

/** @throws NotFound */
export async function getCampaign(db: Db, workspaceId: string, campaignId: string): Promise<Campaign> {
  const [campaign] = await db.select(columns).from(campaigns).where(isCampaign(workspaceId, campaignId));
  if (!campaign) throw new NotFound('There is no such campaign.');
  return campaign;
}

/** @throws Invalid (field `name`, or the one named) */
export const readCampaignName = (typed: string, field = 'name'): string =>
  readName(typed, { field, what: 'campaign', maxLength: 80, isListed: false });

/** Whether a campaign can be called so. */
export function isCampaignName(typed: string): boolean {
  try {
    readCampaignName(typed);
    return true;
  } catch {
    return false;
  }
}

/** The id of a campaign by its name in any spelling that counts as the same, or undefined. */
export async function findCampaign(db: Db, workspaceId: string, name: string): Promise<string | undefined> {
  const [campaign] = await db
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(and(eq(campaigns.workspaceId, workspaceId), eq(campaigns.nameKey, nameKey(name))));
  return campaign?.id;
}

/**
 * The campaign that a link's form names; '' is none.
 * @throws Invalid (field `campaign`, code `campaign_unknown`): a slip of the pen must not begin a campaign
 */
export async function readCampaignOf(db: Db, workspaceId: string, typedName: string): Promise<string | null> {
  if (nameKey(typedName) === '') return null;
  const found = await findCampaign(db, workspaceId, typedName);
  if (found) return found;
  readCampaignName(typedName, 'campaign'); // what cannot be a name is not offered as a new one
  throw new Invalid(
    `There is no campaign “${shortened(typedName.trim(), 80)}”. Create it on the page Campaigns first.`,
    { field: 'campaign', code: 'campaign_unknown' },
  );
}

/**
 * Makes a campaign of this name, without days or a goal, unless there is one.
 * @throws Invalid (field `campaign`) for a name that cannot be, and for too many
 */
export async function ensureCampaign(tx: Db, workspaceId: string, by: Actor, typedName: string): Promise<void> {
  const field = 'campaign';
  const name = readCampaignName(typedName, field);
  if (await findCampaign(tx, workspaceId, name)) return;
  try {
    // A savepoint: somebody else may make the same one at this moment.
    await tx.transaction((inner) =>
      insertCampaign(inner, workspaceId, by, { name, startsOn: null, endsOn: null, goal: null }),
    );
  } catch (error) {
    if (error instanceof Conflict) return;
    throw error instanceof Invalid ? new Invalid(error.message, { field, code: error.code }) : error;
  }
}

/** Campaigns whose name holds what somebody is typing, the newest first. */
export async function suggestCampaigns(db: Db, workspaceId: string, typed: string): Promise<{ name: string }[]> {
  return db
    .select({ name: campaigns.name })
    .from(campaigns)
    .where(and(eq(campaigns.workspaceId, workspaceId), ilike(campaigns.nameKey, patternOf(nameKey(typed)))))
    .orderBy(sql`${campaigns.createdAt} desc`, campaigns.id)
    .limit(8);
}

/**
 * @throws Conflict (field `name`, code `campaign_taken`)
 * @throws Invalid (field `name`, code `campaigns_limit`)
 */
export async function insertCampaign(db: Db, workspaceId: string, by: Actor, plan: CampaignPlan): Promise<Campaign> {
  const id = newId();
  return db.transaction(async (tx) => {
    if ((await countForInsert(tx, campaigns, workspaceId)) >= maxCampaigns)
      throw new Invalid(`A workspace has at most ${maxCampaigns.toLocaleString('en')} campaigns. Delete some first.`, {
        field: 'name',
        code: 'campaigns_limit',
      });
    await refuseTaken(plan.name, kind, () =>
      tx.insert(campaigns).values({ id, workspaceId, ...plan, nameKey: nameKey(plan.name) }),
    );
    const target = { id, name: plan.name };
    await record(tx, by, workspaceId, { what: 'campaign.created', target, after: planOf(plan) });
    return getCampaign(tx, workspaceId, id);
  });
}

/**
 * @param change makes the new plan of the one that is stored, under its lock
 * @throws NotFound
 * @throws Conflict (field `name`, code `campaign_taken`), and what `change` throws
 */
export async function updateCampaign(
  db: Db,
  workspaceId: string,
  by: Actor,
  campaignId: string,
  change: (now: Campaign) => CampaignPlan,
): Promise<Campaign> {
  const isMeant = isCampaign(workspaceId, campaignId);
  return db.transaction(async (tx) => {
    await tx.select({ id: campaigns.id }).from(campaigns).where(isMeant).for('no key update');
    const now = await getCampaign(tx, workspaceId, campaignId);
    const [before, after] = [planOf(now), planOf(change(now))];
    const { name } = after;
    const values = { ...after, nameKey: nameKey(name) };
    await refuseTaken(name, kind, () => tx.update(campaigns).set(values).where(isMeant));
    const target = { id: campaignId, name };
    await record(tx, by, workspaceId, { what: 'campaign.changed', target, before, after });
    return getCampaign(tx, workspaceId, campaignId);
  });
}

/** Deletes a campaign; its links stay and belong to none. @throws NotFound */
export async function removeCampaign(db: Db, workspaceId: string, by: Actor, campaignId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const freed = await lockLinks(tx, and(eq(links.workspaceId, workspaceId), eq(links.campaignId, campaignId)));
    const [gone] = await tx.delete(campaigns).where(isCampaign(workspaceId, campaignId)).returning();
    if (!gone) throw new NotFound('There is no such campaign.');
    const target = { id: gone.id, name: gone.name };
    await record(tx, by, workspaceId, { what: 'campaign.deleted', target, before: { ...planOf(gone), links: freed } });
  });
}

const planOf = ({ name, startsOn, endsOn, goal }: CampaignPlan): CampaignPlan => ({ name, startsOn, endsOn, goal });

const isCampaign = (workspaceId: string, campaignId: string) =>
  and(eq(campaigns.workspaceId, workspaceId), eq(campaigns.id, campaignId));

/** A campaign's id, as a value for a link's column: NULL unless it is this workspace's. */
export const ownCampaign = (workspaceId: string, campaignId: string | null) =>
  sql`(select id from campaigns where workspace_id = ${workspaceId} and id = ${campaignId})`;
