import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { randomSlug } from '../../ground/addresses/slug.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, links } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { ownCampaign } from './campaigns.ts';
import { claimSlugs, type SlugSpace } from './claim.ts';
import { linkFields, linkTarget } from './link-events.ts';
import { getLinks, type Link, type NewLink } from './queries.ts';
import { settleRoutes } from '../splits/settle-routes.ts';
import { settleSplit } from '../splits/settle.ts';
import { tagLinks } from './tags.ts';

/**
 * Makes a link with its slug and the slug of its QR code.
 * @throws Invalid (field `domain`) when the domain is not the workspace's to use
 * @throws Conflict (field `slug`, code `slug_taken`) with a slug that is free
 */
export async function insertLink(db: Db, workspaceId: string, by: Actor, input: NewLink): Promise<Link> {
  const [link] = await insertLinks(db, workspaceId, by, [input]);
  if (!link) throw new Error('A link was made, and is not there.');
  return link;
}

/**
 * Makes links, all or none of them, in as many statements as one takes. Each makes an event of its own.
 * @returns the links in the order of the inputs
 * @throws as insertLink, and Refused where several slugs are taken
 */
export async function insertLinks(db: Db, workspaceId: string, by: Actor, inputs: readonly NewLink[]): Promise<Link[]> {
  return db.transaction(async (tx) => {
    const spaces = await holdDomains(tx, workspaceId, [...new Set(inputs.map(({ domainId }) => domainId))]);
    const made = inputs.map((input) => ({ input, linkId: newId() }));
    const plans = new Map<string, Pick<typeof links.$inferInsert, 'splitPlan' | 'routesPlan'>>();
    for (const { linkId: id, input } of made)
      if (input.split || input.routes)
        plans.set(id, {
          splitPlan: await settleSplit(tx, workspaceId, { id, ...input }, null),
          routesPlan: await settleRoutes(tx, { workspaceId, linkId: id }, input.routes ?? null, null),
        });
    await tx.insert(links).values(
      made.map(({ linkId, input }, index) => {
        const { slug: _slug, drawSlug: _draw, domainId: _domain, tags: _tags, campaignId = null, ...values } = input;
        const campaign = ownCampaign(workspaceId, campaignId);
        const { splitPlan = null, routesPlan = null } = plans.get(linkId) ?? {};
        const columns = { ...values, splitPlan, routesPlan };
        // Lists are by age, and show those of one request in their order.
        const createdAt = sql<Date>`now() - ${index}::int * interval '1 microsecond'`;
        return { id: linkId, workspaceId, createdAt, ...columns, createdBy: by.userId, campaignId: campaign };
      }),
    );
    await tagLinks(tx, workspaceId, by, new Map(made.map(({ linkId, input }) => [linkId, input.tags ?? []])));
    const wanted = made.flatMap(({ linkId, input: { slug, domainId, drawSlug: draw = randomSlug } }) => {
      const domain = spaces.get(domainId);
      if (!domain) return [];
      const both = { domain, linkId, draw };
      return [{ ...both, kind: 'primary', slug } as const, { ...both, kind: 'qr', slug: null } as const];
    });
    const tells = await claimSlugs(tx, workspaceId, wanted);
    const all = await getLinks(
      tx,
      workspaceId,
      made.map(({ linkId }) => linkId),
    );
    const happened = all.map((link, index) => ({
      what: 'link.created' as const,
      target: linkTarget(link),
      after: linkFields(link),
      tells: tells.slice(index * 2, index * 2 + 2),
    }));
    await record(tx, by, workspaceId, ...happened);
    return all;
  });
}

/**
 * Domains that the workspace may use, held until the slugs are in: their case policy stays as it is.
 * @throws Invalid (field `domain`) for another one
 */
async function holdDomains(tx: Db, workspaceId: string, ids: readonly string[]): Promise<Map<string, SlugSpace>> {
  const isUsable = or(isNull(domains.workspaceId), eq(domains.workspaceId, workspaceId));
  const held = await tx
    .select({ id: domains.id, isCaseSensitive: domains.isCaseSensitive })
    .from(domains)
    .where(and(inArray(domains.id, [...ids]), isUsable))
    .for('key share');
  if (held.length < ids.length)
    throw new Invalid('This domain is not yours to use.', { field: 'domain', code: 'domain_unknown' });
  return new Map(held.map((domain) => [domain.id, domain]));
}
