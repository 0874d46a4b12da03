import { expect, it } from 'vitest';
import { whats } from '../../../src/ground/events/happened.ts';

it('has a sentence of its own for each event, between two names', () => {
  const sentences = Object.values(whats);
  expect(new Set(sentences).size).toBe(sentences.length);
  expect(sentences.filter((words) => !/^[a-z][\w -]*\w$/i.test(words))).toEqual([]);
});
