import { eq, sql } from 'drizzle-orm';
import type { Db } from '../ground/db/db.ts';
import { domains } from '../ground/db/schema.ts';
import type { Actor } from '../ground/events/actor.ts';
import { record } from '../ground/events/record.ts';
import { newId } from '../ground/text/id.ts';
import { randomSlug, randomSlugLength } from '../ground/addresses/slug.ts';

/** A link with random slugs, as it stands in its row. */
export type ManyLink = {
  url: string;
  title: string;
  tagIds: readonly string[];
  campaignId: string | null;
  createdAt: Date;
};

export type MadeLink = { id: string; slugId: string; qrSlugId: string };

/** Links that one transaction writes. */
const linksAStep = 5_000;

/**
 * Makes links of random slugs by the thousand: a hundred times as quick as one by one. Neither destinations nor tags are
 * asked whether they may be.
 * @param onMade told how many there are
 * @returns in the order given
 */
export async function insertManyLinks(
  db: Db,
  workspaceId: string,
  by: Actor,
  domainId: string,
  links: readonly ManyLink[],
  onMade: (count: number) => void,
): Promise<MadeLink[]> {
  const made: MadeLink[] = [];
  for (let from = 0; from < links.length; from += linksAStep) {
    const step = links.slice(from, from + linksAStep);
    made.push(...(await db.transaction((tx) => insertStep(tx, workspaceId, by, domainId, step))));
    onMade(made.length);
  }
  return made;
}

async function insertStep(
  tx: Db,
  workspaceId: string,
  by: Actor,
  domainId: string,
  links: readonly ManyLink[],
): Promise<MadeLink[]> {
  const made = links.map(() => ({ id: newId(), slugId: newId(), qrSlugId: newId() }));
  const ids = made.map(({ id }) => id);
  const instants = links.map(({ createdAt }) => createdAt.toISOString());
  const column = (values: readonly (string | null)[], type = 'text') =>
    sql`${sql.param([...values])}::${sql.raw(type)}[]`;
  await tx.execute(sql`
insert into links (id, workspace_id, created_by, url, title, campaign_id, created_at, updated_at)
select id, ${workspaceId}, ${by.userId}, url, title, campaign_id, at, at
from unnest(${column(ids)}, ${column(links.map(({ url }) => url))}, ${column(links.map(({ title }) => title))},
  ${column(links.map(({ campaignId }) => campaignId))}, ${column(instants, 'timestamptz')}) l (id, url, title, campaign_id, at)`);
  const tagged = links.flatMap(({ tagIds }, index) => tagIds.map((tagId) => ({ id: ids[index] ?? '', tagId })));
  await tx.execute(sql`
insert into link_tags (link_id, tag_id)
select * from unnest(${column(tagged.map(({ id }) => id))}, ${column(tagged.map(({ tagId }) => tagId))})`);
  let missing = made.flatMap(({ id, slugId, qrSlugId }, index) => [
    { id: slugId, linkId: id, kind: 'primary', at: instants[index] ?? '' },
    { id: qrSlugId, linkId: id, kind: 'qr', at: instants[index] ?? '' },
  ]);
  const slugs = new Map<string, string>();
  // Few are taken; those are drawn again, longer.
  for (let length = randomSlugLength; missing.length > 0; length++) {
    const { rows } = await tx.execute<{ id: string; slug: string }>(sql`
insert into slugs (id, domain_id, link_id, kind, slug, slug_key, created_at)
select id, ${domainId}, link_id, kind, slug, slug, at
from unnest(${column(missing.map(({ id }) => id))}, ${column(missing.map(({ linkId }) => linkId))},
  ${column(missing.map(({ kind }) => kind))}, ${column(missing.map(() => randomSlug(length)))},
  ${column(
    missing.map(({ at }) => at),
    'timestamptz',
  )}) s (id, link_id, kind, slug, at)
on conflict do nothing
returning id, slug`);
    for (const { id, slug } of rows) slugs.set(id, slug);
    missing = missing.filter(({ id }) => !slugs.has(id));
  }
  const [domain] = await tx.select({ host: domains.host }).from(domains).where(eq(domains.id, domainId));
  const happened = made.map(({ id, slugId }, index) => {
    const { url, title } = links[index] ?? {};
    const target = { id, name: `${domain?.host}/${slugs.get(slugId)}` };
    return { what: 'link.created', target, after: { url, title } } as const;
  });
  const [first, ...others] = happened;
  // One word for all of them: whoever looked for one of these slugs before looks again.
  if (first) await record(tx, by, workspaceId, { ...first, tells: [{ kind: 'case policy', domainId }] }, ...others);
  return made;
}
