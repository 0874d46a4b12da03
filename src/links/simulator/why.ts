import type { Condition, Leaf } from '../../ground/addresses/route.ts';
import { formatDateTime } from '../../ground/text/format.ts';
import { type Explained, isLeaf } from '../../visitors/conditions/explain.ts';
import { labelOfValue } from '../routes/labels.ts';
import { wordsOfCondition, wordsOfLeaf } from '../routes/words.ts';

export const truths = ['holds', 'does_not_hold', 'not_known'] as const;

/** Why a condition holds for a visit or does not, in words. */
export type Why = {
  /** 'country is Germany or Austria', or what a group asks of its parts: 'all of these'. */
  words: string;
  truth: (typeof truths)[number];
  /** The visitor's own: 'Spain'. Null where it is not known, and for groups. */
  value: string | null;
  parts: readonly Why[];
};

/**
 * @param asked the same condition as people know it: the plan names domains by their ids
 * @param host of the domain that was visited
 * @param isLost whether the visitor's answer was not kept
 */
export function whyOf(explained: Explained, asked: Condition, host: string, isLost = noneLost): Why {
  const truth = explained.truth === null ? 'not_known' : explained.truth ? 'holds' : 'does_not_hold';
  const [first] = explained.parts;
  // One question that is negated reads better as one sentence.
  const inner = 'not' in asked ? asked.not : asked;
  if (isLeaf(inner)) {
    const words = inner === asked ? wordsOfLeaf(inner) : wordsOfCondition(asked);
    if (isLost(inner)) return { words, truth: 'not_known', value: null, parts: [] };
    return { words, truth, value: valueOf(inner === asked ? explained : (first ?? explained), host), parts: [] };
  }
  const [words, conditions] =
    'all' in asked
      ? ['all of these', asked.all]
      : 'any' in asked
        ? ['one of these at least', asked.any]
        : ['not this', [inner]];
  const parts = explained.parts.map((part, index) => whyOf(part, conditions[index] ?? part.condition, host, isLost));
  return { words: parts.length === 0 ? 'always' : words, truth, value: null, parts };
}

const noneLost = (_leaf: Leaf): boolean => false;

function valueOf({ condition, truth, value }: Explained, host: string): string | null {
  if (!isLeaf(condition) || truth === null) return null;
  switch (condition.what) {
    case 'query':
      return value === null ? 'not given' : `“${value}”`;
    case 'domain':
      return host;
    case 'date':
      return value === null ? null : formatDateTime(new Date(`${value}:00Z`), 'UTC');
    case 'time':
      return value;
    default:
      return value === null ? null : labelOfValue(condition.what, value);
  }
}
