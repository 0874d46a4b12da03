import type { z } from 'zod';
import { orList } from '../text/format.ts';

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/**
 * The refusal of a schema, in words for people. A schema's own sentence comes before this one.
 * @returns undefined for what zod says well enough
 */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  const { code, input, path = [] } = issue;
  const name = path.length > 0 ? `"${path.join('.')}"` : 'This';
  switch (code) {
    case 'invalid_type':
    case 'invalid_value':
      if (input === undefined) return `${name} is missing.`;
      if (Array.isArray(input) && issue['expected'] !== 'object') return `Give one value for ${name}, not several.`;
      if (code === 'invalid_value') return `${name} must be ${orList(issue.values.map(String))}.`;
      return `${name} must be ${kinds[issue.expected] ?? issue.expected}.`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? `${name} is empty.`
        : `${name} must be at least ${lengthOf(issue.origin, issue.minimum)}.`;
    case 'too_big':
      return `${name} must be at most ${lengthOf(issue.origin, issue.maximum)}.`;
    case 'unrecognized_keys':
      return `There is no "${issue.keys[0]}" here.`;
    case 'invalid_format':
      return `${name} is not well formed.`;
    default:
      return undefined;
  }
}

const units: Readonly<Record<string, string>> = { string: ' characters long', array: ' entries long' };

const lengthOf = (origin: string, limit: number | bigint) => `${limit}${units[origin] ?? ''}`;
