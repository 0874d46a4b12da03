import type { Leaf } from '../../ground/addresses/route.ts';
import type { Compiled } from './conditions.ts';
import { isLeaf } from './explain.ts';
import type { Facts } from './facts.ts';
import type { Truth } from './leaves.ts';

/*
 * Truths that a condition may have had for a visit of which not all was kept. They are bits of a number, in the order in
 * which `all` takes the least and `any` the greatest.
 */

const [no, unknown, yes] = [1, 2, 4] as const;
const anything = no | unknown | yes;

const bitOf = (truth: Truth): number => (truth === null ? unknown : truth ? yes : no);

/** Whether a visit's answer to a question was lost with what was not kept. */
export type IsLost = (leaf: Leaf, facts: Facts) => boolean;

/**
 * Whether a condition held for a visit: null where what was not kept decides. Each question is answered by the function
 * that answers it for visitors; what was lost may have had any answer.
 */
export function heldFor(compiled: Compiled, facts: Facts, isLost: IsLost): boolean | null {
  const possible = truthsOf(compiled, facts, isLost);
  return possible === yes ? true : (possible & yes) === 0 ? false : null;
}

function truthsOf({ ask, condition, parts }: Compiled, facts: Facts, isLost: IsLost): number {
  if (isLeaf(condition) && isLost(condition, facts)) return anything;
  // One question, a group of none, or what this version cannot read.
  if (parts.length === 0) return bitOf(ask(facts));
  const truths = parts.map((part) => truthsOf(part, facts, isLost));
  if ('not' in condition) return turned(truths[0] ?? unknown);
  return 'all' in condition ? truths.reduce(least, yes) : truths.reduce(greatest, no);
}

const turned = (truths: number): number =>
  (truths & unknown) | ((truths & yes) === 0 ? 0 : no) | ((truths & no) === 0 ? 0 : yes);

/** All that the least of one of each can be. */
function least(one: number, other: number): number {
  let truths = 0;
  for (const bit of [no, unknown, yes]) {
    const above = anything & ~(bit - 1);
    // One of them is it, and the other is it or more.
    if ((one & bit && other & above) || (other & bit && one & above)) truths |= bit;
  }
  return truths;
}

const greatest = (one: number, other: number): number => turned(least(turned(one), turned(other)));
