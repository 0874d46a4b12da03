import { describe, expect, it } from 'vitest';
import { slicesOf } from '../../../src/reports/counts/rows.ts';

const slices = (from: string, to: string) =>
  slicesOf({ from: new Date(from), to: new Date(to) }).map((slice) => [
    slice.from.toISOString().slice(0, 13),
    slice.to.toISOString().slice(0, 13),
  ]);

describe('a span is cut where partitions begin', () => {
  it('and is one slice within a month', () => {
    expect(slices('2026-02-01T00:00Z', '2026-03-01T00:00Z')).toEqual([['2026-02-01T00', '2026-03-01T00']]);
    expect(slices('2026-02-05T07:00Z', '2026-02-05T07:00Z')).toEqual([['2026-02-05T07', '2026-02-05T07']]);
  });

  it('at the first of each month of UTC, whatever the zone of its ends', () => {
    expect(slices('2025-12-31T23:00Z', '2026-02-28T23:00Z')).toEqual([
      ['2025-12-31T23', '2026-01-01T00'],
      ['2026-01-01T00', '2026-02-01T00'],
      ['2026-02-01T00', '2026-02-28T23'],
    ]);
  });

  it('into thirteen at most: what is longer than a year has several months in each', () => {
    expect(slices('2025-11-30T18:30Z', '2026-11-30T18:30Z')).toHaveLength(13);
    expect(slices('2025-11-30T18:30Z', '2026-12-01T18:30Z')).toHaveLength(7);
    const years = slices('2020-01-15T00:00Z', '2026-11-23T00:00Z');
    expect(years).toHaveLength(12);
    expect(years.slice(0, 2)).toEqual([
      ['2020-01-15T00', '2020-08-01T00'],
      ['2020-08-01T00', '2021-03-01T00'],
    ]);
    expect(years.at(-1)?.[1]).toBe('2026-11-23T00');
    expect(years.slice(1).map(([from]) => from)).toEqual(years.slice(0, -1).map(([, to]) => to));
  });
});
