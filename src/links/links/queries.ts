import { and, eq, inArray, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Db } from '../../ground/db/db.ts';
import { campaigns, domains, links, slugs } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { totalsOf } from '../../visitors/rollups/totals.ts';
import { ownCampaign } from './campaigns.ts';
import { linkFields, linksToTell, linkTarget } from './link-events.ts';
import { type Decided, decidedColumns, type LinkKind, type NewDecided } from './decided.ts';
import { lockLinks } from './lock.ts';
import { shortUrlOf } from '../../ground/addresses/short-url.ts';
import { changeRoutes } from '../splits/settle-routes.ts';
import { changeSplit } from '../splits/settle.ts';
import { setTagsOfLink, type Tag, tagsOfLink } from './tags.ts';

/** A link as people and programs see it. */
export type Link = Decided & {
  id: string;
  kind: LinkKind;
  workspaceId: string;
  domainId: string;
  /** Host as it is shown, with its port when that is not the usual one. */
  domain: string;
  /** The primary slug, as it was typed. */
  slugId: string;
  slug: string;
  /** The slug that its QR code opens. */
  qrSlugId: string;
  shortUrl: string;
  /** By name. */
  tags: Tag[];
  campaign: { id: string; name: string } | null;
  createdAt: Date;
  updatedAt: Date;
  archivedAt: Date | null;
  /** Exact at this moment, as are the visitors. */
  clicks: number;
  visitors: number;
  lastClickAt: Date | null;
};

export type NewLink = NewDecided & {
  /** Without it, `url`. */
  kind?: LinkKind;
  /** As typed and read by readSlug; null draws a random one. */
  slug: string | null;
  /** Makes random slugs of so many characters that are no words of ours; without it any will do. */
  drawSlug?: (length: number) => string;
  domainId: string;
  /** Names as read by readTagNames; those that are new become tags. */
  tags?: readonly string[];
  campaignId?: string | null;
};

/** Changes to a link. A field that is left out stays. */
export type LinkChanges = Partial<Decided> & {
  tags?: readonly string[];
  campaignId?: string | null;
};

const qrSlugs = alias(slugs, 'qr_slugs');

/** The query below every reading of links; those that are deleted are not there. */
export function selectLinks(db: Db, workspaceId: string) {
  const totals = totalsOf(workspaceId, links.id);
  return db
    .select({
      id: links.id,
      kind: links.kind,
      workspaceId: links.workspaceId,
      domainId: slugs.domainId,
      domain: domains.host,
      scheme: domains.scheme,
      slugId: slugs.id,
      slug: slugs.slug,
      qrSlugId: qrSlugs.id,
      ...decidedColumns,
      tags: tagsOfLink,
      campaign: { id: campaigns.id, name: campaigns.name },
      createdAt: links.createdAt,
      updatedAt: links.updatedAt,
      archivedAt: links.archivedAt,
      clicks: totals.clicks,
      visitors: totals.visitors,
      lastClickAt: totals.lastClickAt,
    })
    .from(links)
    .innerJoin(slugs, and(eq(slugs.linkId, links.id), eq(slugs.kind, 'primary')))
    .innerJoin(qrSlugs, and(eq(qrSlugs.linkId, links.id), eq(qrSlugs.kind, 'qr')))
    .innerJoin(domains, eq(domains.id, slugs.domainId))
    .leftJoin(campaigns, eq(campaigns.id, links.campaignId))
    .leftJoinLateral(totals.table, totals.on);
}

/** A row of selectLinks as a link. */
export function asLink<Row extends Omit<Link, 'shortUrl'> & { scheme: string }>({ scheme, ...row }: Row) {
  return { ...row, shortUrl: shortUrlOf(scheme, row.domain, row.slug) };
}

/** A link that is there: of this workspace, and not deleted. */
const isLink = (workspaceId: string, linkId: string) =>
  and(eq(links.workspaceId, workspaceId), eq(links.id, linkId), isNull(links.deletedAt));

/** @throws NotFound */
export async function getLink(db: Db, workspaceId: string, linkId: string): Promise<Link> {
  const [row] = await selectLinks(db, workspaceId).where(isLink(workspaceId, linkId)).prepare('get-link').execute();
  if (!row) throw new NotFound('There is no such link.');
  return asLink(row);
}

/** The links of these ids that are there, in the order of the ids. */
export async function getLinks(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<Link[]> {
  if (linkIds.length === 0) return [];
  const rows = await selectLinks(db, workspaceId).where(
    and(eq(links.workspaceId, workspaceId), inArray(links.id, [...linkIds]), isNull(links.deletedAt)),
  );
  const found = new Map(rows.map((row) => [row.id, asLink(row)]));
  return linkIds.flatMap((id) => found.get(id) ?? []);
}

/**
 * Changes where a link leads, what it is called and where it belongs; visitors follow at once.
 * @param refuse sees the link as it is under the lock, and throws where it may not be changed so
 * @throws NotFound
 * @throws Invalid (field `tags`) when the workspace has too many
 */
export async function updateLink(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkId: string,
  changes: LinkChanges,
  refuse?: (now: Link) => void,
): Promise<Link> {
  const { tags, campaignId, ...values } = changes;
  const campaign = campaignId === undefined ? {} : { campaignId: ownCampaign(workspaceId, campaignId) };
  const set = { updatedAt: new Date(), ...values, ...campaign };
  return changeLink(db, workspaceId, by, linkId, { what: 'link.changed', set, tags, refuse });
}

/**
 * Closes a link: visitors meet 410 until it is restored. Archiving twice keeps the first date.
 * @throws NotFound
 */
export async function archiveLink(db: Db, workspaceId: string, by: Actor, linkId: string): Promise<Link> {
  const set = { archivedAt: sql`coalesce(${links.archivedAt}, now())` };
  return changeLink(db, workspaceId, by, linkId, { what: 'link.archived', set });
}

/** An archived link, with its slugs, the primary one first. */
export type ArchivedLink = Decided & { kind: LinkKind; slugs: { slug: string; isOnOwnHost: boolean }[] };

/** The archived ones among these links. */
export async function listArchived(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<ArchivedLink[]> {
  return db
    .select({
      kind: links.kind,
      ...decidedColumns,
      slugs: sql<{ slug: string; isOnOwnHost: boolean }[]>`json_agg(
  json_build_object('slug', ${slugs.slug}, 'isOnOwnHost', ${domains.workspaceId} is null) order by ${slugs.kind} <> 'primary')`,
    })
    .from(links)
    .innerJoin(slugs, eq(slugs.linkId, links.id))
    .innerJoin(domains, eq(domains.id, slugs.domainId))
    .where(
      and(
        eq(links.workspaceId, workspaceId),
        inArray(links.id, [...linkIds]),
        isNotNull(links.archivedAt),
        isNull(links.deletedAt),
        ne(slugs.kind, 'retired'),
      ),
    )
    .groupBy(links.id);
}

/**
 * Opens a link again. Whether it may be opened is for refuseToRestore to say.
 * @throws NotFound
 */
export async function restoreLink(db: Db, workspaceId: string, by: Actor, linkId: string): Promise<Link> {
  return changeLink(db, workspaceId, by, linkId, { what: 'link.restored', set: { archivedAt: null } });
}

type Change = {
  what: Happened['what'];
  set: Partial<Decided> & { updatedAt?: Date; archivedAt?: SQL | null; campaignId?: SQL | null };
  tags?: readonly string[] | undefined;
  refuse?: ((now: Link) => void) | undefined;
};

async function changeLink(
  db: Db,
  workspaceId: string,
  by: Actor,
  linkId: string,
  { what, set, tags, refuse }: Change,
): Promise<Link> {
  return db.transaction(async (tx) => {
    await lockLinks(tx, isLink(workspaceId, linkId));
    const before = await getLink(tx, workspaceId, linkId);
    refuse?.(before);
    const plans = { ...(await changeSplit(tx, before, set)), ...(await changeRoutes(tx, before, set)) };
    await tx
      .update(links)
      .set({ ...set, ...plans })
      .where(isLink(workspaceId, linkId));
    if (tags) await setTagsOfLink(tx, workspaceId, by, linkId, tags);
    const link = await getLink(tx, workspaceId, linkId);
    const [told] = (await linksToTell(tx, [linkId])).values();
    await record(tx, by, workspaceId, {
      what,
      target: linkTarget(link),
      before: linkFields(before),
      after: linkFields(link),
      tells: told?.tells ?? [],
    });
    return link;
  });
}

/**
 * Deletes a link for good. Its row stays, so that reports can name it; its slugs become tombstones that answer 410 and
 * are never given to anybody again, because a printed link must not lead to a stranger.
 * @throws NotFound
 */
export async function removeLink(db: Db, workspaceId: string, by: Actor, linkId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await lockLinks(tx, isLink(workspaceId, linkId));
    const link = await getLink(tx, workspaceId, linkId);
    await tx.update(links).set({ deletedAt: sql`now()` }).where(isLink(workspaceId, linkId));
    const retired = await tx
      .update(slugs)
      .set({ kind: 'retired' })
      .where(eq(slugs.linkId, linkId))
      .returning({ domainId: slugs.domainId, slugKey: slugs.slugKey });
    await record(tx, by, workspaceId, {
      what: 'link.deleted',
      target: linkTarget(link),
      before: linkFields(link),
      tells: retired.map((slug) => ({ kind: 'slug', ...slug })),
    });
  });
}
