import { isDeepStrictEqual } from 'node:util';
import type { HistoryEvent } from './events.ts';

type Change = Pick<HistoryEvent, 'id' | 'targetId' | 'before' | 'after'>;

/** The one sets all that the other set back to its value before; what had no value may not be said. */
const isInverse = (one: Change, other: Change): boolean =>
  isDeepStrictEqual(valuesOf(one.before), valuesOf(other.after)) &&
  isDeepStrictEqual(valuesOf(one.after), valuesOf(other.before));

const valuesOf = (fields: Change['before']) =>
  Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null));

/**
 * Ids of changes that others set back since, by Undo or by hand. One that was made again is not among them.
 * @param changes in any order, with every later undo of their things
 */
export function undoneAmong(changes: readonly Change[]): Set<number> {
  const undone = new Set<number>();
  const undoes = new Map<number, number>();
  const before = new Map<string, Change[]>();
  const inOrder = [...new Map(changes.map((each) => [each.id, each])).values()].toSorted((a, b) => a.id - b.id);
  for (const change of inOrder) {
    const earlier = before.get(change.targetId) ?? [];
    const found = earlier.findLast((each) => !undone.has(each.id) && isInverse(each, change));
    if (found) {
      undone.add(found.id);
      undoes.set(change.id, found.id);
      undone.delete(undoes.get(found.id) ?? 0);
    }
    before.set(change.targetId, [...earlier, change]);
  }
  return undone;
}
