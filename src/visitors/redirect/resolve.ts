import { maxTyped } from '../../ground/text/composed.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { slugKey } from '../../ground/addresses/slug.ts';
import { FreshCache, usualMaxAgeMs } from './fresh-cache.ts';
import type { Host } from './host.ts';
import { LiveHosts } from './live-hosts.ts';
import { findCasePolicy, findHost, listHostNames, listHosts, preparePlanQuery, readActivePlans } from './queries.ts';
import type { Plan } from '../routing/plan.ts';

/** As usualMaxAgeMs, while announcements do not arrive. */
const deafAgeMs = 3_000;

/** Links kept in memory beyond those that are loaded at start, about 0.7 kB each. */
const maxPlans = 100_000;

/** Live hosts kept in memory with their settings. Hosts that are nobody's take no room here: see live-hosts.ts. */
const maxHosts = 20_000;

/** All of them together: the files of a host take up to 210 kB, and somebody may have many. */
const maxHostBytes = 50_000_000;

/** A domain, and how it tells its slugs apart. */
type SlugSpace = Pick<Host, 'domainId' | 'isCaseSensitive'>;

/**
 * Finds the plan of a slug: in memory, else by one indexed query. Unknown slugs are not remembered, so that a new link
 * works at once on every node (src/DECISIONS.md 10).
 */
export class Resolver {
  readonly #db: Db;
  readonly #plans: FreshCache<Plan>;
  readonly #hosts: FreshCache<Host>;
  readonly #liveHosts: LiveHosts;

  /** @param loaded how many slugs `warm` will load; there is room for others besides them */
  constructor(db: Db, loaded = 0) {
    this.#db = db;
    const findPlan = preparePlanQuery(db);
    this.#plans = new FreshCache(
      maxPlans + loaded,
      (key) => {
        const slashAt = key.indexOf('/');
        return findPlan(key.slice(0, slashAt), key.slice(slashAt + 1));
      },
      { groups: ['domainId', 'workspaceId'] },
    );
    this.#hosts = new FreshCache(maxHosts, (hostname) => findHost(db, hostname), {
      bytes: { max: maxHostBytes, of: bytesOf },
    });
    this.#liveHosts = new LiveHosts(() => listHostNames(db));
  }

  /** Takes every active link and every host into memory, for the time when the database is away (LINK_CACHE=warm). */
  async warm(db: Db, signal?: AbortSignal): Promise<void> {
    for await (const { slugKey: key, plan } of readActivePlans(db)) {
      signal?.throwIfAborted();
      this.#plans.keep(keyOf(plan.domainId, key), plan);
    }
    for (const [hostname, host] of await listHosts(db)) this.#hosts.keep(hostname, host);
  }

  /** Reads which hosts are live, so that no stranger has to wait for it. */
  loadHosts(): Promise<void> {
    return this.#liveHosts.load();
  }

  /** A plan that is in memory, so that the common redirect waits for nothing but its click. */
  recall(host: SlugSpace, slug: string): Plan | undefined {
    if (!isPossible(slug)) return undefined;
    return this.#plans.recall(keyOf(host.domainId, slugKey(slug, host)));
  }

  /** Whether a plan is in memory, at any age. */
  remembers(host: SlugSpace, slug: string): boolean {
    return isPossible(slug) && this.#plans.peek(keyOf(host.domainId, slugKey(slug, host))) !== undefined;
  }

  /**
   * @returns the plan, or undefined when nobody has that slug on that domain
   * @throws Unavailable when the database is away and the link is not in memory
   */
  async findPlan(host: SlugSpace, slug: string): Promise<Plan | undefined> {
    if (!isPossible(slug)) return undefined;
    const plan = await this.#plans.find(keyOf(host.domainId, slugKey(slug, host)));
    return plan ?? this.#findAfterSwitch(host, slug);
  }

  /** Until this node has heard that a case policy was switched, it looks under the other key: nobody is to miss a link. */
  async #findAfterSwitch({ domainId, isCaseSensitive }: SlugSpace, slug: string): Promise<Plan | undefined> {
    const [folded, exact] = [slugKey(slug, { isCaseSensitive: false }), slugKey(slug, { isCaseSensitive: true })];
    if (folded === exact) return undefined;
    const policy = await findCasePolicy(this.#db, domainId);
    if (!policy || policy.isCaseSensitive === isCaseSensitive) return undefined;
    return this.#plans.find(keyOf(domainId, slugKey(slug, policy)));
  }

  /** A customer's domain that is in memory; null for a host that is nobody's, undefined when memory does not say. */
  recallHost(hostname: string): Host | null | undefined {
    return this.#hosts.recall(hostname) ?? (this.#liveHosts.recall(hostname) === false ? null : undefined);
  }

  /**
   * Asks the database for a host that is live or was announced, and for no other.
   * @returns a customer's domain, or null when the host is nobody's
   * @throws Unavailable as above
   */
  async findHost(hostname: string): Promise<Host | null> {
    const known = this.recallHost(hostname);
    if (known !== undefined) return known;
    if (!(await this.#liveHosts.mayBeLive(hostname))) return null;
    const askedAt = performance.now();
    const host = await this.#hosts.find(hostname);
    this.#liveHosts.settle(hostname, host !== undefined, askedAt);
    return host ?? null;
  }

  /** Forgets what an announcement says has changed. */
  forget(announcement: Announcement): void {
    if (announcement.kind === 'slug') this.#plans.forget(keyOf(announcement.domainId, announcement.slugKey));
    else if (announcement.kind === 'domain') {
      this.#hosts.forget(announcement.host);
      this.#liveHosts.doubt(announcement.host);
    } else if (announcement.kind === 'case policy') this.#plans.distrustGroup(announcement.domainId);
    else if (announcement.kind === 'workspace') this.#plans.distrustGroup(announcement.workspaceId);
  }

  /** False while announcements do not arrive: then nothing in memory is trusted for long. */
  set hearsOfChanges(hears: boolean) {
    for (const cache of [this.#plans, this.#hosts]) cache.maxAgeMs = hears ? usualMaxAgeMs : deafAgeMs;
  }

  /** Announcements may have been missed. */
  distrust(): void {
    this.#plans.distrust();
    this.#hosts.distrust();
    this.#liveHosts.distrust();
  }
}

/** Of a host without files, about. */
const hostBytes = 1_000;

const bytesOf = ({ robotsTxt, appleAppSiteAssociation, assetLinks }: Host): number =>
  [robotsTxt, appleAppSiteAssociation, assetLinks].reduce((sum, file) => sum + (file?.length ?? 0), hostBytes);

/**
 * Whether somebody can have it. Postgres refuses a NUL. What is longer is not even made equal in form: what 16 kB of marks
 * on one letter cost would stop redirects.
 */
const isPossible = (slug: string): boolean => slug.length <= maxTyped && !slug.includes('\0');

const keyOf = (domainId: string, key: string): string => `${domainId}/${key}`;
