import type { Condition, Leaf } from '../../ground/addresses/route.ts';
import type { Compiled } from './conditions.ts';
import type { Facts } from './facts.ts';
import { type Truth, valueAsked } from './leaves.ts';

/** A condition as it is for one visit, and each of its parts. */
export type Explained = {
  condition: Condition;
  /** Null: it is not known. */
  truth: Truth;
  /** The value that the visit has of what a question asks; null for none, and for groups. */
  value: string | null;
  parts: readonly Explained[];
};

/** Tells why a condition holds, or does not, by the functions that decide for visitors. */
export const explain = ({ ask, condition, parts }: Compiled, facts: Facts): Explained => ({
  condition,
  truth: ask(facts),
  value: isLeaf(condition) ? valueAsked(condition, facts) : null,
  parts: parts.map((part) => explain(part, facts)),
});

/** Whether a condition is a question and no group of them. */
export const isLeaf = (condition: Condition): condition is Leaf =>
  typeof condition === 'object' && condition !== null && 'what' in condition;

/** The questions that a compiled condition asks. */
export const leavesIn = (compiled: Compiled): Compiled[] =>
  isLeaf(compiled.condition) ? [compiled] : compiled.parts.flatMap(leavesIn);
