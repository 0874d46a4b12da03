import { sql } from 'drizzle-orm';
import type { OpenedLink } from '../../clicks/enrich.ts';
import { readUtm } from '../../clicks/utm.ts';
import type { Db } from '../../db/db.ts';
import { links, slugs } from '../../db/schema.ts';
import { Conflict } from '../../errors.ts';
import { queryOf, withQuery } from '../../links/destination.ts';
import { insertLink, type Link } from '../../links/queries.ts';
import { dayStart, HOUR } from '../../zoned-time.ts';
import { campaignOf, type EnsuredCampaigns } from './campaigns.ts';
import type { LinkIdea } from './ideas.ts';
import type { Random } from './random.ts';
import { type Mix, mixes } from './sources.ts';
import type { Popularity } from './traffic.ts';

/** A link of the demo: what its clicks record, by its slug and by its code, and who comes to it. */
export type DemoLink = Popularity & { opened: OpenedLink; scanned: OpenedLink; mix: Mix };

type Setting = {
  workspace: { id: string; timeZone: string };
  domainId: string;
  createdBy: string | null;
  campaigns: EnsuredCampaigns;
  /** The days on which there are clicks. */
  days: readonly string[];
};

/**
 * Makes the links of a demo, through the same door as everybody, and sets their dates back before their first clicks.
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
  const made: DemoLink[] = [];
  for (const [index, idea] of ideas.entries()) {
    const popularity = popularityOf(idea, index, days.length, random);
    const link = await insertIdea(db, idea, setting);
    // In the working hours of the day before, or of yesterday when its clicks are still to come.
    const firstDay = days[popularity.firstDay] ?? days.at(-1) ?? '';
    const createdAt = dayStart(firstDay, workspace.timeZone).getTime() - (5 + 9 * random()) * HOUR;
    await dateBack(db, workspace.id, link.id, new Date(createdAt));
    made.push({ ...popularity, ...openings(link, workspace), mix: mixes[idea.mix] });
    onMade(made.length);
  }
  return made;
}

function popularityOf({ campaign }: LinkIdea, index: number, days: number, random: Random): Popularity {
  const share = (0.4 + random()) / (1 + index) ** 0.35;
  if (campaign) return { share, firstDay: campaignOf(campaign).startOf(days), course: 'campaign' };
  // There is always one to be clicked from the first day on.
  if (index === 0 || random() < 0.5) return { share, firstDay: 0, course: 'lasting' };
  return { share, firstDay: Math.floor(random() * days * 0.9), course: 'fading' };
}

async function insertIdea(db: Db, { slug, title, url, mix, campaign }: LinkIdea, setting: Setting): Promise<Link> {
  const { utm, tag }: Mix = mixes[mix];
  const query = utm ? utm + (campaign ? `&utm_campaign=${campaign}` : '') : '';
  const input = {
    url: withQuery(url, query),
    title,
    tags: [tag, campaign && campaignOf(campaign).tag].filter((name) => typeof name === 'string'),
    campaignId: (campaign && setting.campaigns.get(campaign)?.id) ?? null,
    domainId: setting.domainId,
    createdBy: setting.createdBy,
  };
  const typed = slug === null ? [] : [slug, `${slug}-2`, `${slug}-3`];
  for (const candidate of typed) {
    try {
      return await insertLink(db, setting.workspace.id, { ...input, slug: candidate });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error; // a demo of this instance has it already
    }
  }
  return insertLink(db, setting.workspace.id, { ...input, slug: null });
}

async function dateBack(db: Db, workspaceId: string, linkId: string, createdAt: Date): Promise<void> {
  const instant = createdAt.toISOString();
  await db.execute(sql`
with link as (
  update ${links} set created_at = ${instant}, updated_at = ${instant}
  where id = ${linkId} and workspace_id = ${workspaceId}
  returning id
)
update ${slugs} set created_at = ${instant} where link_id in (select id from link)`);
}

function openings(link: Link, { id: workspaceId, timeZone }: Setting['workspace']) {
  const utm = readUtm(queryOf(link.url));
  const { id: linkId, slugId, domainId } = link;
  const opened = { linkId, slugId, domainId, workspaceId, timeZone, isQr: false, utm };
  return { opened, scanned: { ...opened, slugId: link.qrSlugId, isQr: true } };
}
