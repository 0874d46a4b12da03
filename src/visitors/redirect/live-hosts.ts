import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../../ground/text/errors.ts';
import { within } from '../../ground/time/within.ts';

/** A net below the announcements, should one be missed: the list is read again when a stranger asks and it is older. */
const maxAgeMs = 60_000;

/** How long a visitor of an unknown host waits for the list. */
const patienceMs = 3_000;

/** The same while the database did not answer lately. */
const awayPatienceMs = 250;

/** Pause between two tries to read the list. */
const retryMs = 200;

/** A host that an announcement named: until it is settled, memory does not know whether it is live. */
type News = { at: number; isSettled: boolean };

/**
 * The names of all live custom domains. The list is complete, so that a made-up host is known to be nobody's without a
 * question, and costs no memory. Whenever the list may be wrong it is read again, once for all who ask meanwhile: a
 * flood of made-up hosts is one query a minute. Times are of the clock that never jumps.
 */
export class LiveHosts {
  readonly #list: () => Promise<string[]>;
  #names = new Set<string>();
  /** When the question was asked whose answer the names are. */
  #askedAt = -Infinity;
  #distrustedAt = -Infinity;
  /** Announced since the list was read: the list may not know it yet. */
  readonly #news = new Map<string, News>();
  #loading: Promise<void> | undefined;
  #isAway = false;

  /** @param list reads all names; must end by itself */
  constructor(list: () => Promise<string[]>) {
    this.#list = list;
  }

  /** False for hosts that are nobody's, true for those to look up; undefined when the list has to be read first. */
  recall(hostname: string): boolean | undefined {
    if (this.#names.has(hostname) || this.#news.get(hostname)?.isSettled === false) return true;
    return this.#isFresh() ? false : undefined;
  }

  /**
   * The same, with the list read again where it has to be.
   * @throws Unavailable when the database does not answer and the host is not known to be live
   */
  async mayBeLive(hostname: string): Promise<boolean> {
    // An answer that was under way before the list was distrusted says nothing: a second one is asked for.
    for (let tries = 0; tries < 2; tries++) {
      const known = this.recall(hostname);
      if (known !== undefined) return known;
      await this.#waitForList();
    }
    const known = this.recall(hostname);
    if (known === undefined) throw new Unavailable();
    return known;
  }

  async #waitForList(): Promise<void> {
    try {
      await within(this.#isAway ? awayPatienceMs : patienceMs, this.load());
    } catch (error) {
      this.#isAway = true;
      throw new Unavailable({ cause: error });
    }
  }

  /** Reads the list; a question that is under way is shared. */
  load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** An announcement: whether this host is live has to be looked up. */
  doubt(hostname: string): void {
    this.#news.set(hostname, { at: performance.now(), isSettled: false });
  }

  /** Takes the result of a look-up that began at `askedAt`, unless something newer was announced. */
  settle(hostname: string, isLive: boolean, askedAt: number): void {
    const news = this.#news.get(hostname);
    if (news && news.at > askedAt) return;
    if (news) news.isSettled = true;
    if (isLive) this.#names.add(hostname);
    else this.#names.delete(hostname);
  }

  /** Announcements may have been missed: who is not on the list may be live. */
  distrust(): void {
    this.#distrustedAt = performance.now();
    this.#isAway = false;
  }

  #isFresh(): boolean {
    return this.#askedAt > this.#distrustedAt && performance.now() - this.#askedAt < maxAgeMs;
  }

  async #read(): Promise<void> {
    const askedAt = performance.now();
    try {
      const names = new Set(await this.#list());
      // The answer may not know of hosts that were announced meanwhile.
      for (const [hostname, { at }] of this.#news) {
        if (at < askedAt) this.#news.delete(hostname);
        else if (this.#names.has(hostname)) names.add(hostname);
        else names.delete(hostname);
      }
      this.#names = names;
      this.#askedAt = askedAt;
      this.#isAway = false;
    } catch (error) {
      this.#isAway = true;
      await sleep(retryMs, undefined, { ref: false });
      throw error;
    }
  }
}
