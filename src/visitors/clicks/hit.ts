import { randomInt } from 'node:crypto';
import type { HitColumns } from './hit-fields.ts';

/** One request for a slug as it is recorded. `visitorKey`, made with a day's salt, is all that is left of the person. */
export type Hit = HitColumns & {
  /** The user agent's shape, of which `agentId` is the id; NULL when the dictionary is full for today. */
  agent: string | null;
};

/** The primary key of `clicks`. */
export type HitKey = Pick<HitColumns, 'linkId' | 'clickedAt' | 'id'>;

let lastId = randomInt(2 ** 48 - 1) * 32;

/**
 * An id made before the first try to record, so that a retry is recognised. It is unique together with the link and the
 * millisecond (the primary key of `clicks`): within a process it counts on, and processes start 53 random bits apart.
 */
export function newHitId(): number {
  lastId = lastId === Number.MAX_SAFE_INTEGER ? 0 : lastId + 1;
  return lastId;
}
