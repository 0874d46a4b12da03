import { describe, expect, it } from 'vitest';
import {
  addDays,
  addMonths,
  countDays,
  dayStart,
  isDay,
  isTimeZone,
  localDay,
  zoneOffset,
} from '../../../src/ground/time/zoned-time.ts';

describe('days in a zone', () => {
  it('start at midnight, also on the day the clocks change', () => {
    expect(dayStart('2026-03-29', 'Europe/Berlin').toISOString()).toBe('2026-03-28T23:00:00.000Z');
    expect(dayStart('2026-03-30', 'Europe/Berlin').toISOString()).toBe('2026-03-29T22:00:00.000Z');
    expect(dayStart('2026-11-22', 'Asia/Kolkata').toISOString()).toBe('2026-11-21T18:30:00.000Z');
    expect(dayStart('2026-11-22', 'Pacific/Kiritimati').toISOString()).toBe('2026-11-21T10:00:00.000Z');
  });

  it('start after the leap where the clocks skip midnight', () => {
    expect(dayStart('2018-11-04', 'America/Sao_Paulo').toISOString()).toBe('2018-11-04T03:00:00.000Z');
    expect(localDay(new Date('2018-11-04T02:59:59.999Z'), 'America/Sao_Paulo')).toBe('2018-11-03');
  });

  it('start at the first of two midnights', () => {
    expect(dayStart('2026-11-01', 'America/Havana').toISOString()).toBe('2026-11-01T04:00:00.000Z');
    expect(zoneOffset(new Date('2026-11-01T05:00:00Z'), 'America/Havana')).toBe(-5 * 3600_000);
  });

  it('start in the middle of a leap that began the evening before', () => {
    // Toronto moved from 23:30 to 00:30 on 30 March 1919.
    expect(dayStart('1919-03-31', 'America/Toronto').toISOString()).toBe('1919-03-31T04:30:00.000Z');
  });

  it('have no length where the zone skipped them', () => {
    expect(dayStart('2011-12-30', 'Pacific/Apia')).toEqual(dayStart('2011-12-31', 'Pacific/Apia'));
    expect(dayStart('2011-12-31', 'Pacific/Apia').toISOString()).toBe('2011-12-30T10:00:00.000Z');
  });

  it('keep milliseconds on the right side of midnight', () => {
    expect(localDay(new Date('2026-11-22T22:59:59.999Z'), 'Europe/Berlin')).toBe('2026-11-22');
    expect(localDay(new Date('2026-11-22T23:00:00.000Z'), 'Europe/Berlin')).toBe('2026-11-23');
  });

  it('start where their last instant of the day before ends, in every zone, through a whole year', {
    timeout: 30_000,
  }, () => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 5)) {
        const start = dayStart(day, zone).getTime();
        expect(localDay(new Date(start), zone), `${day} ${zone}`).toBe(day);
        expect(localDay(new Date(start - 1), zone), `before ${day} ${zone}`).toBe(addDays(day, -1));
      }
    }
  });
});

describe('the calendar', () => {
  it('counts days over months and leap years', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-01');
    expect(addMonths('2026-11-22', -11)).toBe('2025-12-01');
    expect(countDays('2026-11-22', '2026-11-22')).toBe(1);
    expect(countDays('2026-03-01', '2026-03-31')).toBe(31);
  });

  it('knows which days exist', () => {
    expect(['2028-02-29', '2026-12-31'].every(isDay)).toBe(true);
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '20261122', '2026-11-22T00:00', ''].some(isDay)).toBe(false);
    expect(['1000-01-02', '9998-12-31'].every(isDay)).toBe(true);
    expect(['0000-05-05', '0001-01-01', '1000-01-01', '9999-12-31'].some(isDay)).toBe(false);
  });
});

describe('zone names', () => {
  it('are those of the IANA database', () => {
    expect(['Europe/Berlin', 'UTC', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(true);
    expect(['', 'Mars/Base', '+05:30', 'Europe/Berlin; drop', 'Berlin'].some(isTimeZone)).toBe(false);
  });
});
