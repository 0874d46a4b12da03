import { randomInt } from 'node:crypto';
import type { Place } from '../visits/geo.ts';
import type { HitClass } from '../machines/hit-class.ts';

/** One request for a slug as it is recorded. What identifies a person ends at `visitorKey`, which a day's salt made. */
export type Hit = Place & {
  id: number;
  /** Milliseconds since 1970, UTC. */
  clickedAt: number;
  linkId: string;
  slugId: string;
  /** NULL in what a version before domains were recorded left in the spool. */
  domainId: string | null;
  workspaceId: string;
  class: HitClass;
  reason: string;
  rulesVersion: number;
  signals: number;
  network: string | null;
  device: string | null;
  os: string | null;
  browser: string | null;
  language: string | null;
  referrer: string | null;
  channel: string;
  utmSource: string | null;
  utmMedium: string | null;
  utmCampaign: string | null;
  utmTerm: string | null;
  utmContent: string | null;
  /** The user agent's shape and its id; NULL when the dictionary is full for today. */
  agent: string | null;
  agentId: number | null;
  /** NULL where the visitor asked not to be tracked. Machines have one too, because a class can turn out wrong. */
  visitorKey: number | null;
  /** Day of the visit on the workspace's calendar, YYYY-MM-DD. */
  day: string;
};

let lastId = randomInt(2 ** 48 - 1) * 32;

/**
 * An id made before the first try to record, so that a retry is recognised. It is unique together with the link and the
 * millisecond (the primary key of `clicks`): within a process it counts on, and processes start 53 random bits apart.
 */
export function newHitId(): number {
  lastId = lastId === Number.MAX_SAFE_INTEGER ? 0 : lastId + 1;
  return lastId;
}
