import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatCompact,
  formatDate,
  formatDateTime,
  formatNumber,
  formatPercent,
  inSentence,
  plural,
} from '../../../src/ground/text/format.ts';

describe('numbers', () => {
  it('have commas', () => {
    expect(formatNumber(1234)).toBe('1,234');
    expect(formatNumber(0)).toBe('0');
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1234, '1.2k'],
    [12345, '12.3k'],
    [999_999, '1M'],
    [1_200_000, '1.2M'],
  ])('%d is short as %s', (value, text) => expect(formatCompact(value)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.0001, '<1 %'],
    [0.01, '1 %'],
    [0.124, '12 %'],
    [0.999, '>99 %'],
    [1, '100 %'],
  ])('a share of %d reads %s', (share, text) => expect(formatPercent(share)).toBe(text));

  it('agree with their nouns', () => {
    expect(plural(0, 'click')).toBe('0 clicks');
    expect(plural(1, 'click')).toBe('1 click');
    expect(plural(1204, 'click')).toBe('1,204 clicks');
    expect(plural(2, 'country', 'countries')).toBe('2 countries');
  });
});

it('a heading within a sentence begins small, unless it is an abbreviation', () => {
  expect(['Countries', 'QR codes', 'UTM sources', 'A/B test', ''].map(inSentence)).toEqual([
    'countries',
    'QR codes',
    'UTM sources',
    'A/B test',
    '',
  ]);
});

describe('dates', () => {
  const instant = new Date('2026-09-05T23:05:00Z');

  it('are those of the zone', () => {
    expect(formatDate(instant, 'UTC')).toBe('5 Sep 2026');
    expect(formatDate(instant, 'Asia/Kolkata')).toBe('6 Sep 2026');
    expect(formatDateTime(instant, 'Asia/Kolkata')).toBe('6 Sep 2026, 04:35');
  });

  it.each([
    [30_000, 'just now'],
    [60_000, '1 minute ago'],
    [59.9 * 60_000, '59 minutes ago'],
    [47 * 3600_000, '1 day ago'],
    [45 * 86_400_000, '1 month ago'],
    [800 * 86_400_000, '2 years ago'],
    [-3 * 86_400_000, 'in 3 days'],
  ])('%d ms back is %s', (distance, text) => {
    expect(formatAgo(new Date(instant.getTime() - distance), instant)).toBe(text);
  });
});
