import { describe, expect, it } from 'vitest';
import { Refusals } from '../../../src/ground/text/errors.ts';
import { readShares, reducedWeights, sharesOf, withEvenShares } from '../../../src/links/splits/shares.ts';

function read(texts: readonly string[], known: readonly number[] = []) {
  const refusals = new Refusals();
  const fields = texts.map((text, index) => ({ text, field: `share-${index}` }));
  const weights = readShares(fields, refusals, { known, ofAll: 'test' });
  refusals.settle({});
  return weights;
}

describe('shares in percent', () => {
  it.each<[string[], number[]]>([
    [
      ['50', '50'],
      [50, 50],
    ],
    [
      ['70 %', '30%'],
      [70, 30],
    ],
    [
      ['33,3', '33.3', '33.4'],
      [333, 333, 334],
    ],
    [
      ['33.3', '33.3', '33.3'],
      [1, 1, 1],
    ],
    [
      ['', ''],
      [50, 50],
    ],
    [
      ['', '', ''],
      [1, 1, 1],
    ],
    [
      ['40', '', ''],
      [40, 30, 30],
    ],
    [
      ['100', ''],
      [100, 0],
    ],
    [
      ['0', '100'],
      [0, 100],
    ],
  ])('%j are the weights %j', (texts, weights) => {
    expect(read(texts)).toEqual(weights);
  });

  it.each([
    [['50', '60'], 'The shares are 110 % together.'],
    [['33', '33', '33'], 'The shares are 99 % together.'],
    [['60', '50', ''], 'The shares are 110 % together.'],
    [['half', '50'], 'Write a share from 0 to 100'],
    [['100.1', '0'], 'Write a share from 0 to 100'],
    [['-1', '101'], 'Write a share from 0 to 100'],
    [['33.33', '66.67'], 'Write a share from 0 to 100'],
  ])('%j are refused', (texts, sentence) => {
    expect(() => read(texts)).toThrow(sentence);
  });

  it('stay the weights that they were shown of', () => {
    for (const known of [
      [2, 1],
      [1, 1, 1],
      [700, 0, 1],
      [1, 1, 1, 1, 1, 1, 1],
      [5, 5],
    ])
      expect(read(sharesOf(known).map(String), known)).toEqual(known);
    expect(read(['60', '40'], [2, 1])).toEqual([60, 40]);
  });

  it('are the same for weights that split visitors in the same way', () => {
    expect(reducedWeights([50, 50])).toEqual(reducedWeights([1, 1]));
    expect(reducedWeights([700, 0, 300])).toEqual([7, 0, 3]);
    expect(reducedWeights([0, 0])).toEqual([0, 0]);
  });

  it('stay even where they were, and only there', () => {
    const rows = (...shares: string[]) => shares.map((share) => ({ share }));
    expect(withEvenShares(rows('50', '50'), rows('50', '50', ''))).toEqual(rows('33.3', '33.3', '33.3'));
    expect(withEvenShares(rows('60', '40'), rows('60', '40', ''))).toEqual(rows('60', '40', ''));
    expect(withEvenShares(rows('100'), rows('100', ''))).toEqual(rows('50', '50'));
  });
});
