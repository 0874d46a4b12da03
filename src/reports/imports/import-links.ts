import { eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { links, slugs } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { newId } from '../../ground/text/id.ts';
import { claimRandomSlug } from '../../links/links/claim.ts';
import { readDestination } from '../../ground/addresses/destination.ts';
import { isDrawn } from '../../ground/addresses/slug.ts';
import { cellRefused } from './hits-file.ts';
import {
  findSlugs,
  type Hosts,
  insertSlug,
  slugPlaceKey,
  slugPlaceOf,
  placeOfLink,
  readCell,
  type SlugPlace,
} from './import-places.ts';

/** Links and slugs that are looked at together. */
const pageSize = 1_000;

type NamedLink = {
  link_id: string;
  line: number;
  /** Milliseconds since 1970. */
  first_hit_at: number;
  short_link: string | null;
  destination: string | null;
  /** The slug of its QR code, where one of its hits came by it. */
  qr_id: string | null;
  qr_line: number | null;
  qr_domain: string | null;
  qr_slug: string | null;
  /** The id of the slug in the short link, where one of its hits came by it. */
  slug_id: string | null;
  /** Deleting a link retires all of its slugs, and nothing else does. */
  is_deleted: boolean;
};

/**
 * Finds the links of the staged hits, by id and then by short link, and makes those that are missing: archived, so that
 * a file of hits never opens a way to somewhere, and deleted where they were. `imported_links.target` is their id here.
 * @returns how many were made
 * @throws Invalid with the line of a link that is another workspace's, that has the short link of another one of the file,
 * or that cannot be made
 */
export async function matchLinks(tx: Db, workspaceId: string, by: Actor, hosts: Hosts, now: Date): Promise<number> {
  await tx.execute(sql`
create temporary table imported_links on commit drop as
select l.*, q.slug_id as qr_id, q.domain as qr_domain, q.slug as qr_slug, null::text as target
from (
  select link_id, min(line) as line, (extract(epoch from min(time)) * 1000)::float8 as first_hit_at,
         min(short_link) as short_link, min(destination) as destination,
         min(slug_id) filter (where domain || '/' || slug = short_link) as slug_id,
         coalesce(bool_and(slug_kind = 'retired'), false) as is_deleted, min(line) filter (where slug_kind = 'qr') as qr_line
  from imported
  group by link_id
) l
left join imported q on q.line = l.qr_line`);
  await tx.execute(sql`alter table imported_links add primary key (link_id)`);
  const made = new Set<string>();
  for await (const page of pagesOf<NamedLink>(tx, 'imported_links', 'link_id')) {
    const ids = page.map((link) => link.link_id);
    const there = await tx.select({ id: links.id, owner: links.workspaceId }).from(links).where(inArray(links.id, ids));
    const targets = ownAmong(page, 'link_id', there, workspaceId);
    const wanted = page.filter((link) => !targets.has(link.link_id));
    const places = wanted.map(({ line, short_link }) => placeOfLink(hosts, line, short_link));
    const taken = await findSlugs(tx, places);
    const happened: Happened[] = [];
    for (const [index, link] of wanted.entries()) {
      const place = places[index];
      const holder = place && taken.get(slugPlaceKey(place));
      if (holder && holder.workspaceId !== workspaceId)
        throw cellRefused(link.line, 'short_link', link.short_link ?? '', 'is a link of another workspace');
      if (holder && made.has(holder.linkId)) throw namedTwice(link);
      targets.set(link.link_id, holder?.linkId ?? link.link_id);
      if (holder) continue;
      happened.push(await insertNamedLink(tx, workspaceId, by, link, place, hosts, now));
      made.add(link.link_id);
    }
    await record(tx, by, workspaceId, ...happened);
    await setTargets(tx, 'imported_links', 'link_id', targets);
  }
  return made.size;
}

/**
 * Makes a link with its slug and the slug of its code: archived, or deleted as it was.
 * @returns its event
 */
async function insertNamedLink(
  tx: Db,
  workspaceId: string,
  by: Actor,
  link: NamedLink,
  place: SlugPlace | undefined,
  hosts: Hosts,
  now: Date,
): Promise<Happened> {
  const { link_id: id, line, short_link: shortLink, destination, is_deleted: isDeleted } = link;
  if (!place) throw cellRefused(line, 'short_link', shortLink ?? '', 'says too little to make this link');
  const url = readCell(line, 'destination', destination ?? '', readDestination);
  const createdAt = new Date(link.first_hit_at);
  const end = isDeleted ? { deletedAt: now } : { archivedAt: now };
  await tx.insert(links).values({ id, workspaceId, createdBy: by.userId, url, createdAt, updatedAt: now, ...end });
  const kind = isDeleted ? 'retired' : 'primary';
  const news = await insertSlug(tx, { id: link.slug_id ?? newId(), place, kind, linkId: id, createdAt });
  if (!news) {
    if ((await findSlugs(tx, [place])).size > 0) throw namedTwice(link);
    throw cellRefused(line, 'short_link', shortLink ?? '', 'has the slug_id of another slug');
  }
  const target = { id, name: shortLink ?? id };
  const happened = { what: 'link.created', target, after: { url, ...end } } as const;
  if (isDeleted) return { ...happened, tells: [news] };
  const code = link.qr_line === null ? undefined : slugPlaceOf(hosts, link.qr_line, link.qr_domain, link.qr_slug);
  const newsOfCode =
    (code && (await insertSlug(tx, { id: link.qr_id ?? newId(), place: code, kind: 'qr', linkId: id, createdAt }))) ??
    (await claimRandomSlug(tx, { domain: place.domain, linkId: id, kind: 'qr' }));
  return { ...happened, tells: [news, newsOfCode] };
}

const namedTwice = ({ line, short_link: shortLink }: NamedLink) =>
  cellRefused(line, 'short_link', shortLink ?? '', 'is named by two links');

type NamedSlug = {
  slug_id: string;
  link_id: string;
  link_name: string | null;
  line: number;
  domain: string | null;
  slug: string | null;
  slug_kind: string | null;
  /** Whether its link is. */
  is_open: boolean;
  is_deleted: boolean;
};

/**
 * Finds the slugs that were opened, by id and then by what they read, and makes those that are missing. At a link that is
 * archived they open when it is restored. At one that is open only codes do, which are printed and nobody's words; all
 * else that a file names is retired there, and at links that are deleted. `imported_slugs.target` is their id here.
 * @throws Invalid with the line of a slug that is another workspace's
 */
export async function matchSlugs(tx: Db, workspaceId: string, by: Actor, hosts: Hosts, now: Date): Promise<void> {
  await tx.execute(sql`
create temporary table imported_slugs on commit drop as
select i.slug_id, min(l.target) as link_id, min(l.short_link) as link_name, min(i.line) as line, min(i.domain) as domain, min(i.slug) as slug,
       min(i.slug_kind) as slug_kind, bool_or(k.archived_at is null) as is_open,
       bool_or(k.deleted_at is not null) as is_deleted, null::text as target
from imported i
join imported_links l on l.link_id = i.link_id
join links k on k.id = l.target
group by i.slug_id`);
  await tx.execute(sql`alter table imported_slugs add primary key (slug_id)`);
  for await (const page of pagesOf<NamedSlug>(tx, 'imported_slugs', 'slug_id')) {
    const ids = page.map((slug) => slug.slug_id);
    const there = await tx
      .select({ id: slugs.id, owner: links.workspaceId })
      .from(slugs)
      .innerJoin(links, eq(links.id, slugs.linkId))
      .where(inArray(slugs.id, ids));
    const targets = ownAmong(page, 'slug_id', there, workspaceId);
    const wanted = page.filter((slug) => !targets.has(slug.slug_id));
    const places = wanted.map(({ line, domain, slug }) => slugPlaceOf(hosts, line, domain, slug));
    const taken = await findSlugs(tx, places);
    const happened: Happened[] = [];
    for (const [index, named] of wanted.entries()) {
      const { slug_id: id, line, slug, link_id: linkId } = named;
      const place = places[index];
      const holder = place && taken.get(slugPlaceKey(place));
      if (holder && holder.workspaceId !== workspaceId)
        throw cellRefused(line, 'slug', slug ?? '', 'is a slug of another workspace');
      targets.set(id, holder?.id ?? id);
      if (holder || !place) continue;
      const mayOpen = !named.is_open || (named.slug_kind === 'qr' && isDrawn(place.slug));
      const isRetired = named.slug_kind === 'retired' || named.is_deleted || !mayOpen;
      const kind = isRetired ? 'retired' : 'alias';
      const news = await insertSlug(tx, { id, place, kind, linkId, createdAt: now });
      if (news) {
        const target = { id: linkId, name: named.link_name ?? linkId };
        happened.push({ what: 'link.changed', target, after: { [kind]: `${named.domain}/${slug}` }, tells: [news] });
      }
      // The next line may know the same slug by another id.
      taken.set(slugPlaceKey(place), { id, linkId, workspaceId });
    }
    await record(tx, by, workspaceId, ...happened);
    await setTargets(tx, 'imported_slugs', 'slug_id', targets);
  }
}

/** The links of a page that are there by their ids, as targets: each is itself. @throws Invalid with the line of another workspace's */
function ownAmong<Column extends 'link_id' | 'slug_id'>(
  page: readonly ({ line: number } & Record<Column, string>)[],
  column: Column,
  there: readonly { id: string; owner: string }[],
  workspaceId: string,
): Map<string, string> {
  const owners = new Map(there.map(({ id, owner }) => [id, owner]));
  const known = page.filter((row) => owners.has(row[column]));
  const strange = known.find((row) => owners.get(row[column]) !== workspaceId);
  if (strange) {
    const what = column === 'link_id' ? 'link' : 'slug';
    throw cellRefused(strange.line, column, strange[column], `is a ${what} of another workspace`);
  }
  return new Map(known.map((row) => [row[column], row[column]]));
}

/** The rows of a temporary table, in order of their id. */
async function* pagesOf<Row extends object>(
  tx: Db,
  table: string,
  idColumn: keyof Row & string,
): AsyncGenerator<Row[]> {
  for (let after = ''; ; ) {
    const found = await tx.execute(
      sql`select * from ${sql.identifier(table)} where ${sql.identifier(idColumn)} > ${after} order by 1 limit ${pageSize}`,
    );
    const rows = found.rows as Row[];
    const last = rows.at(-1);
    if (!last) return;
    after = String(last[idColumn]);
    yield rows;
  }
}

async function setTargets(
  tx: Db,
  table: string,
  idColumn: string,
  targets: ReadonlyMap<string, string>,
): Promise<void> {
  await tx.execute(sql`
update ${sql.identifier(table)} t set target = m.target
from unnest(${sql.param([...targets.keys()])}::text[], ${sql.param([...targets.values()])}::text[]) as m (id, target)
where t.${sql.identifier(idColumn)} = m.id`);
}
