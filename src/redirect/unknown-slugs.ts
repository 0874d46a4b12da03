import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

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

/**
 * Who is counted as one: an IPv4 address, or a /64 of IPv6, which is what one customer gets at least (RFC 6177, RFC 7421).
 * What is no address is counted as itself.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
