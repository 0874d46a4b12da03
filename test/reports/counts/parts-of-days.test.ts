import { describe, expect, it } from 'vitest';
import {
  intervalChoices,
  periodWords,
  previousName,
  previousWords,
  viewOf,
} from '../../../src/reports/addresses/period-links.ts';
import { isDayUnderWay, resolvePeriod } from '../../../src/reports/counts/period.ts';

const now = new Date('2026-11-22T14:20:00Z');
const range = (from: string, to?: string) => resolvePeriod({ from, to, timeZone: 'Europe/Berlin', now });

describe('a range of hours', () => {
  it.each([
    ['2026-11-20T08:00:00Z', '2026-11-20T11:00:00Z', '20 Nov 2026, 09:00 – 12:00', 'in the 3 hours before'],
    ['2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z', '20 Nov 2026, 09:00 – 10:00', 'in the hour before'],
    ['2026-11-20T08:00:00Z', '2026-11-20T08:30:00Z', '20 Nov 2026, 09:00 – 09:30', 'in the 30 minutes before'],
    [
      '2026-11-19T22:00:00Z',
      '2026-11-20T02:00:00Z',
      '19 Nov 2026, 23:00 – 20 Nov 2026, 03:00',
      'in the 4 hours before',
    ],
    [
      '2026-11-10T08:00:00Z',
      '2026-11-20T08:10:00Z',
      '10 Nov 2026, 09:00 – 20 Nov 2026, 09:10',
      'in the 240 hours before',
    ],
  ])('from %s to %s is named by its times and compared with as long a time', (from, to, words, before) => {
    const period = range(from, to);
    expect(periodWords(period)).toBe(words);
    expect(previousWords(period)).toBe(before);
    expect(`in the ${previousName(period).toLowerCase()}`).toBe(before);
    expect(period.previous.to.getTime() - period.previous.from.getTime()).toBe(Date.parse(to) - Date.parse(from));
  });

  it('keeps its times in the links that lead on from it', () => {
    const period = range('2026-11-19T22:30:00Z', '2026-11-20T02:00:00Z');
    expect(viewOf(period, [])).toMatchObject({ from: '2026-11-19T22:30:00.000Z', to: '2026-11-20T02:00:00.000Z' });
    const hrefs = intervalChoices('/reports', period).map(({ href }) => href);
    expect(hrefs).toEqual([
      '/reports?from=2026-11-19T22:30:00.000Z&to=2026-11-20T02:00:00.000Z&interval=hour',
      '/reports?from=2026-11-19T22:30:00.000Z&to=2026-11-20T02:00:00.000Z&interval=day',
    ]);
    for (const href of hrefs) {
      const asked = new URL(href, 'http://localhost').searchParams;
      const again = range(asked.get('from') ?? '', asked.get('to') ?? '');
      expect([again.from, again.to]).toEqual([period.from, period.to]);
    }
  });
});

describe('a range of days', () => {
  it('is named by its days, whatever its steps', () => {
    const day = range('2026-11-20', '2026-11-20');
    expect([periodWords(day), previousWords(day), day.interval]).toEqual(['20 Nov 2026', 'on the day before', 'hour']);
    expect(viewOf(day, [])).toEqual({ from: '2026-11-20', to: '2026-11-20', filters: [] });
    expect(previousWords(range('2026-10-24', '2026-10-26'))).toBe('in the 3 days before');
  });

  it('is one when its instants are midnights of the zone', () => {
    const day = range('2026-11-19T23:00:00Z', '2026-11-20T23:00:00Z');
    expect([periodWords(day), previousWords(day)]).toEqual(['20 Nov 2026', 'on the day before']);
  });

  it('is under way when it is today, however it was asked for: it is not compared as if it were over', () => {
    const days = [
      range('2026-11-22', '2026-11-22'),
      range('2026-11-21', '2026-11-21'),
      range('2026-11-21', '2026-11-22'),
    ];
    expect(days.map(isDayUnderWay)).toEqual([true, false, false]);
    expect(isDayUnderWay(resolvePeriod({ period: 'today', timeZone: 'Europe/Berlin', now }))).toBe(true);
  });
});
