import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import { columnsOfHits } from './hit-fields.ts';
import type { Hit } from './hit.ts';

/** Hits of the spool by what may become of them. */
type Spooled = { kept: Hit[]; old: Hit[]; broken: Hit[] };

/**
 * Tells hits of the spool that may be recorded from those that retention keeps no more, with whose rows went what would
 * tell that they were counted already, and from those that lack what each hit has: nobody looks into the inbox before the
 * mover.
 * @param retentionDays how many days single hits are kept; null for ever
 */
export function partSpooled(hits: readonly Hit[], retentionDays: number | null, now: Date): Spooled {
  const keptSince = retentionDays === null ? Number.NEGATIVE_INFINITY : Date.parse(firstKeptDay(retentionDays, now));
  const parts: Spooled = { kept: [], old: [], broken: [] };
  for (const hit of hits) parts[isWhole(hit) ? (hit.clickedAt >= keptSince ? 'kept' : 'old') : 'broken'].push(hit);
  return parts;
}

const isWhole = (hit: Hit): boolean =>
  columnsOfHits.every(({ name, type, isNullable }) => {
    const value: unknown = hit[name] ?? null;
    if (value === null) return isNullable === true;
    if (type === 'text') return typeof value === 'string';
    return Number.isSafeInteger(value) && (type === 'bigint' || Math.abs(value as number) < 2 ** 15);
  });

/** @returns the UTC day since which hits are kept, when those of months that ended more than `days` days ago are dropped */
export function firstKeptDay(days: number, now: Date): string {
  return `${isoDay(new Date(now.getTime() - days * DAY)).slice(0, 7)}-01`;
}
