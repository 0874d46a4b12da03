import { DAY, firstInstant, HOUR, zoneOffset } from '../../ground/time/zoned-time.ts';
import type { Compiled } from './conditions.ts';
import { isLeaf } from './explain.ts';
import { instantsOf, minutesOf } from './leaves.ts';

const MINUTE = 60_000;

/**
 * The instants at which an answer about the time may become another one, in order: between two of them, each question
 * answers all visits alike. Milliseconds since 1970.
 * @param leaves questions, also such as do not ask for the time
 */
export function momentsOf(leaves: readonly Compiled[], { from, to }: { from: number; to: number }): number[] {
  const moments = new Set<number>();
  const leaps = new Map<string, number[]>();
  for (const { condition: leaf } of leaves) {
    if (!isLeaf(leaf)) continue;
    for (const moment of ofLeaf(leaf)) if (moment > from && moment < to) moments.add(moment);
  }
  return [...moments].toSorted((one, other) => one - other);

  function ofLeaf(leaf: Extract<Compiled['condition'], { what: unknown }>): number[] {
    try {
      if (leaf.what === 'date') return instantsOf(leaf);
      if (leaf.what === 'weekday') return ofDays(leaf.timeZone, [0]);
      return leaf.what === 'time' ? ofDays(leaf.timeZone, [minutesOf(leaf.from), minutesOf(leaf.to)]) : [];
    } catch {
      // A question that cannot be read answers nobody.
      return [];
    }
  }

  /** Each time that a zone's clocks show one of these minutes of a day, and each leap of theirs. */
  function ofDays(timeZone: string, minutes: readonly number[]): number[] {
    const ofZone = leaps.get(timeZone) ?? leapsOf(timeZone, from, to);
    leaps.set(timeZone, ofZone);
    const found = [...ofZone];
    // A span between two leaps: its clocks go evenly.
    for (const [index, begins] of [from, ...ofZone].entries()) {
      const ends = ofZone[index] ?? to;
      const offset = zoneOffset(new Date(begins), timeZone);
      for (let day = Math.floor((begins + offset) / DAY); day * DAY - offset < ends; day++)
        for (const minute of minutes) {
          const moment = day * DAY + minute * MINUTE - offset;
          if (moment >= begins && moment < ends) found.push(moment);
        }
    }
    return found;
  }
}

/** The instants at which a zone's clocks leap. */
function leapsOf(timeZone: string, from: number, to: number): number[] {
  const leaps: number[] = [];
  let before = zoneOffset(new Date(from), timeZone);
  for (let at = from; at < to; ) {
    const next = Math.min(at + HOUR, to);
    const offset = zoneOffset(new Date(next), timeZone);
    if (offset !== before)
      leaps.push(firstInstant(at, next, (instant) => zoneOffset(new Date(instant), timeZone) === offset));
    before = offset;
    at = next;
  }
  return leaps;
}
