import { eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { domains, slugs } from '../../ground/db/schema.ts';
import { type Decided, decidedOf } from './decided.ts';
import type { Happened } from '../../ground/events/happened.ts';

/** A link as its events name it: the way people call it. */
export const linkTarget = (link: { id: string; domain: string; slug: string }): Happened['target'] => ({
  id: link.id,
  name: `${link.domain}/${link.slug}`,
});

/** The same name, of a link `l` in a statement. */
export const linkName = sql`(
  select d.host || '/' || s.slug from slugs s join domains d on d.id = s.domain_id
  where s.link_id = l.id and s.kind = 'primary')`;

type Described = Decided & {
  tags: readonly { name: string }[];
  campaign: { id: string; name: string } | null;
  archivedAt: Date | null;
};

/** The fields of a link that its events keep. */
export const linkFields = (link: Described) => ({
  ...decidedOf(link),
  tags: link.tags.map(({ name }) => name),
  campaign: link.campaign,
  archivedAt: link.archivedAt,
});

/**
 * Links that change for their visitors, by id: how events name each, and all the slugs that it may be opened by, for
 * every node to look up anew.
 */
export async function linksToTell(
  tx: Db,
  linkIds: readonly string[],
): Promise<Map<string, { target: Happened['target']; tells: Announcement[] }>> {
  const rows = await tx
    .select({
      linkId: slugs.linkId,
      domainId: slugs.domainId,
      slugKey: slugs.slugKey,
      slug: slugs.slug,
      kind: slugs.kind,
      host: domains.host,
    })
    .from(slugs)
    .innerJoin(domains, eq(domains.id, slugs.domainId))
    .where(inArray(slugs.linkId, [...linkIds]));
  const links = new Map<string, { target: Happened['target']; tells: Announcement[] }>();
  for (const { linkId, domainId, slugKey, slug, kind, host } of rows) {
    const link = links.get(linkId) ?? { target: { id: linkId, name: '' }, tells: [] };
    link.tells.push({ kind: 'slug', domainId, slugKey });
    if (kind === 'primary') link.target.name = `${host}/${slug}`;
    links.set(linkId, link);
  }
  return links;
}
