import { randomBytes } from 'node:crypto';
import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { domains, links, slugs } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { AppError, Invalid } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import type { SlugSpace } from '../../links/links/claim.ts';
import { readSlug, slugKey } from '../../ground/addresses/slug.ts';
import type { HitColumn } from '../exports/hits-csv.ts';
import { cellRefused } from './hits-file.ts';

/** More than a workspace's hits can name. */
const maxHosts = 500;

const hostName = /^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/;

/** The domains that a file names, by host. */
export type Hosts = ReadonlyMap<string, SlugSpace>;

/**
 * Finds the domains that the staged hits name, and writes them to the temporary table `imported_domains`. A host that the
 * workspace does not have is kept as a removed domain of it, which comes back with its slugs once it is claimed.
 */
export async function matchDomains(tx: Db, workspaceId: string, by: Actor): Promise<Hosts> {
  const { rows: named } = await tx.execute<{ host: string; line: number; column: HitColumn }>(sql`
select distinct on (host) host, line, "column" from (
  select domain as host, min(line) as line, 'domain' as "column" from imported group by 1
  union all
  select split_part(short_link, '/', 1), min(line), 'short_link' from imported group by 1
) n
where host is not null
order by host, line
limit ${maxHosts + 1}`);
  if (named.length > maxHosts) throw new Invalid(`The file names more than ${maxHosts} domains.`);
  for (const { host, line, column } of named)
    if (!hostName.test(host)) throw cellRefused(line, column, host, 'begins with no host');
  const names = named.map(({ host }) => host);
  const isUsable = or(isNull(domains.workspaceId), eq(domains.workspaceId, workspaceId));
  const known = await tx
    .select({ id: domains.id, host: domains.host, isCaseSensitive: domains.isCaseSensitive })
    .from(domains)
    .where(and(isUsable, inArray(domains.host, names)))
    .orderBy(sql`${domains.workspaceId} is null`)
    // How slugs are told apart must not change before they are in.
    .for('key share');
  const hosts = new Map<string, SlugSpace>(known.map((domain) => [domain.host, domain]));
  const made: Happened[] = [];
  for (const host of names.filter((name) => !hosts.has(name))) {
    const domain = { id: newId(), isCaseSensitive: false };
    const proofToken = randomBytes(16).toString('hex');
    await tx.insert(domains).values({ ...domain, host, workspaceId, proofToken, state: 'removed' });
    hosts.set(host, domain);
    const target = { id: domain.id, name: host };
    made.push({ what: 'domain.created', target, after: { host, state: 'removed' } });
  }
  await record(tx, by, workspaceId, ...made);
  await tx.execute(sql`
create temporary table imported_domains on commit drop as
select * from unnest(${sql.param([...hosts.keys()])}::text[], ${sql.param([...hosts.values()].map(({ id }) => id))}::text[]) as d (host, id)`);
  return hosts;
}

/** The place of a slug: its domain, its text as typed, and its key there. */
export type SlugPlace = { domain: SlugSpace; slug: string; key: string };

export const slugPlaceKey = ({ domain, key }: SlugPlace) => `${domain.id}/${key}`;

export function placeOfLink(hosts: Hosts, line: number, shortLink: string | null): SlugPlace | undefined {
  if (shortLink === null) return undefined;
  const slash = shortLink.indexOf('/');
  if (slash < 0) throw cellRefused(line, 'short_link', shortLink, 'is no host and slug');
  return slugPlaceOf(hosts, line, shortLink.slice(0, slash), shortLink.slice(slash + 1), 'short_link');
}

/** The place of a slug; undefined for one that the file does not know. */
export function slugPlaceOf(
  hosts: Hosts,
  line: number,
  host: string | null,
  slug: string | null,
  column: HitColumn = 'slug',
): SlugPlace | undefined {
  const domain = host === null ? undefined : hosts.get(host);
  if (!domain || slug === null) return undefined;
  const read = readCell(line, column, slug, (typed) => readSlug(typed, () => false));
  return { domain, slug: read, key: slugKey(read, domain) };
}

/** Reads a cell as a form would; what it refuses, or would put right, is refused with its line. */
export function readCell(line: number, column: HitColumn, cell: string, read: (typed: string) => string): string {
  try {
    if (read(cell) === cell) return cell;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  throw cellRefused(line, column, cell, column === 'destination' ? 'is no destination' : 'is no slug');
}

type SlugHolder = { id: string; linkId: string; workspaceId: string };

/** The links that have slugs, by domain and key. */
export async function findSlugs(tx: Db, places: readonly (SlugPlace | undefined)[]): Promise<Map<string, SlugHolder>> {
  const asked = places.filter((place) => place !== undefined);
  const rows = await tx
    .select({
      id: slugs.id,
      linkId: slugs.linkId,
      workspaceId: links.workspaceId,
      domainId: slugs.domainId,
      key: slugs.slugKey,
    })
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .where(
      sql`(${slugs.domainId}, ${slugs.slugKey}) in (select * from unnest(
  ${sql.param(asked.map(({ domain }) => domain.id))}::text[], ${sql.param(asked.map(({ key }) => key))}::text[]))`,
    );
  return new Map(rows.map(({ domainId, key, ...holder }) => [`${domainId}/${key}`, holder]));
}

type NewSlug = Pick<typeof slugs.$inferSelect, 'id' | 'kind' | 'linkId' | 'createdAt'> & { place: SlugPlace };

/** @returns what every node is to be told with the link's event; undefined when somebody has it */
export async function insertSlug(tx: Db, { place, ...slug }: NewSlug): Promise<Announcement | undefined> {
  const { domain, slug: typed, key } = place;
  const inserted = await tx
    .insert(slugs)
    .values({ ...slug, domainId: domain.id, slug: typed, slugKey: key })
    .onConflictDoNothing()
    .returning({ id: slugs.id });
  return inserted.length > 0 ? { kind: 'slug', domainId: domain.id, slugKey: key } : undefined;
}
