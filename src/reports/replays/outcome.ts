import type { Leaf } from '../../ground/addresses/route.ts';
import { isLeaf, leavesIn } from '../../visitors/conditions/explain.ts';
import type { Facts } from '../../visitors/conditions/facts.ts';
import { heldFor, type IsLost } from '../../visitors/conditions/possible.ts';
import type { Opens } from '../../visitors/openings/list.ts';
import { routesIn, waysBy, type Ways } from '../../visitors/openings/ways.ts';

/** The place that rules send a kept hit to: a rule by its place in their order, or none. */
export type ReplayOutcome = { rule: number | null; ways: Ways };

/** Questions whose answers were lost, so that nobody can tell. */
export type NotKnown = { lost: readonly Leaf[] };

/**
 * The place that a kept hit would go to. Each rule is asked by the functions that decide for visitors.
 * @param now its A/B test is as it is then
 */
export function outcomeOf(opens: Opens, facts: Facts, isLost: IsLost, now: Date): ReplayOutcome | NotKnown {
  for (const [rule, route] of routesIn(opens).entries()) {
    const held = heldFor(route.when, facts, isLost);
    if (held === false) continue;
    if (held) return { rule, ways: waysBy(opens, { at: now }, { route, isHuman: true }) };
    const leaves = leavesIn(route.when).map(({ condition }) => condition);
    return { lost: leaves.filter((leaf): leaf is Leaf => isLeaf(leaf) && isLost(leaf, facts)) };
  }
  return { rule: null, ways: waysBy(opens, { at: now }, { route: undefined, isHuman: true }) };
}

/**
 * The share of visitors who would come to another address. The same rule keeps each visitor where it can, so that no
 * more of them move than shares change; another one draws anew.
 * @param isSame both are the same rule, or neither is one
 */
export function shareMoved(before: Ways, after: Ways, isSame: boolean): number {
  const left = after.among.map(({ to, share }) => [to.url, share] as const);
  const shareOf = new Map(left);
  const kept = before.among.reduce((sum, { to, share }) => {
    const other = shareOf.get(to.url) ?? 0;
    return sum + (isSame ? Math.min(share, other) : share * other);
  }, 0);
  // Sums of fractions miss 1 by a little.
  return kept > 1 - 1e-9 ? 0 : 1 - kept;
}
