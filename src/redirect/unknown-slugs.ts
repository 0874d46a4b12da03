import { LRUCache } from 'lru-cache';
import { networkOf } from '../network.ts';

/** More unknown slugs than this within the window are guesses, not typing errors. */
const maxUnknown = 100;

const windowMs = 60_000;

/** Networks kept in mind, about 200 bytes each; a flood of new ones pushes out those that are quiet. */
const maxNetworks = 20_000;

type Count = { unknown: number; endsAt: number };

/**
 * Counts the slugs that nobody has, by the network that asked for them, so that guessing gets dull answers soon.
 * Only unknown slugs are counted and only they are refused: a link that exists always opens, for everybody.
 */
export class UnknownSlugs {
  readonly #counts = new LRUCache<string, Count>({ max: maxNetworks });

  /**
   * Counts one more unknown slug.
   * @param now milliseconds since 1970
   * @returns how many seconds this network is to wait; 0 while it is within the limit
   */
  count(address: string, now: number): number {
    const network = networkOf(address);
    let count = this.#counts.get(network);
    // A clock that was set back must not prolong a window.
    if (!count || now >= count.endsAt || now < count.endsAt - windowMs) {
      count = { unknown: 0, endsAt: now + windowMs };
      this.#counts.set(network, count);
    }
    count.unknown++;
    return count.unknown > maxUnknown ? Math.ceil((count.endsAt - now) / 1_000) : 0;
  }
}
