import { describe, expect, it } from 'vitest';
import { liftInWords, type PhaseVersion, rangeInWords, resultsOf } from '../../../src/reports/tests/results.ts';

/** A phase by weight, visitors and conversions of each version. */
const phase = (...versions: [weight: number, visitors: number, conversions: number][]): PhaseVersion[] =>
  versions.map(([weight, visitors, conversions], index) => ({
    destinationId: index + 1,
    version: index + 1,
    weight,
    visitors,
    conversions,
  }));

const month = { days: 30 };

describe('the results of a test', () => {
  it('call B the winner where its interval is above A', () => {
    const found = resultsOf([phase([1, 10_000, 300], [1, 10_000, 480])], month);
    expect(found).toMatchObject({ verdict: 'ahead', winner: 2, isOff: false, visitors: 20_000, conversions: 780 });
    expect(found.advice).toBe('B is ahead: +23 % to +109 %.');
    expect(found.versions[0]).toMatchObject({ rate: 0.03, lift: null, certainty: null, chance: null });
    const [, b] = found.versions;
    expect(b?.lift?.best).toBeCloseTo(0.6, 10);
    expect(b?.certainty).toBeCloseTo(1 - 2.5837154e-8, 14);
    expect(b?.chance).toBeGreaterThan(0.999);
  });

  it('call A the winner where B is below it', () => {
    const found = resultsOf([phase([1, 10_000, 480], [1, 10_000, 300])], month);
    expect(found).toMatchObject({ verdict: 'ahead', winner: 1 });
    expect(found.advice).toBe('A is ahead: B −52 % to −19 % against A.');
  });

  it('say how many more conversions are needed', () => {
    const found = resultsOf([phase([1, 1_000, 100], [1, 1_000, 130])], month);
    expect(found).toMatchObject({ verdict: 'keep-going', winner: null });
    expect(found.advice).toBe('Keep going: about 230 more conversions needed.');
  });

  it('wait for a whole week, however clear a difference is', () => {
    const found = resultsOf([phase([1, 10_000, 300], [1, 10_000, 480])], { days: 3 });
    expect(found).toMatchObject({ verdict: 'keep-going', winner: null });
    expect(found.advice).toBe('Keep going: for 4 more days, so that each day of the week counts.');
  });

  it('call no difference worth having within 10 % either way', () => {
    const found = resultsOf([phase([1, 200_000, 20_000], [1, 200_000, 20_150])], month);
    expect(found).toMatchObject({ verdict: 'same', winner: null });
    expect(found.advice).toBe('No difference worth having: less than 10 % either way.');
  });

  it('say first that a split is off', () => {
    const found = resultsOf([phase([1, 20_000, 300], [1, 18_000, 480])], month);
    expect(found).toMatchObject({ isOff: true, verdict: 'off', winner: null });
    expect(found.advice).toBe('The split is off: do not trust this.');
  });

  it('say nothing about who is better without conversions', () => {
    const found = resultsOf([phase([1, 500, 0], [1, 480, 0])], month);
    expect(found).toMatchObject({ verdict: 'none', isOff: false, conversions: 0 });
    expect(resultsOf([], month)).toMatchObject({ verdict: 'none', versions: [] });
  });

  it('call no winner of pooled counts where shares and base rate moved together', () => {
    const phases = [phase([9, 9_000, 180], [1, 1_000, 20]), phase([1, 1_000, 60], [9, 9_000, 540])];
    const found = resultsOf(phases, month);
    expect(found).toMatchObject({ verdict: 'keep-going', winner: null, isOff: false });
    expect(found.versions.map(({ visitors }) => visitors)).toEqual([10_000, 10_000]);
    expect(found.versions[1]?.lift?.best).toBeCloseTo(0, 10);
    expect(found.versions[1]?.chance).toBeNull();
    // The same counts in one phase would.
    const pooled = resultsOf([phase([1, 10_000, 240], [1, 10_000, 560])], month);
    expect(pooled.winner).toBe(2);
  });

  it('hold each of three versions against A, more strictly', () => {
    const three = resultsOf([phase([1, 10_000, 300], [1, 10_000, 310], [1, 10_000, 600])], month);
    expect(three).toMatchObject({ verdict: 'ahead', winner: 3 });
    expect(three.advice).toMatch(/^C is ahead: \+\d+ % to \+\d+ % against A\.$/);
    const two = resultsOf([phase([1, 10_000, 300], [1, 10_000, 480])], month);
    const strict = resultsOf([phase([1, 10_000, 300], [1, 10_000, 480], [1, 10_000, 300])], month);
    expect(strict.versions[1]?.lift?.low).toBeLessThan(two.versions[1]?.lift?.low ?? 0);
    expect(strict.versions[1]?.certainty).toBeLessThan(two.versions[1]?.certainty ?? 0);
  });

  it('call none of two that beat A alike', () => {
    const found = resultsOf([phase([1, 10_000, 300], [1, 10_000, 600], [1, 10_000, 610])], month);
    expect(found).toMatchObject({ verdict: 'keep-going', winner: null });
    expect(found.advice).toBe('Keep going: B and C beat A, but no version beats all others yet.');
  });

  it('leave out a version that had no share in a phase', () => {
    const found = resultsOf([phase([1, 500, 20], [0, 0, 0]), phase([1, 500, 20], [1, 510, 25])], month);
    expect(found.isOff).toBe(false);
    expect(found.versions[1]?.lift?.best).toBeCloseTo(0.25, 10);
  });

  it('compare nothing with an A that never had a share', () => {
    const found = resultsOf([phase([0, 0, 0], [1, 500, 9])], month);
    expect(found.versions[1]?.lift).toMatchObject({ low: -1 });
    expect(found).toMatchObject({ verdict: 'none', winner: null });
    expect(found.advice).toBe('A and another version need a share, so that they can be compared.');
  });

  it('call a winner beside a version that never had a share', () => {
    const found = resultsOf([phase([1, 10_000, 300], [1, 10_000, 520], [0, 0, 0])], month);
    expect(found).toMatchObject({ verdict: 'ahead', winner: 2 });
    expect(found.advice).toMatch(/^B is ahead: \+\d+ % to \+\d+ %\.$/);
  });
});

describe('a lift in words', () => {
  it.each([
    [0.12, '+12 %'],
    [-0.04, '−4.0 %'],
    [0.0951, '+9.5 %'],
    [12.5, '+1,250 %'],
    [-1e-9, '0 %'],
  ])('%d is %s', (lift, words) => {
    expect(liftInWords(lift)).toBe(words);
  });

  it('says that it has no end', () => {
    expect(rangeInWords({ low: -0.2, high: Number.POSITIVE_INFINITY })).toBe('−20 % or more');
    expect(rangeInWords({ low: -1, high: Number.POSITIVE_INFINITY })).toBe('not known yet');
    expect(rangeInWords({ low: 0.12, high: 0.48 })).toBe('+12 % to +48 %');
  });
});
