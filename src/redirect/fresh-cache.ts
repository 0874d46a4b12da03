import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Unavailable } from '../errors.ts';

/** A net below the announcements, should one be missed: no answer is older than this while the database is there. */
const maxAgeMs = 60_000;

/** How long a visitor waits for the database where memory has an old answer, or nobody got one lately, in milliseconds. */
const patienceMs = 250;

/** How long a visitor waits where there is no other answer, in milliseconds. */
const lastPatienceMs = 3_000;

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
  #freshSince = -Infinity;
  /** The last question had no answer. Until one has, old answers are given at once. */
  #isAway = false;
  #isProbing = false;

  /**
   * @param max how many answers are kept
   * @param bytes how large all of them may be together, where their sizes differ much
   */
  constructor(
    max: number,
    load: (key: string) => Promise<Value | undefined>,
    bytes?: { max: number; of: (value: Value) => number },
  ) {
    this.#entries = new LRUCache({
      max,
      ...(bytes && { maxSize: bytes.max, sizeCalculation: ({ value }) => bytes.of(value) }),
    });
    this.#load = load;
  }

  /** What is in memory and fresh; no turn of the event loop is needed to find it. */
  recall(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.loadedAt > Math.max(this.#freshSince, performance.now() - maxAgeMs) ? entry.value : undefined;
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

  /** What is remembered may be old: it is asked for again, and serves only where there is no answer. */
  distrust(isMeant?: (value: Value, key: string) => boolean): void {
    this.#underWay.clear();
    this.#isAway = false; // that is to be asked again as well
    if (!isMeant) this.#freshSince = performance.now();
    else for (const [key, entry] of this.#entries.entries()) if (isMeant(entry.value, key)) entry.loadedAt = -Infinity;
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
        // Whoever changed it meanwhile has taken the promise away: what was read may be old and is not kept.
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

/** @throws when the promise takes longer, in milliseconds; it goes on all the same */
async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
