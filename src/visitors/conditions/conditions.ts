import type { Condition, Leaf } from '../../ground/addresses/route.ts';
import { type Asker, askerOf, type Truth } from './leaves.ts';

/** A condition that is ready to be asked; its parts are kept for those who want to know why. */
export type Compiled = { ask: Asker; condition: Condition; parts: readonly Compiled[] };

/**
 * Compiles a condition once, so that each visit only calls functions. Unknown is unknown (Kleene, 1938): a question
 * about what is not known holds neither as it is nor negated. Never throws: what it cannot read, as of a newer version, is unknown.
 */
export function compile(condition: Condition): Compiled {
  try {
    if ('all' in condition) return together(condition, condition.all, false);
    if ('any' in condition) return together(condition, condition.any, true);
    if ('not' in condition) {
      const part = compile(condition.not);
      return { ask: (facts) => negated(part.ask(facts)), condition, parts: [part] };
    }
    return { ask: askerOf(condition satisfies Leaf), condition, parts: [] };
  } catch {
    return { ask: () => null, condition, parts: [] };
  }
}

const negated = (truth: Truth): Truth => (truth === null ? null : !truth);

/** @param decisive the value of one that decides all: true of `any`, false of `all` */
function together(condition: Condition, conditions: readonly Condition[], decisive: boolean): Compiled {
  const parts = conditions.map(compile);
  const asks = parts.map(({ ask }) => ask);
  const ask: Asker = (facts) => {
    let truth: Truth = !decisive;
    for (const each of asks) {
      const one = each(facts);
      if (one === decisive) return decisive;
      if (one === null) truth = null;
    }
    return truth;
  };
  return { ask, condition, parts };
}
