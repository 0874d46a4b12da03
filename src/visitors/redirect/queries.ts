import { and, count, eq, gt, isNotNull, isNull, lte, ne, sql } from 'drizzle-orm';
import { isOwnNetworkOf } from '../machines/own-networks.ts';
import { openingColumns, opensOf, type OpensRow } from '../openings/list.ts';
import type { Plan } from '../routing/plan.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, links, slugs, workspaces } from '../../ground/db/schema.ts';
import type { CasePolicy } from '../../ground/addresses/slug.ts';
import { zoneOrUtc } from '../../ground/time/zoned-time.ts';
import { type Host, hostOf } from './host.ts';

const columns = {
  slugId: slugs.id,
  domainId: slugs.domainId,
  slug: slugs.slug,
  kind: slugs.kind,
  linkId: links.id,
  workspaceId: links.workspaceId,
  timeZone: workspaces.timeZone,
  ...openingColumns,
  linkVersion: links.version,
  clickIdName: links.clickIdName,
  createdAt: links.createdAt,
  archivedAt: links.archivedAt,
  workspaceDeletedAt: workspaces.deletedAt,
  ownNetworks: workspaces.ownNetworks,
};

// A list of networks is long beside a link: many links are read without it.
const { ownNetworks: _ownNetworks, ...columnsOfMany } = columns;

type Row = Pick<Plan, 'slugId' | 'slug' | 'domainId' | 'linkId' | 'workspaceId' | 'timeZone'> &
  OpensRow & {
    kind: string;
    linkVersion: number;
    clickIdName: string | null;
    createdAt: Date;
    archivedAt: Date | null;
    workspaceDeletedAt: Date | null;
    ownNetworks: string;
  };

/** The greatest that hits have room for; later ones are called so. */
const maxLinkVersion = 2 ** 15 - 1;

/** Links that are read at once when all of them are. */
const pageSize = 5_000;

/** @returns finds what a slug opens by one indexed query, prepared once: building it anew would cost more than running it */
export function preparePlanQuery(db: Db): (domainId: string, slugKey: string) => Promise<Plan | undefined> {
  const query = db
    .select(columns)
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .innerJoin(workspaces, eq(workspaces.id, links.workspaceId))
    .where(and(eq(slugs.domainId, sql.placeholder('domainId')), eq(slugs.slugKey, sql.placeholder('slugKey'))))
    .prepare('find-plan');
  return async (domainId, slugKey) => {
    const [row] = await query.execute({ domainId, slugKey });
    return row && planOf(row);
  };
}

/** The plan of a slug, as the database has it at this moment. */
export async function findPlanOf(db: Db, workspaceId: string, slugId: string): Promise<Plan | undefined> {
  const [row] = await db
    .select(columns)
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .innerJoin(workspaces, eq(workspaces.id, links.workspaceId))
    .where(and(eq(links.workspaceId, workspaceId), eq(slugs.id, slugId)));
  return row && planOf(row);
}

/**
 * Property by property: with `...row` V8 keeps each plan as a hash table, of 500 bytes instead of 112.
 * @param same a plan of the same link, to share what is of the link
 */
function planOf(row: Row, same?: Plan): Plan {
  const { slugId, slug, domainId, kind, workspaceId, archivedAt, workspaceDeletedAt } = row;
  return {
    slugId,
    slug,
    domainId,
    isQr: kind === 'qr',
    linkId: same?.linkId ?? row.linkId,
    createdAt: same?.createdAt ?? row.createdAt.getTime(),
    workspaceId,
    linkVersion: Math.min(row.linkVersion, maxLinkVersion),
    timeZone: same?.timeZone ?? zoneOrUtc(row.timeZone),
    clickIdName: same ? same.clickIdName : row.clickIdName,
    isOwnNetwork: isOwnNetworkOf(row.ownNetworks),
    endedBy: kind === 'retired' ? 'retired' : archivedAt ? 'archived' : workspaceDeletedAt ? 'deleted' : null,
    opens: same?.opens ?? opensOf(row),
  };
}

/** How many slugs are not retired, those of archived links among them: readActivePlans gives no more. */
export async function countActiveSlugs(db: Db): Promise<number> {
  const [row] = await db.select({ slugs: count() }).from(slugs).where(ne(slugs.kind, 'retired'));
  return row?.slugs ?? 0;
}

/**
 * Tells Postgres how the tables of links look, where it does not know: after a restore or a large import, before
 * autovacuum came by. Without that it would read all of them for each page of readActivePlans.
 */
export async function ensureStatistics(db: Db): Promise<void> {
  const { rowCount } = await db.execute(sql`
select 1 from pg_class c
join pg_stat_all_tables s on s.relid = c.oid
where c.oid in ('links'::regclass, 'slugs'::regclass, 'workspaces'::regclass)
  and (c.reltuples < 0 or s.n_mod_since_analyze > greatest(c.reltuples, 1000) / 2)`);
  if (rowCount) await db.execute(sql`analyze links, slugs, workspaces`);
}

/** The lists of networks that workspaces leave out, by workspace. */
async function readOwnNetworks(db: Db): Promise<Map<string, string>> {
  const { id, ownNetworks } = workspaces;
  const rows = await db.select({ id, ownNetworks }).from(workspaces).where(ne(ownNetworks, ''));
  return new Map(rows.map((row) => [row.id, row.ownNetworks]));
}

/**
 * Every slug of every active link, a page at a time. The slugs of a link follow each other and share what they can: most
 * links have two, and a million links are to fit into memory.
 */
export async function* readActivePlans(db: Db): AsyncGenerator<{ slugKey: string; plan: Plan }> {
  const texts = new Map<string, string>();
  let last: Plan | undefined;
  const networksOf = await readOwnNetworks(db);
  for (let from = ''; ; ) {
    const [edge] = await db
      .select({ id: links.id })
      .from(links)
      .where(gt(links.id, from))
      .orderBy(links.id)
      .offset(pageSize - 1)
      .limit(1);
    // The same range said of both tables, so that both are read through their index.
    const isOnPage = (id: typeof links.id | typeof slugs.linkId) => and(gt(id, from), edge && lte(id, edge.id));
    const rows = await db
      .select({ ...columnsOfMany, slugKey: slugs.slugKey })
      .from(slugs)
      .innerJoin(links, eq(links.id, slugs.linkId))
      .innerJoin(workspaces, eq(workspaces.id, links.workspaceId))
      .where(and(ne(slugs.kind, 'retired'), isNull(links.archivedAt), isOnPage(links.id), isOnPage(slugs.linkId)))
      .orderBy(slugs.linkId);
    for (const { slugKey, ...row } of rows) {
      const shared = {
        domainId: once(row.domainId),
        slug: row.slug === slugKey ? slugKey : row.slug,
        workspaceId: once(row.workspaceId),
        timeZone: once(row.timeZone),
        ownNetworks: networksOf.get(row.workspaceId) ?? '',
      };
      last = planOf({ ...row, ...shared }, last?.linkId === row.linkId ? last : undefined);
      yield { slugKey, plan: last };
    }
    if (!edge) return;
    from = edge.id;
  }

  /** The same string for equal ones: the driver makes each anew. */
  function once(text: string): string {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  }
}

const hostColumns = {
  domainId: domains.id,
  rootUrl: domains.rootUrl,
  notFoundUrl: domains.notFoundUrl,
  expiredUrl: domains.expiredUrl,
  brandName: domains.brandName,
  brandColor: domains.brandColor,
  redirectStatus: domains.redirectStatus,
  referrerPolicy: domains.referrerPolicy,
  isIndexed: domains.isIndexed,
  robotsTxt: domains.robotsTxt,
  appleAppSiteAssociation: domains.appleAppSiteAssociation,
  assetLinks: domains.assetLinks,
  logoHash: sql<string | null>`left(encode(sha256(${domains.logo}), 'hex'), 32)`,
  isCaseSensitive: domains.isCaseSensitive,
};

const isServed = and(isNotNull(domains.workspaceId), eq(domains.state, 'live'));

/** @returns the customer's domain that is served under that host name, by one indexed query */
export async function findHost(db: Db, hostname: string): Promise<Host | undefined> {
  const [row] = await db
    .select(hostColumns)
    .from(domains)
    .where(and(eq(domains.host, hostname), isServed));
  return row && hostOf(row);
}

/** The same by its id. */
export async function findHostOf(db: Db, domainId: string): Promise<Host | undefined> {
  const [row] = await db
    .select(hostColumns)
    .from(domains)
    .where(and(eq(domains.id, domainId), isServed));
  return row && hostOf(row);
}

/** The logo of a domain, and the hash that is its address. */
export async function findLogo(
  db: Db,
  domainId: string,
): Promise<{ bytes: Buffer; type: string; hash: string | null } | undefined> {
  const [row] = await db
    .select({ bytes: domains.logo, type: domains.logoType, hash: hostColumns.logoHash })
    .from(domains)
    .where(eq(domains.id, domainId));
  return row?.bytes && row.type ? { bytes: row.bytes, type: row.type, hash: row.hash } : undefined;
}

/** How a domain tells its slugs apart, by the primary key. */
export async function findCasePolicy(db: Db, domainId: string): Promise<CasePolicy | undefined> {
  const [policy] = await db
    .select({ isCaseSensitive: domains.isCaseSensitive })
    .from(domains)
    .where(eq(domains.id, domainId));
  return policy;
}

/** The names of all customers' domains that are served: one value, because a row for each would cost more than it says. */
export async function listHostNames(db: Db): Promise<string[]> {
  const [row] = await db
    .select({ names: sql<string | null>`string_agg(${domains.host}, ' ')` })
    .from(domains)
    .where(isServed);
  return row?.names?.split(' ') ?? [];
}

/** Every customer's domain that is served, by host name. */
export async function listHosts(db: Db): Promise<[hostname: string, host: Host][]> {
  const rows = await db
    .select({ ...hostColumns, hostname: domains.host })
    .from(domains)
    .where(isServed);
  return rows.map(({ hostname, ...row }) => [hostname, hostOf(row)]);
}
