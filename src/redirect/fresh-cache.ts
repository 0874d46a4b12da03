import { LRUCache } from 'lru-cache';
import { Unavailable } from '../errors.ts';

/** A net below the announcements, should one be missed: no answer is older than this while the database is there. */
const maxAgeMs = 60_000;

/** How long a visitor waits for the database where memory has an answer that may be old, in milliseconds. */
const patienceMs = 250;

/** How long a visitor waits where there is no other answer, in milliseconds. */
const lastPatienceMs = 3_000;

/** After the database kept a visitor waiting, old answers are given without asking for so long, in milliseconds. */
const pauseMs = 1_000;

/**
 * Answers from memory while they are fresh, else from `load`; from memory at any age while `load` fails or takes too
 * long. Misses that are under way are shared. What is not there (undefined) is not remembered.
 */
export class FreshCache<Value extends object> {
  readonly #entries: LRUCache<string, { value: Value; loadedAt: number }>;
  readonly #underWay = new Map<string, Promise<Value | undefined>>();
  readonly #load: (key: string) => Promise<Value | undefined>;
  #freshSince = 0;
  #pausedUntil = 0;

  constructor(max: number, load: (key: string) => Promise<Value | undefined>) {
    this.#entries = new LRUCache({ max });
    this.#load = load;
  }

  /** What is in memory and fresh; no turn of the event loop is needed to find it. */
  recall(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.loadedAt >= Math.max(this.#freshSince, Date.now() - maxAgeMs) ? entry.value : undefined;
  }

  /** @throws Unavailable when neither the database nor memory has an answer */
  async find(key: string): Promise<Value | undefined> {
    const fresh = this.recall(key);
    if (fresh) return fresh;
    const old = this.#entries.get(key)?.value;
    const isPaused = Date.now() < this.#pausedUntil;
    if (old && isPaused) return old;
    try {
      return await within(old || isPaused ? patienceMs : lastPatienceMs, this.#shared(key));
    } catch (error) {
      this.#pausedUntil = Date.now() + pauseMs;
      if (old) return old;
      throw new Unavailable({ cause: error });
    }
  }

  /** Forgets one entry for good. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#underWay.delete(key);
  }

  /** What is remembered may be old: it is asked for again, and serves only where there is no answer. */
  distrust(): void {
    this.#freshSince = Date.now() + 1;
    this.#underWay.clear();
  }

  remember(key: string, value: Value): void {
    this.#entries.set(key, { value, loadedAt: Date.now() });
  }

  #shared(key: string): Promise<Value | undefined> {
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const load = this.#load(key)
      .then((value) => {
        // Whoever changed it meanwhile has taken the promise away: what was read may be old and is not kept.
        if (this.#underWay.get(key) === load) {
          if (value) this.remember(key, value);
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
