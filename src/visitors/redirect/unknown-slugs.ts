import { hourlyCache } from '../../ground/time/hourly-cache.ts';
import { networkOf } from '../../ground/addresses/network.ts';

/** More unknown slugs than this within the window are guesses, not typing errors. */
const maxUnknown = 100;

const windowMs = 60_000;

/** Networks kept in mind, about 200 bytes each; a flood of new ones pushes out those that are quiet. */
const maxNetworks = 20_000;

type Count = { unknown: number; underWay: number; endsAt: number };

/**
 * Counts the slugs that nobody has, by the network that asked for them, so that guessing gets dull answers soon. Only
 * unknown slugs are counted. A link in memory opens for everybody; a network beyond the limit has one look for another
 * under way at most, so that guesses do not keep the database from all others.
 */
export class UnknownSlugs {
  readonly #counts = hourlyCache<Count>(maxNetworks);

  /**
   * Looks for a slug that is not in memory.
   * @param now milliseconds since 1970
   * @returns what was found, else how many seconds this network is to wait; 0 while it is within the limit
   */
  async look<Found extends object>(
    address: string,
    now: number,
    find: () => Promise<Found | undefined>,
  ): Promise<Found | number> {
    const count = this.#countOf(address, now);
    const waitSeconds = Math.ceil((count.endsAt - now) / 1_000);
    if (count.underWay > 0 && count.unknown >= maxUnknown) return waitSeconds;
    count.underWay++;
    try {
      const found = await find();
      if (found) return found;
      return ++count.unknown > maxUnknown ? waitSeconds : 0;
    } finally {
      count.underWay--;
    }
  }

  #countOf(address: string, now: number): Count {
    const network = networkOf(address);
    let count = this.#counts.get(network);
    // A clock that was set back must not prolong a window.
    if (!count || now >= count.endsAt || now < count.endsAt - windowMs) {
      count = { unknown: 0, underWay: 0, endsAt: now + windowMs };
      this.#counts.set(network, count);
    }
    return count;
  }
}
