import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Unavailable } from '../../ground/text/errors.ts';
import { within } from '../../ground/time/within.ts';

/** A net below the announcements, should one be missed: no answer is older than this while the database is there. */
export const usualMaxAgeMs = 60_000;

/** How long a visitor waits for the database where memory has an old answer, or nobody got one lately, in milliseconds. */
const patienceMs = 250;

/** How long a visitor waits where there is no other answer, in milliseconds. */
const lastPatienceMs = 3_000;

/** Groups of answers that were distrusted, of which we know when, about 150 bytes each. */
const maxGroups = 10_000;

/** Pause between two looks whether the database is back, in milliseconds. */
const probeMs = 200;

type Entry<Value> = { value: Value; loadedAt: number };

/**
 * Answers from memory while they are fresh, else from `load`; from memory at any age while `load` fails or takes too
 * long. Misses that are under way are shared, so `load` must end by itself. What is not there (undefined) is not
 * remembered.
 * Ages are told by the clock that never jumps.
 */
export class FreshCache<Value extends object> {
  readonly #entries: LRUCache<string, Entry<Value>>;
  readonly #underWay = new Map<string, Promise<Value | undefined>>();
  readonly #load: (key: string) => Promise<Value | undefined>;
  readonly #groups: readonly (keyof Value)[];
  /** How old an answer may be, in milliseconds. */
  maxAgeMs = usualMaxAgeMs;
  #freshSince = -Infinity;
  /** The same of single groups, in order. */
  readonly #groupFreshSince = new Map<unknown, number>();
  /** The last question had no answer. Until one has, old answers are given at once. */
  #isAway = false;
  #isProbing = false;

  /**
   * @param max how many answers are kept
   * @param groups properties of an answer by which several are distrusted at once
   * @param bytes how large all of them may be together, where their sizes differ much
   */
  constructor(
    max: number,
    load: (key: string) => Promise<Value | undefined>,
    {
      groups = [],
      bytes,
    }: { groups?: readonly (keyof Value)[]; bytes?: { max: number; of: (value: Value) => number } } = {},
  ) {
    this.#entries = new LRUCache({
      max,
      ...(bytes && { maxSize: bytes.max, sizeCalculation: ({ value }) => bytes.of(value) }),
    });
    this.#load = load;
    this.#groups = groups;
  }

  /** An answer that is in memory and fresh; no turn of the event loop is needed to find it. */
  recall(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#isFresh(entry) ? entry.value : undefined;
  }

  /** An answer in memory, at any age. */
  peek(key: string): Value | undefined {
    return this.#entries.peek(key)?.value;
  }

  #isFresh({ value, loadedAt }: Entry<Value>): boolean {
    if (loadedAt <= Math.max(this.#freshSince, performance.now() - this.maxAgeMs)) return false;
    for (const group of this.#groups)
      if (loadedAt <= (this.#groupFreshSince.get(value[group]) ?? -Infinity)) return false;
    return true;
  }

  /** @throws Unavailable when neither the database nor memory has an answer */
  async find(key: string): Promise<Value | undefined> {
    const fresh = this.recall(key);
    if (fresh) return fresh;
    const old = this.#entries.get(key)?.value;
    if (old && this.#isAway) {
      void this.#probe(key);
      return old;
    }
    try {
      return await this.#ask(key, old || this.#isAway ? patienceMs : lastPatienceMs);
    } catch (error) {
      // Unless it was forgotten meanwhile: then it is known to be wrong.
      if (old && this.#entries.has(key)) return old;
      throw new Unavailable({ cause: error });
    }
  }

  /** Forgets one entry for good. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#underWay.delete(key);
  }

  /** Distrusts all answers: each is asked for again, and an old one serves only where there is no new one. */
  distrust(): void {
    this.#becomeOld();
    this.#freshSince = performance.now();
  }

  /** The same of those answers that have this value in one of the groups. It takes no longer where many are remembered. */
  distrustGroup(group: Value[keyof Value]): void {
    this.#becomeOld();
    this.#groupFreshSince.delete(group);
    this.#groupFreshSince.set(group, performance.now());
    if (this.#groupFreshSince.size <= maxGroups) return;
    // The one that is let go takes all along that were loaded before; mostly they are too old by now.
    const [[oldest, since] = []] = this.#groupFreshSince;
    this.#groupFreshSince.delete(oldest);
    this.#freshSince = Math.max(this.#freshSince, since ?? -Infinity);
  }

  #becomeOld(): void {
    this.#underWay.clear();
    this.#isAway = false; // that is to be asked again as well
  }

  async #ask(key: string, patience: number): Promise<Value | undefined> {
    try {
      const value = await within(patience, this.#shared(key));
      this.#isAway = false;
      return value;
    } catch (error) {
      this.#isAway = true;
      throw error;
    }
  }

  /** Looks whether the database is back, one visitor's question at a time. */
  async #probe(key: string): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    await this.#ask(key, lastPatienceMs).catch(() => sleep(probeMs, undefined, { ref: false }));
    this.#isProbing = false;
  }

  /** Keeps what may be old already: it serves while the database is away, and is asked for again while it is there. */
  keep(key: string, value: Value): void {
    if (!this.#entries.has(key)) this.#entries.set(key, { value, loadedAt: -Infinity });
  }

  #shared(key: string): Promise<Value | undefined> {
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const load = this.#load(key)
      .then((value) => {
        // A change meanwhile has taken the promise away: the answer may be old and is not kept.
        if (this.#underWay.get(key) === load) {
          if (value) this.#entries.set(key, { value, loadedAt: performance.now() });
          else this.#entries.delete(key);
        }
        return value;
      })
      .finally(() => {
        if (this.#underWay.get(key) === load) this.#underWay.delete(key);
      });
    this.#underWay.set(key, load);
    return load;
  }
}
