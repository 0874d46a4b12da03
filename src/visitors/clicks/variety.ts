import { DAY } from '../../ground/time/zoned-time.ts';
import { boundedFields } from './hit-fields.ts';
import type { Hit } from './hit.ts';
import type { Utm } from '../visits/utm.ts';

/** Stands for every value beyond the bound. */
export const otherValues = '(other)';

/** Different values of one dimension a day, workspace and process: more than ads with keywords have, but an end. */
const valuesADay = 5_000;

/** Values of all workspaces that are kept in mind, some 100 MB if all are as long as they can be. */
const valuesInAll = 200_000;

/** All of one shape, because this is read at each click. */
const bounded = boundedFields.map(({ name, tag = null }, dimension) => ({ name, tag, dimension }));

/** The values that a workspace was sent today. */
type Seen = { size: number; values: (Set<string> | undefined)[] };

/**
 * Bounds how many different texts of visitors are told apart in a day (UTC): each makes rows of rollups that stay for good,
 * and a stream of made-up ones must end somewhere. Those that were there before the bound was met go on counting.
 */
export class Variety {
  readonly #each: number;
  readonly #inAll: number;
  readonly #workspaces = new Map<string, Seen>();
  #size = 0;
  #day = 0;

  constructor({ each = valuesADay, inAll = valuesInAll } = {}) {
    this.#each = each;
    this.#inAll = inAll;
  }

  /**
   * Puts `otherValues` in the place of what is beyond the bound.
   * @param own the tags of the link's destination: there are no more of them than links, so they are always told apart
   */
  bound(hit: Hit, own: Readonly<Utm>): void {
    const day = Math.floor(hit.clickedAt / DAY);
    if (day !== this.#day) this.#begin(day);
    const seen = this.#workspaces.get(hit.workspaceId) ?? this.#enter(hit.workspaceId);
    for (const { name, tag, dimension } of bounded) {
      const value = hit[name];
      if (value === null || (tag !== null && own[tag] !== null)) continue;
      const kept = this.#bounded(seen, dimension, value);
      if (kept !== value) hit[name] = kept;
    }
  }

  /** @param dimension any number of its own: this runs at each click, and names would cost more than looking up */
  #bounded(seen: Seen, dimension: number, value: string): string {
    const values = (seen.values[dimension] ??= new Set());
    if (values.has(value)) return value;
    // A flood of some workspaces takes no more than an even share of memory from all others.
    const isFull = this.#size >= this.#inAll && seen.size >= this.#inAll / this.#workspaces.size;
    if (isFull || values.size >= this.#each) return otherValues;
    // A copy: what was cut out of a header or a query would keep all of it alive.
    values.add(Buffer.from(value).toString());
    seen.size++;
    this.#size++;
    return value;
  }

  #enter(workspaceId: string): Seen {
    const seen: Seen = { size: 0, values: [] };
    this.#workspaces.set(workspaceId, seen);
    return seen;
  }

  #begin(day: number): void {
    this.#day = day;
    this.#workspaces.clear();
    this.#size = 0;
  }
}
