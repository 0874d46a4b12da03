import { and, eq, sql } from 'drizzle-orm';
import type { OpenedLink } from '../visitors/clicks/enrich.ts';
import type { Opens } from '../visitors/openings/list.ts';
import { destinationTo, urlOpening } from '../visitors/openings/url.ts';
import type { Route } from '../ground/addresses/route.ts';
import type { Split } from '../ground/addresses/split.ts';
import type { Db } from '../ground/db/db.ts';
import type { Actor } from '../ground/events/actor.ts';
import * as schema from '../ground/db/schema.ts';
import { Conflict } from '../ground/text/errors.ts';
import { withQuery } from '../ground/addresses/destination.ts';
import { nameKey } from '../links/links/name.ts';
import { insertLink } from '../links/links/insert.ts';
import { type Link } from '../links/links/queries.ts';
import { ensureTags } from '../links/links/tags.ts';
import { dayStart, HOUR } from '../ground/time/zoned-time.ts';
import { campaignOf, type EnsuredCampaigns } from './campaigns.ts';
import { type DemoRate, ratesOf } from './conversion-rates.ts';
import type { LinkIdea } from './ideas.ts';
import { insertManyLinks } from './many-links.ts';
import type { Random } from './random.ts';
import { type Mix, mixes } from './sources.ts';
import type { Popularity } from './traffic.ts';

/** A link of the demo: what its clicks record, by its slug and by its code, and who comes to it. */
export type DemoLink = Popularity & {
  opened: OpenedLink;
  scanned: OpenedLink;
  opens: Opens;
  mix: Mix;
  /** The goals that its visitors reach. */
  converts: readonly DemoRate[];
};

type Setting = {
  workspace: { id: string; timeZone: string };
  domainId: string;
  by: Actor;
  campaigns: EnsuredCampaigns;
  /** Ids by name. */
  extraCampaigns: ReadonlyMap<string, string>;
  /** The days on which there are clicks. */
  days: readonly string[];
};

/**
 * Makes the links of a demo and sets their dates back before their first clicks. Those with words of their own come
 * through the same door as everybody's; the many others by the thousand.
 * @param onMade told how many there are
 */
export async function insertDemoLinks(
  db: Db,
  ideas: readonly LinkIdea[],
  setting: Setting,
  random: Random,
  onMade: (count: number) => void,
): Promise<DemoLink[]> {
  const { workspace, days } = setting;
  const planned = ideas.map((idea, index) => {
    const popularity = popularityOf(idea, index, { links: ideas.length, days: days.length }, random);
    // In the working hours of the day before, or of yesterday when its clicks are still to come.
    const firstDay = days[popularity.firstDay] ?? days.at(-1) ?? '';
    const createdAt = new Date(dayStart(firstDay, workspace.timeZone).getTime() - (5 + 9 * random()) * HOUR);
    return { idea, popularity, createdAt, values: valuesOf(idea, setting) };
  });
  const drawn = planned.filter(({ idea }) => idea.slug === null);
  const { domainId, by } = setting;
  const tagIds = await tagIdsOf(db, workspace.id, by, drawn);
  const rows = drawn.map(({ idea, createdAt, values: { url, campaignId, tags } }) => ({
    url,
    title: idea.title,
    createdAt,
    campaignId,
    tagIds: tags.flatMap((tag) => tagIds.get(nameKey(tag)) ?? []),
  }));
  const many = await insertManyLinks(db, workspace.id, by, domainId, rows, onMade);
  const made: DemoLink[] = [];
  let count = many.length;
  let next = 0;
  for (const { idea, popularity, createdAt, values } of planned) {
    let link: Opening | undefined;
    let opens: Opens = destinationTo(values.url);
    if (idea.slug === null) {
      const { id = '', slugId = '', qrSlugId = '' } = many[next++] ?? {};
      // No rule asks for a slug that was drawn.
      link = { id, slugId, slug: '', qrSlugId, domainId };
    } else {
      link = await insertIdea(db, idea.slug, values, setting);
      await dateBack(db, workspace.id, link.id, createdAt);
      if (values.split || values.routes) opens = await readOpens(db, workspace.id, link.id);
      onMade(++count);
    }
    made.push({
      ...popularity,
      ...openings(link, workspace),
      opens,
      mix: mixes[idea.mix],
      converts: ratesOf(idea.slug),
    });
  }
  return made;
}

/** By the keys of their names. */
async function tagIdsOf(
  db: Db,
  workspaceId: string,
  by: Actor,
  planned: readonly { values: { tags: string[] } }[],
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(planned.flatMap(({ values }) => values.tags))];
  await db.transaction((tx) => ensureTags(tx, workspaceId, by, names));
  const rows = await db
    .select({ id: schema.tags.id, key: schema.tags.nameKey })
    .from(schema.tags)
    .where(eq(schema.tags.workspaceId, workspaceId));
  return new Map(rows.map(({ id, key }) => [key, id]));
}

/** From here on most links are hardly clicked, and few have nearly all. */
const longTail = 10_000;

function popularityOf(
  { campaign }: LinkIdea,
  index: number,
  of: { links: number; days: number },
  random: Random,
): Popularity {
  const share = (0.4 + random()) / (1 + index) ** (of.links < longTail ? 0.35 : 0.9);
  if (campaign) return { share, firstDay: campaignOf(campaign).startOf(of.days), course: 'campaign' };
  // There is always one to be clicked from the first day on.
  if (index === 0 || random() < 0.5) return { share, firstDay: 0, course: 'lasting' };
  return { share, firstDay: Math.floor(random() * of.days * 0.9), course: 'fading' };
}

type Values = {
  url: string;
  title: string;
  tags: string[];
  campaignId: string | null;
  split: Split | null;
  clickIdName: string | null;
  routes: Route[] | null;
};

function valuesOf(
  { slug, title, url, mix, campaign, extraTag, extraCampaign, otherUrl, routes }: LinkIdea,
  setting: Setting,
): Values {
  const { utm, tag }: Mix = mixes[mix];
  const query = utm ? utm + (campaign ? `&utm_campaign=${campaign}` : '') : '';
  return {
    url: withQuery(url, query),
    title,
    clickIdName: ratesOf(slug).length > 0 ? 'wm_cid' : null,
    split: otherUrl === undefined ? null : halves(withQuery(otherUrl, query)),
    routes: routes ?? null,
    tags: [tag, campaign && campaignOf(campaign).tag, extraTag].filter((name) => typeof name === 'string'),
    campaignId:
      (campaign ? setting.campaigns.get(campaign)?.id : setting.extraCampaigns.get(extraCampaign ?? '')) ?? null,
  };
}

/** A test that runs, half of its visitors at each address. */
const halves = (url: string): Split => ({
  versions: [
    { url: null, weight: 1 },
    { url, weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
});

async function readOpens(db: Db, workspaceId: string, linkId: string): Promise<Opens> {
  const [row] = await db
    .select(urlOpening.columns)
    .from(schema.links)
    .where(and(eq(schema.links.workspaceId, workspaceId), eq(schema.links.id, linkId)));
  if (!row) throw new Error('A link was made, and is not there.');
  return urlOpening.plan(row);
}

async function insertIdea(db: Db, slug: string, values: Values, setting: Setting): Promise<Link> {
  const { domainId, by, workspace } = setting;
  const input = { ...values, domainId };
  for (const candidate of [slug, `${slug}-2`, `${slug}-3`]) {
    try {
      return await insertLink(db, workspace.id, by, { ...input, slug: candidate });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error; // a demo of this instance has it already
    }
  }
  return insertLink(db, workspace.id, by, { ...input, slug: null });
}

async function dateBack(db: Db, workspaceId: string, linkId: string, createdAt: Date): Promise<void> {
  const instant = createdAt.toISOString();
  await db.execute(sql`
with link as (
  update ${schema.links} set created_at = ${instant}, updated_at = ${instant}
  where id = ${linkId} and workspace_id = ${workspaceId}
  returning id
), version as (
  update ${schema.linkDestinations} set created_at = ${instant} where link_id in (select id from link)
), rule as (
  update ${schema.linkRoutes} set created_at = ${instant} where link_id in (select id from link)
)
update ${schema.slugs} set created_at = ${instant} where link_id in (select id from link)`);
}

type Opening = Pick<Link, 'id' | 'slugId' | 'slug' | 'qrSlugId' | 'domainId'>;

function openings(link: Opening, { id: workspaceId, timeZone }: Setting['workspace']) {
  const { id: linkId, slugId, slug, domainId } = link;
  const ofAll = { workspaceId, timeZone, isOwnNetwork: null, linkVersion: 1 };
  const opened = { linkId, slugId, slug, domainId, isQr: false, ...ofAll };
  const scanned = { ...opened, slugId: link.qrSlugId, isQr: true };
  return { opened, scanned };
}
