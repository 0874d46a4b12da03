import { describe, expect, it } from 'vitest';
import {
  chanceOf,
  chanceToBeat,
  conversionsNeeded,
  isSplitOff,
  liftInterval,
  logBeta,
  logEvidence,
  logGamma,
  type Pair,
} from '../../../src/reports/tests/statistics.ts';
import { seeded } from '../../setup/seeded.ts';

const weighed = (counts: readonly number[], weights: readonly number[]) =>
  counts.map((count, index) => ({ count, weight: weights[index] ?? 0 }));

/** How many of some visitors convert, by a seeded chance. */
function draw(random: () => number, visitors: number, rate: number): number {
  // Steps from one conversion to the next are geometric.
  let [at, count] = [0, 0];
  for (;;) {
    at += 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - rate));
    if (at > visitors) return count;
    count++;
  }
}

// Two independent implementations agree to these digits; ssrm is github.com/optimizely/ssrm.
describe('the sequential multinomial test', () => {
  it.each([
    [[100, 130], [1, 1], 100, 0.77097509, 0.46256181],
    [[200, 260], [1, 1], 100, 2.36280699, 0.094155558],
    [[50, 90], [1, 1], 100, 2.92387195, 0.053725262],
    [[300, 480], [1, 1], 100, 17.47145231, 2.5837154e-8],
    [[1000, 1100], [1, 1], 100, 0.72663743, 0.48353217],
    [[10, 2], [1, 1], 100, 0.23159836, 0.79326467],
    [[0, 8], [1, 1], 100, 0.26067022, 0.77053498],
    [[70, 30, 5], [7, 2, 1], 100, 1.12598537, 0.32433272],
    [[700, 150, 150], [7, 2, 1], 100, 13.65186536, 1.1777964e-6],
    [[1000, 1200], [1, 1], 10_000, 1.54012216, 0.21435491],
    [[7000, 2050, 950], [7, 2, 1], 10_000, 0.25471741, 0.77513551],
  ])('is right of %j by %j with k = %d', (counts, weights, prior, evidence, chance) => {
    const found = logEvidence(weighed(counts, weights), prior);
    expect(found).toBeCloseTo(evidence, 8);
    expect(chanceOf(found).toPrecision(8)).toBe(chance.toPrecision(8));
  });

  it('is right of large counts', () => {
    const found = logEvidence(weighed([821_588, 815_482], [1, 1]), 10_000);
    expect(found).toBeCloseTo(8.765972, 6);
    expect(chanceOf(found).toPrecision(8)).toBe('0.00015595044');
  });

  it('gives the marginal likelihoods of the tests of ssrm', () => {
    const rows = [
      [20, 17, 9],
      [18, 21, 8],
      [4, 6, 4],
      [18, 19, 11],
    ];
    const total = [0, 1, 2].map((column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0));
    const orders = rows.reduce(
      (sum, row) => sum + logGamma(row.reduce((a, b) => a + b) + 1) - row.reduce((a, b) => a + logGamma(b + 1), 0),
      0,
    );
    const asSet = orders + total.reduce((sum, count, index) => sum + count * Math.log([0.4, 0.4, 0.2][index] ?? 0), 0);
    const other = orders + logBeta(total.map((count) => count + 1)) - logBeta([1, 1, 1]);
    expect(other).toBeCloseTo(-19.96484521, 8);
    expect(asSet).toBeCloseTo(-15.78103123, 8);
  });

  it('has the gamma function to eleven digits', () => {
    expect(logGamma(1)).toBeCloseTo(0, 13);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
    expect(logGamma(171)).toBeCloseTo(706.573062245787, 10);
  });

  it('calls less than 5 % of tests without a difference, looked at on 60 days', () => {
    const random = seeded(15);
    let called = 0;
    for (let run = 0; run < 1_000; run++) {
      let [first, second, isCalled] = [0, 0, false];
      for (let day = 0; day < 60; day++) {
        first += draw(random, 250, 0.02);
        second += draw(random, 250, 0.02);
        isCalled ||= logEvidence(weighed([first, second], [1, 1])) >= Math.log(20);
      }
      if (isCalled) called++;
    }
    expect(called).toBeLessThan(50);
    expect(called).toBeGreaterThan(0);
  });
});

describe('the interval of the lift', () => {
  it.each([
    [{ first: 100, second: 130, share: 0.5 }, -0.11353, 0.91879],
    [{ first: 200, second: 260, share: 0.5 }, -0.0201, 0.73074],
    [{ first: 300, second: 480, share: 0.5 }, 0.23038, 1.09195],
    [{ first: 1000, second: 1100, share: 0.5 }, -0.03715, 0.25704],
    [{ first: 0, second: 8, share: 0.5 }, -0.44909, Number.POSITIVE_INFINITY],
    [{ first: 70, second: 30, share: 0.3 }, -0.44549, 0.72786],
    [{ first: 700, second: 150, share: 0.2 }, -0.34572, 0.10635],
    [{ first: 20_000, second: 20_150, share: 0.5 }, -0.02673, 0.04294],
  ])('is right of %j', (pair, low, high) => {
    const found = liftInterval([pair]);
    expect(found?.low.toFixed(5)).toBe(low.toFixed(5));
    expect(found?.high.toFixed(5)).toBe(high.toFixed(5));
  });

  it('has no end where a version has no conversion', () => {
    expect(liftInterval([{ first: 8, second: 0, share: 0.5 }])?.low).toBe(-1);
    expect(liftInterval([{ first: 0, second: 0, share: 0.5 }])).toEqual({ low: -1, high: Number.POSITIVE_INFINITY });
  });

  it('ever leaves the true lift out in 5 % of tests at most, over two phases', () => {
    const random = seeded(7);
    let left = 0;
    for (let run = 0; run < 300; run++) {
      const phases: Pair[] = [];
      let isLeft = false;
      for (const share of [0.5, 0.8]) {
        const pair = { first: 0, second: 0, share };
        phases.push(pair);
        for (let look = 0; look < 20; look++) {
          pair.first += draw(random, Math.round(1_000 * (1 - share)), 0.04);
          pair.second += draw(random, 1_000 * share, 0.05);
          const found = liftInterval(phases);
          isLeft ||= !found || found.low > 0.25 || found.high < 0.25;
        }
      }
      if (isLeft) left++;
    }
    expect(left).toBeLessThan(15);
  });
});

describe("Simpson's case", () => {
  // Both versions convert 2 % in a quiet first phase and 6 % in a second one, where B has most of the visitors.
  const phases: Pair[] = [
    { first: 180, second: 20, share: 0.1 },
    { first: 60, second: 540, share: 0.9 },
  ];

  it('calls no winner by phases', () => {
    const evidence = phases.reduce(
      (sum, { first, second, share }) => sum + logEvidence(weighed([first, second], [1 - share, share])),
      0,
    );
    expect(evidence).toBeLessThan(0);
    const found = liftInterval(phases);
    expect(found?.low).toBeLessThan(0);
    expect(found?.high).toBeGreaterThan(0);
  });

  it('would call one of pooled counts', () => {
    // 9,000 and 1,000 visitors of the first phase, 1,000 and 9,000 of the second.
    expect(logEvidence(weighed([240, 560], [1, 1]))).toBeGreaterThan(Math.log(20));
  });
});

describe('the chance to be the better one', () => {
  it.each([
    [[14, 28], [16, 30], 0.59854821],
    [[100, 1000], [130, 1000], 0.98216507],
    [[200, 10_000], [260, 10_000], 0.99767755],
    [[0, 20], [3, 20], 0.94652908],
  ])('of %j and %j', ([x = 0, n = 0], [y = 0, m = 0], chance) => {
    const found = chanceToBeat({ conversions: x, visitors: n }, { conversions: y, visitors: m });
    expect(found).toBeCloseTo(chance, 8);
    expect(chanceToBeat({ conversions: y, visitors: m }, { conversions: x, visitors: n })).toBeCloseTo(1 - chance, 8);
  });
});

describe('the conversions that are needed', () => {
  it.each([
    [0.1, 4311],
    [0.2, 1016],
    [0.3, 452],
    [0.5, 174],
    [1, 57],
  ])('to see a lift of %d are %d', (lift, count) => {
    expect(conversionsNeeded(lift)).toBe(count);
  });
});

describe('the split check', () => {
  it('alarms at an E of 100', () => {
    expect(isSplitOff([weighed([821_588, 815_482], [1, 1])])).toBe(true);
    expect(isSplitOff([weighed([1000, 1200], [1, 1])])).toBe(false);
    expect(isSplitOff([weighed([7000, 2050, 950], [7, 2, 1])])).toBe(false);
    expect(isSplitOff([weighed([29_400, 30_600], [1, 1])])).toBe(true);
  });

  it('sees a split that is off in its second phase alone', () => {
    expect(isSplitOff([weighed([5_000, 5_000], [1, 1]), weighed([7_000, 4_000], [2, 1])])).toBe(true);
    expect(isSplitOff([weighed([5_000, 5_000], [1, 1]), weighed([7_333, 3_667], [2, 1])])).toBe(false);
  });

  it('alarms in 1 % of fair tests at most, looked at on 60 days', () => {
    const random = seeded(3);
    let alarms = 0;
    for (let run = 0; run < 500; run++) {
      let [first, all, isOff] = [0, 0, false];
      for (let day = 0; day < 60; day++) {
        first += draw(random, 100, 0.5);
        all += 100;
        isOff ||= isSplitOff([weighed([first, all - first], [1, 1])]);
      }
      if (isOff) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(5);
  });
});
