import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Db } from '../db/db.ts';
import type { Announcement } from '../db/notify.ts';
import { domains, links, slugs, workspaces } from '../db/schema.ts';
import { locationOf, queryOf } from '../links/destination.ts';
import { slugKey } from '../links/slug.ts';
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

/** A net below the announcements, should one be missed: no edit is older than this anywhere. */
const maxAgeMs = 60_000;

/** Hosts kept in memory, the ones that are nobody's too, so that a flood of made-up hosts costs one query each. */
const maxHosts = 20_000;

/**
 * Finds what a slug opens: in memory, else by one indexed query. Misses that are under way are shared; unknown slugs
 * are not remembered, so that a new link works at once on every node (src/DECISIONS.md 7).
 */
export class Resolver {
  readonly #db: Db;
  readonly #query: TargetQuery;
  readonly #targets = new LRUCache<string, Target>({ max: maxTargets, ttl: maxAgeMs, ttlResolution: 1_000 });
  readonly #hosts = new LRUCache<string, { domainId: string | null }>({ max: maxHosts, ttl: maxAgeMs });
  readonly #underWay = new Map<string, Promise<Target | undefined>>();

  constructor(db: Db) {
    this.#db = db;
    this.#query = prepareQuery(db);
  }

  /** A target that is in memory; the redirect then needs no turn of the event loop to find it. */
  recall(domainId: string, slug: string): Target | undefined {
    return this.#targets.get(`${domainId}/${slugKey(slug)}`);
  }

  /** @returns the target, or undefined when nobody has that slug on that domain */
  async findTarget(domainId: string, slug: string): Promise<Target | undefined> {
    const key = `${domainId}/${slugKey(slug)}`;
    const known = this.#targets.get(key) ?? this.#underWay.get(key);
    if (known) return known;
    const load = queryTarget(this.#query, domainId, slugKey(slug))
      .then((target) => {
        // Whoever changed it meanwhile has taken the entry away: what was read may be old and is not kept.
        if (target && this.#underWay.get(key) === load) this.#targets.set(key, target);
        return target;
      })
      .finally(() => {
        if (this.#underWay.get(key) === load) this.#underWay.delete(key);
      });
    this.#underWay.set(key, load);
    return load;
  }

  /** @returns the id of a customer's domain, or null when the host is nobody's */
  async findDomain(hostname: string): Promise<string | null> {
    const known = this.#hosts.get(hostname);
    if (known) return known.domainId;
    const [row] = await this.#db
      .select({ id: domains.id })
      .from(domains)
      .where(and(eq(domains.host, hostname), isNotNull(domains.workspaceId)));
    this.#hosts.set(hostname, { domainId: row?.id ?? null });
    return row?.id ?? null;
  }

  /** Forgets what an announcement says has changed. */
  forget(announcement: Announcement): void {
    if (announcement.kind === 'slug') {
      const key = `${announcement.domainId}/${announcement.slugKey}`;
      this.#targets.delete(key);
      this.#underWay.delete(key);
    } else if (announcement.kind === 'domain') this.#hosts.delete(announcement.host);
    else this.forgetAll();
  }

  /** Forgets everything: announcements may have been missed. */
  forgetAll(): void {
    this.#targets.clear();
    this.#hosts.clear();
    this.#underWay.clear();
  }
}

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

async function queryTarget(query: TargetQuery, domainId: string, key: string): Promise<Target | undefined> {
  const [row] = await query.execute({ domainId, slugKey: key });
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
