import { LRUCache } from 'lru-cache';

/** So many different links of a workspace by one visitor, or visitors of one link from one network, … */
const burstSize = 3;

/** … within so many milliseconds. Scanners open every link of a mail at once; people read what they opened. */
export const burstMs = 10_000;

/** How many visitors and links are watched at a time; about 300 bytes each. */
const watched = 5_000;

/** A hit as far as bursts go. Without a visitor key only its network can give it away. */
export type Sighted = {
  linkId: string;
  workspaceId: string;
  visitor: number | null;
  network: string | null;
  at: number;
};

/**
 * Watches suspects. A burst is known at its third hit; what came before it is settled by `reclassify`, from the rows.
 * Memory is bounded, and nothing but the hits' own times counts.
 */
export class Bursts {
  readonly #windows = new LRUCache<string, { since: number; seen: (string | number)[] }>({ max: watched });

  /** Takes notice of a hit. @returns true when it is at least the third of a burst */
  isBurst({ linkId, workspaceId, visitor, network, at }: Sighted): boolean {
    const opensMany = visitor !== null && this.#count(`${workspaceId}/${visitor}`, linkId, at) >= burstSize;
    const isOpenedByMany =
      network !== null && visitor !== null && this.#count(`${linkId}/${network}`, visitor, at) >= burstSize;
    return opensMany || isOpenedByMany;
  }

  #count(key: string, value: string | number, at: number): number {
    const known = this.#windows.get(key);
    const window = known && Math.abs(at - known.since) < burstMs ? known : { since: at, seen: [] };
    if (window !== known) this.#windows.set(key, window);
    if (window.seen.length < burstSize && !window.seen.includes(value)) window.seen.push(value);
    return window.seen.length;
  }
}

/**
 * Finds bursts in hits that are all there, so that the first hits of a burst count as much as the last.
 * @param hits in order of time
 * @returns the hits that belong to one
 */
export function findBursts<Hit extends Sighted>(hits: readonly Hit[]): Set<Hit> {
  const found = new Set<Hit>();
  const open = new Map<string, Hit[]>();
  const look = (hit: Hit, key: string, valueOf: (hit: Hit) => string | number | null) => {
    const window = (open.get(key) ?? []).filter(({ at }) => hit.at - at < burstMs);
    window.push(hit);
    open.set(key, window);
    if (new Set(window.map(valueOf)).size >= burstSize) for (const each of window) found.add(each);
  };
  for (const hit of hits) {
    if (hit.visitor === null) continue;
    look(hit, `${hit.workspaceId}/${hit.visitor}`, ({ linkId }) => linkId);
    if (hit.network !== null) look(hit, `${hit.linkId}/${hit.network}`, ({ visitor }) => visitor);
  }
  return found;
}
