import { DAY } from '../../ground/time/zoned-time.ts';
import type { Hit } from './hit.ts';
import type { Utm } from '../visits/utm.ts';

/** Stands for every value beyond the bound. */
export const otherValues = '(other)';

/** Different values of one dimension a day, workspace and process: more than ads with keywords have, but an end. */
const valuesADay = 5_000;

/** Values of all workspaces that are kept in mind, some 100 MB if all are as long as they can be. */
const valuesInAll = 200_000;

/** What a workspace was sent today. */
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
    hit.referrer = this.#bounded(seen, 0, hit.referrer);
    hit.language = this.#bounded(seen, 1, hit.language);
    hit.os = this.#bounded(seen, 2, hit.os);
    hit.browser = this.#bounded(seen, 3, hit.browser);
    hit.utmSource = own.source ?? this.#bounded(seen, 4, hit.utmSource);
    hit.utmMedium = own.medium ?? this.#bounded(seen, 5, hit.utmMedium);
    hit.utmCampaign = own.campaign ?? this.#bounded(seen, 6, hit.utmCampaign);
    hit.utmTerm = own.term ?? this.#bounded(seen, 7, hit.utmTerm);
    hit.utmContent = own.content ?? this.#bounded(seen, 8, hit.utmContent);
  }

  /** @param dimension any number of its own: this runs at each click, and names would cost more than looking up */
  #bounded(seen: Seen, dimension: number, value: string | null): string | null {
    if (value === null) return null;
    const values = (seen.values[dimension] ??= new Set());
    if (values.has(value)) return value;
    // Who floods some workspaces takes no more than an even share of memory from all others.
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
