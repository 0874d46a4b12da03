import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import type { Announcement } from '../db/notify.ts';
import { domains, links, slugs, workspaces } from '../db/schema.ts';
import { locationOf, queryOf } from '../links/destination.ts';
import { slugKey } from '../links/slug.ts';
import { FreshCache } from './fresh-cache.ts';
import type { OpenedLink } from '../clicks/enrich.ts';
import { readUtm } from '../clicks/utm.ts';

/** All that answering a visitor takes. */
export type Target = OpenedLink & {
  slug: string;
  title: string | null;
  url: string;
  /** The destination as a header may carry it. */
  location: string;
  createdAt: Date;
  /** `gone`: archived or retired, 410. */
  state: 'active' | 'gone';
};

type TargetQuery = ReturnType<typeof prepareQuery>;

/** Links kept in memory, about 1 kB each. */
const maxTargets = 100_000;

/** Hosts kept in memory, the ones that are nobody's too, so that a flood of made-up hosts costs one query each. */
const maxHosts = 20_000;

/**
 * Finds what a slug opens: in memory, else by one indexed query. Unknown slugs are not remembered, so that a new link
 * works at once on every node (src/DECISIONS.md 10).
 */
export class Resolver {
  readonly #targets: FreshCache<Target>;
  readonly #hosts: FreshCache<{ domainId: string | null }>;

  constructor(db: Db) {
    const query = prepareQuery(db);
    this.#targets = new FreshCache(maxTargets, (key) => queryTarget(query, key));
    this.#hosts = new FreshCache(maxHosts, (hostname) => queryDomain(db, hostname));
  }

  /** A target that is in memory, so that the common redirect waits for nothing but its click. */
  recall(domainId: string, slug: string): Target | undefined {
    return this.#targets.recall(keyOf(domainId, slugKey(slug)));
  }

  /**
   * @returns the target, or undefined when nobody has that slug on that domain
   * @throws Unavailable when the database is away and the link is not in memory
   */
  findTarget(domainId: string, slug: string): Promise<Target | undefined> {
    return this.#targets.find(keyOf(domainId, slugKey(slug)));
  }

  /**
   * @returns the id of a customer's domain, or null when the host is nobody's
   * @throws Unavailable as above
   */
  async findDomain(hostname: string): Promise<string | null> {
    return (await this.#hosts.find(hostname))?.domainId ?? null;
  }

  /** Forgets what an announcement says has changed. */
  forget(announcement: Announcement): void {
    if (announcement.kind === 'slug') this.#targets.forget(keyOf(announcement.domainId, announcement.slugKey));
    else if (announcement.kind === 'domain') this.#hosts.forget(announcement.host);
    else this.#targets.distrust();
  }

  /** Announcements may have been missed. */
  distrust(): void {
    this.#targets.distrust();
    this.#hosts.distrust();
  }
}

const keyOf = (domainId: string, key: string): string => `${domainId}/${key}`;

/** One indexed query, prepared once: building it anew would cost more than running it. */
function prepareQuery(db: Db) {
  return db
    .select({
      slugId: slugs.id,
      slug: slugs.slug,
      kind: slugs.kind,
      linkId: links.id,
      workspaceId: links.workspaceId,
      timeZone: workspaces.timeZone,
      title: links.title,
      url: links.url,
      createdAt: links.createdAt,
      archivedAt: links.archivedAt,
    })
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .innerJoin(workspaces, eq(workspaces.id, links.workspaceId))
    .where(and(eq(slugs.domainId, sql.placeholder('domainId')), eq(slugs.slugKey, sql.placeholder('slugKey'))))
    .prepare('find-target');
}

async function queryTarget(query: TargetQuery, key: string): Promise<Target | undefined> {
  const slashAt = key.indexOf('/');
  const [row] = await query.execute({ domainId: key.slice(0, slashAt), slugKey: key.slice(slashAt + 1) });
  if (!row) return undefined;
  const { kind, archivedAt, ...target } = row;
  const location = locationOf(row.url);
  return {
    ...target,
    isQr: kind === 'qr',
    location,
    utm: readUtm(queryOf(location)),
    state: kind === 'retired' || archivedAt ? 'gone' : 'active',
  };
}

async function queryDomain(db: Db, hostname: string): Promise<{ domainId: string | null }> {
  const [row] = await db
    .select({ id: domains.id })
    .from(domains)
    .where(and(eq(domains.host, hostname), isNotNull(domains.workspaceId)));
  return { domainId: row?.id ?? null };
}
