import { clicksOf } from '../reports/campaigns/standing.ts';
import { countGroupDays } from '../visitors/rollups/days.ts';
import type { Db } from '../ground/db/db.ts';
import type { Actor } from '../ground/events/actor.ts';
import { type Campaign, insertCampaign, listCampaigns, updateCampaign } from '../links/links/campaigns.ts';
import { nameKey } from '../links/links/name.ts';
import { addDays } from '../ground/time/zoned-time.ts';

type DemoCampaign = {
  name: string;
  /** Index of its first day among so many days with clicks; it may be after the last. */
  startOf: (days: number) => number;
  /** Days. */
  lasts: number;
  /** Which share of its goal its clicks are; without it there is no goal. */
  attained?: number;
  /** Its links carry it. */
  tag?: string;
};

const after = (share: number) => (days: number) => Math.floor(share * days);
const fromToday = (offset: number) => (days: number) => Math.max(0, days - 1 + offset);

/** The campaigns of a made-up outdoor brand by their utm_campaign, in the order in which they run. */
const campaigns = {
  'trail-week': { name: 'Trail Week', startOf: after(0.09), lasts: 7, attained: 1.12, tag: 'event' },
  'members-sale': { name: "Members' sale", startOf: after(0.25), lasts: 10, attained: 0.87, tag: 'sale' },
  'tent-launch': { name: 'Lantern 2 launch', startOf: after(0.42), lasts: 21 },
  'repair-month': { name: 'Repair Month', startOf: after(0.59), lasts: 30 },
  'night-run': { name: 'Night run', startOf: fromToday(-7), lasts: 14, attained: 0.64, tag: 'event' },
  'gift-guide': { name: 'Gift guide', startOf: fromToday(5), lasts: 24, attained: 1, tag: 'sale' },
} as const satisfies Readonly<Record<string, DemoCampaign>>;

export type CampaignName = keyof typeof campaigns;

export const campaignNames = Object.keys(campaigns) as CampaignName[];

export const campaignOf = (name: CampaignName): DemoCampaign => campaigns[name];

/** Campaigns of a workspace; those that are new have no goal yet. */
export type EnsuredCampaigns = ReadonlyMap<CampaignName, Campaign & { isNew: boolean }>;

/**
 * The campaigns of these names, made where there are none yet; those that are there stay as they are.
 * @param days those with clicks
 */
export async function ensureCampaigns(
  db: Db,
  workspaceId: string,
  by: Actor,
  names: Iterable<CampaignName>,
  days: readonly string[],
): Promise<EnsuredCampaigns> {
  const found = new Map((await listCampaigns(db, workspaceId)).map((campaign) => [nameKey(campaign.name), campaign]));
  const ensured = new Map<CampaignName, Campaign & { isNew: boolean }>();
  for (const key of new Set(names)) {
    const { name, startOf, lasts } = campaigns[key];
    const startsOn = addDays(days[0] ?? '', startOf(days.length));
    const own = found.get(nameKey(name));
    const plan = { name, startsOn, endsOn: addDays(startsOn, lasts - 1), goal: null };
    const campaign = own ?? (await insertCampaign(db, workspaceId, by, plan));
    ensured.set(key, { ...campaign, isNew: own === undefined });
  }
  return ensured;
}

/** Campaigns of these names without days and goals, made where there are none yet. @returns their ids by name */
export async function ensureExtraCampaigns(
  db: Db,
  workspaceId: string,
  by: Actor,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map((await listCampaigns(db, workspaceId)).map(({ id, name }) => [nameKey(name), id]));
  const ids = new Map<string, string>();
  for (const name of names) {
    const plan = { name, startsOn: null, endsOn: null, goal: null };
    ids.set(name, found.get(nameKey(name)) ?? (await insertCampaign(db, workspaceId, by, plan)).id);
  }
  return ids;
}

/**
 * Gives new campaigns goals that fit what they brought, in round numbers; those that brought nothing yet get one of
 * a twentieth of all clicks.
 */
export async function setGoals(
  db: Db,
  workspace: { id: string; timeZone: string },
  by: Actor,
  ensured: EnsuredCampaigns,
  demo: { days: readonly string[]; clicks: number },
): Promise<void> {
  const span = { first: demo.days[0] ?? '', last: demo.days.at(-1) ?? '' };
  const ids = [...ensured.values()].map(({ id }) => id);
  const counts = await countGroupDays(db, workspace.id, 'campaign', { ...span, timeZone: workspace.timeZone }, ids);
  for (const [key, { isNew, id, startsOn, endsOn }] of ensured) {
    const { attained } = campaignOf(key);
    if (!isNew || !attained || !startsOn || !endsOn) continue;
    const brought = clicksOf(counts, id, { first: startsOn, last: endsOn }) || demo.clicks / 20;
    const goal = Math.max(1, Math.round(Number((brought / attained).toPrecision(2))));
    await updateCampaign(db, workspace.id, by, id, (now) => ({ ...now, goal }));
  }
}
