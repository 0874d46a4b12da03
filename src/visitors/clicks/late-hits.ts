import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import { columnsOfHits } from './hit-fields.ts';
import type { Hit } from './hit.ts';

/**
 * Tells hits that may still be recorded from those that retention keeps no more: with their rows went what would tell that
 * they were counted already.
 * @param retentionDays how many days single hits are kept; null for ever
 */
export function partKept(hits: readonly Hit[], retentionDays: number | null, now: Date): { kept: Hit[]; old: Hit[] } {
  const keptSince = retentionDays === null ? Number.NEGATIVE_INFINITY : Date.parse(firstKeptDay(retentionDays, now));
  const isKept = ({ clickedAt }: Hit) => clickedAt >= keptSince;
  return { kept: hits.filter(isKept), old: hits.filter((hit) => !isKept(hit)) };
}

/** Whether a hit of the spool has a value of the right kind for each column: nobody looks into the inbox before the mover. */
export const isWhole = (hit: Hit): boolean =>
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
