import { describe, expect, it } from 'vitest';
import { type PaceInput, paceOf } from '../../../src/reports/campaigns/pace.ts';

const november: PaceInput = {
  goal: 3_000,
  clicks: 0,
  startsOn: '2026-11-01',
  endsOn: '2026-11-30',
  timeZone: 'UTC',
  now: new Date('2026-11-11T00:00:00Z'),
};
const at = (changes: Partial<PaceInput>) => paceOf({ ...november, ...changes });

describe('the pace of a campaign', () => {
  it('expects clicks to come evenly, and goes on as they came', () => {
    expect(at({ clicks: 1_200 })).toEqual({ state: 'on pace', progress: 0.4, expected: 1_000, projected: 3_600 });
    expect(at({ clicks: 999 })).toEqual({ state: 'behind', progress: 0.333, expected: 1_000, projected: 2_997 });
    expect(at({ clicks: 1_000 }).state).toBe('on pace');
    expect(at({})).toEqual({ state: 'behind', progress: 0, expected: 1_000, projected: 0 });
  });

  it('is reached as soon as the clicks are there, and may pass its goal', () => {
    expect(at({ clicks: 3_000 })).toMatchObject({ state: 'reached', progress: 1, projected: 9_000 });
    expect(at({ clicks: 6_000 }).progress).toBe(2);
  });

  it('says nothing about the end before a day is over', () => {
    const first = new Date('2026-11-01T23:59:59Z');
    expect(at({ now: first, clicks: 5 })).toMatchObject({ state: 'early', projected: null });
    expect(at({ now: new Date('2026-11-02T00:00:00Z'), clicks: 5 })).toMatchObject({ state: 'behind', projected: 150 });
  });

  it('has not started before its first day, and is over after its last', () => {
    expect(at({ now: new Date('2026-10-31T23:59:59Z') })).toEqual({
      state: 'not started',
      progress: 0,
      expected: 0,
      projected: null,
    });
    expect(at({ now: new Date('2026-11-30T23:59:59Z'), clicks: 2_990 }).state).toBe('behind');
    expect(at({ now: new Date('2026-12-01T00:00:00Z'), clicks: 2_990 })).toEqual({
      state: 'missed',
      progress: 2_990 / 3_000,
      expected: 3_000,
      projected: null,
    });
    expect(at({ now: new Date('2027-01-01T00:00:00Z'), clicks: 3_000 }).state).toBe('reached');
  });

  it('takes the days of the zone, of which one may have 25 hours', () => {
    // 25 October 2026 has 25 hours in Berlin.
    const day = { goal: 100, clicks: 50, startsOn: '2026-10-25', endsOn: '2026-10-26', timeZone: 'Europe/Berlin' };
    expect(at({ ...day, now: new Date('2026-10-25T23:00:00Z') }).expected).toBe(51); // 25 of 49 hours
    expect(at({ ...day, now: new Date('2026-10-24T22:00:00Z') }).state).toBe('not started');
    expect(at({ ...day, now: new Date('2026-10-26T23:00:00Z') }).state).toBe('missed');
  });

  it('may last a single day', () => {
    const day = { startsOn: '2026-11-11', endsOn: '2026-11-11', clicks: 10 };
    expect(at({ ...day, now: new Date('2026-11-11T12:00:00Z') })).toMatchObject({ state: 'early', expected: 1_500 });
  });
});
