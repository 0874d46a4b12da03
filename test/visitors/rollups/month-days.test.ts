import { describe, expect, it } from 'vitest';
import { countColumns, monthPartsOf, monthsOf } from '../../../src/visitors/rollups/month-days.ts';

describe('a range of days is cut at the ends of months', () => {
  it.each([
    ['a day', '2028-02-29', '2028-02-29', [], [['2028-02-01', '2028-02-29', '2028-02-29']]],
    ['a month', '2026-04-01', '2026-04-30', ['2026-04-01'], []],
    ['all but its last day', '2026-04-01', '2026-04-29', [], [['2026-04-01', '2026-04-01', '2026-04-29']]],
    [
      'the turn of a year',
      '2025-11-30',
      '2026-01-31',
      ['2025-12-01', '2026-01-01'],
      [['2025-11-01', '2025-11-30', '2025-11-30']],
    ],
    [
      'parts of two months',
      '2026-01-31',
      '2026-02-01',
      [],
      [
        ['2026-01-01', '2026-01-31', '2026-01-31'],
        ['2026-02-01', '2026-02-01', '2026-02-01'],
      ],
    ],
  ])('%s', (_what, first, last, whole, parts) => {
    expect(monthPartsOf({ first, last })).toEqual({
      whole,
      parts: parts.map(([month, from, to]) => ({ month, first: from, last: to })),
    });
  });

  it('touches each month once', () => {
    expect(monthsOf({ first: '2025-12-31', last: '2026-02-01' })).toEqual(['2025-12-01', '2026-01-01', '2026-02-01']);
  });
});

it('a month has two columns for each of its days, and two for all', () => {
  expect(new Set(countColumns).size).toBe(64);
  expect(countColumns).toContain('visitors_31');
});
