import { and, count, eq, gt, isNotNull, isNull, lte, ne, sql } from 'drizzle-orm';
import type { OpenedLink } from '../clicks/enrich.ts';
import { isOwnNetworkOf } from '../machines/own-networks.ts';
import { readUtm } from '../visits/utm.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, links, slugs, workspaces } from '../../ground/db/schema.ts';
import { locationOf, queryOf } from '../../ground/addresses/destination.ts';
import type { CasePolicy } from '../../ground/addresses/slug.ts';
import { zoneOrUtc } from '../../ground/time/zoned-time.ts';
import { type Host, hostOf } from './host.ts';

/** All that answering a visitor takes. */
export type Target = OpenedLink & {
  slug: string;
  url: string;
  /** The destination as a header may carry it. */
  location: string;
  createdAt: Date;
  /** `gone`: archived, retired, or its workspace is being deleted; 410. */
  state: 'active' | 'gone';
};

const columns = {
  slugId: slugs.id,
  domainId: slugs.domainId,
  slug: slugs.slug,
  kind: slugs.kind,
  linkId: links.id,
  workspaceId: links.workspaceId,
  timeZone: workspaces.timeZone,
  url: links.url,
  createdAt: links.createdAt,
  archivedAt: links.archivedAt,
  workspaceDeletedAt: workspaces.deletedAt,
  ownNetworks: workspaces.ownNetworks,
};

// A list of networks is long beside a link: many links are read without it.
const { ownNetworks: _ownNetworks, ...columnsOfMany } = columns;

type Row = Omit<Target, 'isQr' | 'location' | 'utm' | 'state' | 'isOwnNetwork'> & {
  kind: string;
  archivedAt: Date | null;
  workspaceDeletedAt: Date | null;
  ownNetworks: string;
};

/** Links that are read at once when all of them are. */
const pageSize = 5_000;

/** @returns finds what a slug opens by one indexed query, prepared once: building it anew would cost more than running it */
export function prepareTargetQuery(db: Db): (domainId: string, slugKey: string) => Promise<Target | undefined> {
  const query = db
    .select(columns)
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .innerJoin(workspaces, eq(workspaces.id, links.workspaceId))
    .where(and(eq(slugs.domainId, sql.placeholder('domainId')), eq(slugs.slugKey, sql.placeholder('slugKey'))))
    .prepare('find-target');
  return async (domainId, slugKey) => {
    const [row] = await query.execute({ domainId, slugKey });
    return row && targetOf(row);
  };
}

function targetOf(row: Row): Target {
  const { kind, archivedAt, workspaceDeletedAt, ownNetworks, ...target } = {
    ...row,
    timeZone: zoneOrUtc(row.timeZone),
  };
  const location = locationOf(row.url);
  return {
    ...target,
    isQr: kind === 'qr',
    location,
    utm: readUtm(queryOf(location)),
    isOwnNetwork: isOwnNetworkOf(ownNetworks),
    state: kind === 'retired' || archivedAt || workspaceDeletedAt ? 'gone' : 'active',
  };
}

/** How many slugs are not retired, those of archived links among them: readActiveTargets gives no more. */
export async function countActiveSlugs(db: Db): Promise<number> {
  const [row] = await db.select({ slugs: count() }).from(slugs).where(ne(slugs.kind, 'retired'));
  return row?.slugs ?? 0;
}

/**
 * Tells Postgres how the tables of links look, where it does not know: after a restore or a large import, before
 * autovacuum came by. Without that it would read all of them for each page of readActiveTargets.
 */
export async function ensureStatistics(db: Db): Promise<void> {
  const { rowCount } = await db.execute(sql`
select from pg_class c
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
export async function* readActiveTargets(db: Db): AsyncGenerator<{ slugKey: string; target: Target }> {
  const shared = new Map<string, string>();
  let last: Target | undefined;
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
      const own = {
        slugId: row.slugId,
        domainId: once(row.domainId),
        slug: row.slug === slugKey ? slugKey : row.slug,
        isQr: row.kind === 'qr',
      };
      if (last?.linkId !== row.linkId) {
        const ownNetworks = networksOf.get(row.workspaceId) ?? '';
        last = targetOf({ ...row, ownNetworks, workspaceId: once(row.workspaceId), timeZone: once(row.timeZone) });
        if (last.location === last.url) last.location = last.url;
      }
      last = { ...last, ...own };
      yield { slugKey, target: last };
    }
    if (!edge) return;
    from = edge.id;
  }

  /** The same string for equal ones: the driver makes each anew. */
  function once(text: string): string {
    const known = shared.get(text);
    if (known === undefined) shared.set(text, text);
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
