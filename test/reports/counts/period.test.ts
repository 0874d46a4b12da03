import { describe, expect, it } from 'vitest';
import { type Bucket, bucketsOf } from '../../../src/reports/counts/buckets.ts';
import { periodSteps, periodWords, previousWords } from '../../../src/reports/addresses/period-links.ts';
import {
  type Interval,
  intervals,
  type PeriodInput,
  resolvePeriod,
  stepPeriod,
} from '../../../src/reports/counts/period.ts';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

const now = new Date('2026-11-22T14:20:00Z');
const berlin = (input: Partial<PeriodInput> = {}) => resolvePeriod({ timeZone: 'Europe/Berlin', now, ...input });
const keys = (buckets: Bucket[]) => buckets.map((bucket) => bucket.key);

describe('named periods', () => {
  it('are 30 whole days including today when nothing is asked for', () => {
    const period = berlin();
    expect(period.name).toBe('30d');
    expect(period.days).toEqual({ first: '2026-10-24', last: '2026-11-22' });
    expect(period.from.toISOString()).toBe('2026-10-23T22:00:00.000Z');
    expect(period.to.toISOString()).toBe('2026-11-22T23:00:00.000Z');
    expect(period.interval).toBe('day');
    expect(bucketsOf(period)).toHaveLength(30);
  });

  it.each([
    ['today', '2026-11-22', 'hour', 24],
    ['7d', '2026-11-16', 'day', 7],
    ['90d', '2026-08-25', 'day', 90],
    ['12mo', '2025-12-01', 'month', 12],
  ] as const)('%s begins on %s and counts by %s', (name, first, interval, count) => {
    const period = berlin({ period: name });
    expect(period.days).toEqual({ first, last: '2026-11-22' });
    expect(period.interval).toBe(interval);
    expect(bucketsOf(period)).toHaveLength(count);
  });

  it('take today from the zone, not from the server', () => {
    const late = { period: 'today', now: new Date('2026-11-22T10:30:00Z') } as const;
    expect(berlin({ ...late, timeZone: 'Pacific/Kiritimati' }).days.first).toBe('2026-11-23');
    expect(berlin({ ...late, timeZone: 'Pacific/Pago_Pago' }).days.first).toBe('2026-11-21');
  });

  it('all begins on the day of the first click, or today without one', () => {
    const all = berlin({ period: 'all', firstHitAt: new Date('2024-05-31T22:30:00Z') });
    expect(all.days.first).toBe('2024-06-01');
    expect(all.interval).toBe('month');
    expect(berlin({ period: 'all', firstHitAt: null }).days.first).toBe('2026-11-22');
  });
});

describe('periods of something young', () => {
  const createdAt = new Date('2026-11-20T22:30:00Z');

  it.each([
    ['7d', '2026-11-20', 'day', 3],
    ['30d', '2026-11-20', 'day', 3],
    ['90d', '2026-11-20', 'day', 3],
    ['12mo', '2026-11-20', 'day', 3],
  ] as const)('%s begins with its first day, counted by %s', (name, first, interval, count) => {
    const period = berlin({ period: name, createdAt });
    expect(period.days).toEqual({ first, last: '2026-11-22' });
    expect([period.interval, bucketsOf(period).length]).toEqual([interval, count]);
    expect(periodWords(period)).toBe('Since its creation on 20 Nov 2026');
    expect(periodSteps('/links/4f7', period, { filters: [] })).toEqual([]);
    expect(stepPeriod(period, -1)).toBeNull();
  });

  it('count the hours of a first day', () => {
    const period = berlin({ createdAt: now, interval: 'hour' });
    expect([period.days.first, period.interval, bucketsOf(period).length]).toEqual(['2026-11-22', 'hour', 24]);
    expect(berlin({ createdAt: now }).interval).toBe('hour');
  });

  it('stay as they are where it is older, and where days of one’s own, or all time, are asked for', () => {
    expect(berlin({ period: '7d', createdAt: new Date('2026-11-15T12:00:00Z') })).toEqual(berlin({ period: '7d' }));
    for (const asked of [{ period: 'today' }, { period: 'last-week' }, { from: '2026-11-01' }] as const)
      expect(berlin({ ...asked, createdAt })).toEqual(berlin(asked));
  });
});

describe('periods of the calendar', () => {
  const previousDays = (input: Partial<PeriodInput>) => {
    const { previous, timeZone } = berlin(input);
    const day = (instant: number) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(instant);
    return [day(previous.from.getTime()), day(previous.to.getTime() - 1)];
  };

  // 22 November 2026 is a Sunday.
  it.each([
    ['yesterday', ['2026-11-21', '2026-11-21'], ['2026-11-20', '2026-11-20'], 'hour', 'on the day before'],
    ['this-week', ['2026-11-16', '2026-11-22'], ['2026-11-09', '2026-11-15'], 'day', 'in the same days of last week'],
    ['last-week', ['2026-11-09', '2026-11-15'], ['2026-11-02', '2026-11-08'], 'day', 'in the week before'],
    ['this-month', ['2026-11-01', '2026-11-22'], ['2026-10-01', '2026-10-22'], 'day', 'in the same days of last month'],
    ['last-month', ['2026-10-01', '2026-10-31'], ['2026-09-01', '2026-09-30'], 'day', 'in the month before'],
  ] as const)('%s is %j, against %j', (name, [first, last], before, interval, words) => {
    const period = berlin({ period: name });
    expect(period).toMatchObject({ name, days: { first, last }, interval });
    expect(previousDays({ period: name })).toEqual(before);
    expect(previousWords(period)).toBe(words);
    expect(periodWords(period)).toBe(
      {
        yesterday: 'Yesterday',
        'this-week': 'This week',
        'last-week': 'Last week',
        'this-month': 'This month',
        'last-month': 'Last month',
      }[name],
    );
  });

  it('begin their weeks where the chart does', () => {
    expect(berlin({ period: 'last-week', weekStartsOn: 0 }).days).toEqual({ first: '2026-11-15', last: '2026-11-21' });
    expect(berlin({ period: 'last-week', weekStartsOn: 6 }).days).toEqual({ first: '2026-11-14', last: '2026-11-20' });
    expect(berlin({ period: 'this-week', weekStartsOn: 0 }).days).toEqual({ first: '2026-11-22', last: '2026-11-22' });
    expect(berlin({ period: 'this-week', weekStartsOn: 6 }).days).toEqual({ first: '2026-11-21', last: '2026-11-22' });
    expect(previousDays({ period: 'this-week', weekStartsOn: 6 })).toEqual(['2026-11-14', '2026-11-15']);
    const monday = { period: 'last-week', now: new Date('2026-11-22T23:30:00Z') } as const;
    expect(berlin(monday).days).toEqual({ first: '2026-11-16', last: '2026-11-22' });
    expect(berlin({ ...monday, timeZone: 'America/New_York' }).days.first).toBe('2026-11-09');
  });

  it('are whole days where the clocks change', () => {
    const hours = ({ from, to }: { from: Date; to: Date }) => (to.getTime() - from.getTime()) / 3_600_000;
    expect(hours(berlin({ period: 'yesterday', now: new Date('2026-03-30T08:00:00Z') }))).toBe(23);
    const week = berlin({ period: 'last-week', now: new Date('2026-10-28T08:00:00Z') });
    expect([hours(week), hours(week.previous)]).toEqual([7 * 24 + 1, 7 * 24]);
    const month = {
      period: 'last-month',
      timeZone: 'America/New_York',
      now: new Date('2026-12-01T05:00:00Z'),
    } as const;
    expect(berlin(month).from.toISOString()).toBe('2026-11-01T04:00:00.000Z');
    expect(berlin(month).to.toISOString()).toBe('2026-12-01T05:00:00.000Z');
    expect(hours(berlin(month))).toBe(30 * 24 + 1);
  });

  it('end with the shorter of two months', () => {
    const march = new Date('2026-03-31T12:00:00Z');
    expect(previousDays({ period: 'this-month', now: march })).toEqual(['2026-02-01', '2026-02-28']);
    expect(previousDays({ period: 'last-month', now: march })).toEqual(['2026-01-01', '2026-01-31']);
    expect(previousDays({ period: 'this-month', now: new Date('2028-02-29T12:00:00Z') })).toEqual([
      '2028-01-01',
      '2028-01-29',
    ]);
    expect(previousDays({ period: 'last-month', now: new Date('2027-01-01T12:00:00Z') })).toEqual([
      '2026-11-01',
      '2026-11-30',
    ]);
  });

  it('are the months before for a range of whole months, and days for all others', () => {
    expect(previousDays({ from: '2026-07-01', to: '2026-09-30' })).toEqual(['2026-04-01', '2026-06-30']);
    expect(previousWords(berlin({ from: '2026-07-01', to: '2026-09-30' }))).toBe('in the 3 months before');
    expect(previousDays({ from: '2026-07-01', to: '2026-09-29' })).toEqual(['2026-04-01', '2026-06-30']);
    expect(previousWords(berlin({ from: '2026-07-01', to: '2026-09-29' }))).toBe('in the 91 days before');
    // Thirty days that happen to be November stay thirty days.
    expect(previousDays({ period: '30d', now: new Date('2026-11-30T12:00:00Z') })).toEqual([
      '2026-10-02',
      '2026-10-31',
    ]);
    expect(previousWords(berlin({ from: '2026-10-01T08:00:00Z', to: '2026-10-31T23:00:00Z' }))).toMatch(
      /hours before$/,
    );
  });
});

describe('a step earlier or later', () => {
  const steps = (input: Partial<PeriodInput>) => {
    const period = berlin(input);
    return [stepPeriod(period, -1), stepPeriod(period, 1)];
  };

  it.each([
    [{ period: 'today' }, { from: '2026-11-21', to: '2026-11-21' }, null],
    [{ period: 'yesterday' }, { from: '2026-11-20', to: '2026-11-20' }, { from: '2026-11-22', to: '2026-11-22' }],
    [{ period: '7d' }, { from: '2026-11-09', to: '2026-11-15' }, null],
    [{ period: '30d' }, { from: '2026-09-24', to: '2026-10-23' }, null],
    [{ period: 'this-week' }, { from: '2026-11-09', to: '2026-11-15' }, null],
    [{ period: 'this-week', weekStartsOn: 6 }, { from: '2026-11-14', to: '2026-11-20' }, null],
    [{ period: 'last-week', weekStartsOn: 6 }, { from: '2026-11-07', to: '2026-11-13' }, { period: 'this-week' }],
    [{ period: 'last-week' }, { from: '2026-11-02', to: '2026-11-08' }, { from: '2026-11-16', to: '2026-11-22' }],
    [{ period: 'this-month' }, { from: '2026-10-01', to: '2026-10-31' }, null],
    [{ period: 'last-month' }, { from: '2026-09-01', to: '2026-09-30' }, { period: 'this-month' }],
    [{ period: '12mo' }, { from: '2024-12-01', to: '2025-11-30' }, null],
    [{ period: 'all' }, null, null],
    [{ from: '2024-12-01', to: '2025-11-30' }, { from: '2023-12-01', to: '2024-11-30' }, { period: '12mo' }],
    [
      { from: '2026-02-01', to: '2026-02-28' },
      { from: '2026-01-01', to: '2026-01-31' },
      { from: '2026-03-01', to: '2026-03-31' },
    ],
    [{ from: '2026-07-01', to: '2026-09-30' }, { from: '2026-04-01', to: '2026-06-30' }, null],
    [{ from: '2026-11-14', to: '2026-11-18' }, { from: '2026-11-09', to: '2026-11-13' }, null],
    [{ from: '1970-01-03', to: '1970-01-05' }, null, { from: '1970-01-06', to: '1970-01-08' }],
  ] as const)('%j: %j and %j', (input, earlier, later) => {
    expect(steps(input)).toEqual([earlier, later]);
  });

  it('is whole days across summer time, in any zone', () => {
    const week = { from: '2026-10-19', to: '2026-10-25' };
    for (const timeZone of ['Europe/Berlin', 'America/New_York']) {
      expect(steps({ ...week, timeZone })).toEqual([
        { from: '2026-10-12', to: '2026-10-18' },
        { from: '2026-10-26', to: '2026-11-01' },
      ]);
    }
  });

  it('keeps the steps of the chart, but for hours of a month', () => {
    const early = { now: new Date('2026-11-04T12:00:00Z') };
    const earlier = (period: 'this-month' | '7d') =>
      periodSteps('/reports', berlin({ ...early, period }), { interval: 'hour', filters: [] })[0]?.href;
    expect(earlier('this-month')).toBe('/reports?from=2026-10-01&to=2026-10-31');
    expect(earlier('7d')).toBe('/reports?from=2026-10-22&to=2026-10-28&interval=hour');
  });

  it('is as many hours where a range is hours', () => {
    expect(steps({ from: '2026-11-22T10:30:00Z', to: '2026-11-22T12:30:00Z' })).toEqual([
      { from: '2026-11-22T08:30:00.000Z', to: '2026-11-22T10:30:00.000Z' },
      { from: '2026-11-22T12:30:00.000Z', to: '2026-11-22T14:30:00.000Z' },
    ]);
    expect(steps({ from: '2026-11-22T12:30:00Z', to: '2026-11-22T14:30:00Z' })[1]).toBeNull();
  });
});

describe('custom ranges', () => {
  it('include their last day', () => {
    const period = berlin({ from: '2026-03-01', to: '2026-03-31' });
    expect(period.name).toBe('custom');
    expect(period.from.toISOString()).toBe('2026-02-28T23:00:00.000Z');
    expect(period.to.toISOString()).toBe('2026-03-31T22:00:00.000Z');
    expect(bucketsOf(period)).toHaveLength(31);
  });

  it('end today when they have no end or one in the future', () => {
    expect(berlin({ from: '2026-11-01' }).days.last).toBe('2026-11-22');
    expect(berlin({ from: '2026-11-01', to: '2026-12-31' }).days.last).toBe('2026-11-22');
  });

  it('take instants as they are, half-open', () => {
    const period = berlin({ from: '2026-11-20T10:30:00Z', to: '2026-11-20T12:00:00+00:00' });
    expect(period.to.getTime() - period.from.getTime()).toBe(90 * 60_000);
    expect(bucketsOf(period).map((bucket) => bucket.start.toISOString().slice(11, 16))).toEqual(['10:30', '11:00']);
    expect(period.previous.to).toEqual(period.from);
    expect(period.previous.from.toISOString()).toBe('2026-11-20T09:00:00.000Z');
  });

  it('choose days, weeks or months by their length', () => {
    expect(berlin({ from: '2026-11-22' }).interval).toBe('hour');
    expect(berlin({ from: '2026-08-23' }).interval).toBe('day');
    expect(berlin({ from: '2026-08-01' }).interval).toBe('week');
    expect(berlin({ from: '2025-08-01' }).interval).toBe('month');
  });
});

describe('the period before', () => {
  it('has as many days and ends where this one begins', () => {
    const period = berlin({ period: '7d', now: new Date('2026-10-27T12:00:00Z') });
    expect(period.previous.to).toEqual(period.from);
    // The clocks went back on 25 October: this week has an hour more than the one before, not a day.
    expect(period.previous.from.toISOString()).toBe('2026-10-13T22:00:00.000Z');
    expect(bucketsOf({ ...period, ...period.previous })).toHaveLength(7);
  });

  it('of 12 months is the same months up to the same day a year earlier', () => {
    const { previous, ...period } = berlin({ period: '12mo' });
    expect(previous.from.toISOString()).toBe('2024-11-30T23:00:00.000Z');
    expect(previous.to.toISOString()).toBe('2025-11-22T23:00:00.000Z');
    expect(keys(bucketsOf({ ...period, ...previous })).at(-1)).toBe('2025-11');
  });

  it('of 12 months ends with February on a leap day', () => {
    const { previous } = berlin({ period: '12mo', now: new Date('2028-02-29T12:00:00Z') });
    expect(previous.to.toISOString()).toBe('2027-02-28T23:00:00.000Z');
  });
});

describe('what is refused', () => {
  it.each([
    ['timezone', { timeZone: 'Mars/Base' }],
    ['timezone', { timeZone: '+02:00' }],
    ['period', { period: '7d', from: '2026-11-01' }],
    ['from', { to: '2026-11-01' }],
    ['from', { from: '2026-02-30' }],
    ['from', { from: '2026-02-30T10:00:00Z' }],
    ['from', { from: '2026-11-01T10:00:00' }],
    ['from', { from: '2027-01-01', to: '2027-01-02' }],
    ['from', { from: '1969-12-31' }],
    ['to', { from: '2026-11-02', to: '2026-11-01' }],
    ['to', { from: '2026-11-02', to: 'tomorrow' }],
    ['interval', { period: '30d', interval: 'hour' }],
    ['interval', { from: '2000-01-01', interval: 'day' }],
  ] as const)('names the field %s for %o', (field, input) => {
    const refusal = (() => {
      try {
        return berlin(input);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(Invalid);
    expect(refusal).toMatchObject({ field });
  });
});

describe('buckets', () => {
  it('mark the one that is under way and those that are to come', () => {
    const buckets = bucketsOf(berlin({ period: 'today' }));
    expect(buckets.filter((bucket) => bucket.isUnfinished).map((bucket) => bucket.key)).toEqual(['2026-11-22T15']);
    expect(buckets.filter((bucket) => bucket.isFuture)).toHaveLength(8);
    expect(bucketsOf(berlin()).filter((bucket) => bucket.isUnfinished || bucket.isFuture)).toHaveLength(1);
  });

  it('leave out the hour that the clocks skip', () => {
    const hours = keys(bucketsOf(berlin({ from: '2026-03-29', to: '2026-03-29', interval: 'hour' })));
    expect(hours).toHaveLength(23);
    expect(hours).not.toContain('2026-03-29T02');
  });

  it('tell apart the hour that the clocks show twice', () => {
    const hours = bucketsOf(berlin({ from: '2026-10-25', to: '2026-10-25', interval: 'hour' }));
    expect(hours).toHaveLength(25);
    expect(keys(hours).slice(1, 5)).toEqual([
      '2026-10-25T01',
      '2026-10-25T02+02:00',
      '2026-10-25T02+01:00',
      '2026-10-25T03',
    ]);
    expect(hours[2]?.label).toBe('Sun 25 Oct 2026, 02:00 (UTC+02:00)');
  });

  it('begin anew where clocks move inside an hour', () => {
    const hours = (day: string, timeZone: string) =>
      bucketsOf(resolvePeriod({ from: day, to: day, interval: 'hour', timeZone, now }))
        .slice(1, 6)
        .map((bucket) => [bucket.key.slice(11), (bucket.end.getTime() - bucket.start.getTime()) / 60_000]);
    // Lord Howe moves by 30 minutes at 02:00, Chatham by 60 minutes at 03:45.
    expect(hours('2026-10-04', 'Australia/Lord_Howe').slice(0, 3)).toEqual([
      ['01', 60],
      ['02', 30],
      ['03', 60],
    ]);
    expect(hours('2026-04-05', 'Australia/Lord_Howe').slice(0, 3)).toEqual([
      ['01+11:00', 60],
      ['01+10:30', 30],
      ['02', 60],
    ]);
    expect(hours('2026-04-05', 'Pacific/Chatham')).toEqual([
      ['01', 60],
      ['02+13:45', 60],
      ['03+13:45', 45],
      ['02+12:45', 15],
      ['03+12:45', 60],
    ]);
  });

  it('leave out the day that a zone skipped', () => {
    const days = resolvePeriod({ from: '2011-12-28', to: '2012-01-01', timeZone: 'Pacific/Apia', now });
    expect(keys(bucketsOf(days))).toEqual(['2011-12-28', '2011-12-29', '2011-12-31', '2012-01-01']);
  });

  it('name a week by its first day, also where the period cuts it', () => {
    const weeks = (weekStartsOn: 0 | 1) =>
      keys(bucketsOf(berlin({ from: '2026-11-04', to: '2026-11-17', interval: 'week', weekStartsOn })));
    expect(weeks(1)).toEqual(['2026-11-02', '2026-11-09', '2026-11-16']);
    expect(weeks(0)).toEqual(['2026-11-01', '2026-11-08', '2026-11-15']);
  });

  it('say what they cover', () => {
    const labels = (interval: Interval) =>
      bucketsOf(berlin({ from: '2026-11-04', to: '2026-11-10', interval })).map(({ label, shortLabel }) => [
        label,
        shortLabel,
      ]);
    expect(labels('day')[0]).toEqual(['Wed 4 Nov 2026', '4 Nov']);
    expect(labels('week')[0]).toEqual(['4 Nov – 8 Nov 2026', '4 Nov']);
    expect(labels('month')[0]).toEqual(['Nov 2026', 'Nov']);
    expect(labels('hour').slice(23, 26)).toEqual([
      ['Wed 4 Nov 2026, 23:00', ''],
      ['Thu 5 Nov 2026, 00:00', '5 Nov'],
      ['Thu 5 Nov 2026, 01:00', ''],
    ]);
  });

  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/Sao_Paulo',
    'America/Havana',
    'America/Santiago',
    'America/St_Johns',
    'Africa/Cairo',
    'Africa/Casablanca',
    'Asia/Beirut',
    'Asia/Kathmandu',
    'Asia/Kolkata',
    'Asia/Tehran',
    'Atlantic/Azores',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Pacific/Chatham',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
  ];

  it.each(zones)('tile every period without gap or overlap in %s', (timeZone) => {
    const lengths = { hour: 8, day: 35, week: 90, month: 400 };
    for (const [interval, days] of intervals.map((each) => [each, lengths[each]] as const)) {
      for (const year of [2012, 2018, 2026]) {
        for (const start of ['01-03', '03-06', '03-28', '04-01', '09-05', '10-02', '10-23', '10-30']) {
          const from = `${year}-${start}`;
          const to = new Date(Date.parse(from) + (days - 1) * 86_400_000).toISOString().slice(0, 10);
          const period = resolvePeriod({ from, to, interval, timeZone, now: new Date('2040-01-01') });
          expectTiles(bucketsOf(period), period, interval, timeZone);
        }
      }
    }
  });

  it('take a few milliseconds for a year of days', () => {
    const period = berlin({ from: '2025-11-23', interval: 'day' });
    expect(bucketsOf(period)).toHaveLength(365);
    // Without the cache of formatters it takes 90.
    expect(ownTimeOf(() => bucketsOf(period))).toBeLessThan(50);
  });
});

/** Compares with what Intl says, which shares no code with the buckets. */
function expectTiles(buckets: Bucket[], span: { from: Date; to: Date }, interval: Interval, timeZone: string): void {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const shown = (instant: number) => parts.format(instant).replace(' ', 'T');
  const lengths = { hour: 13, day: 10, week: 0, month: 7 };
  const where = `${interval} ${timeZone} ${span.from.toISOString()}`;

  expect(buckets[0]?.start, where).toEqual(span.from);
  expect(buckets.at(-1)?.end, where).toEqual(span.to);
  expect(new Set(keys(buckets)).size, where).toBe(buckets.length);
  const broken = buckets.filter((bucket, index) => {
    const next = buckets[index + 1];
    const isTight = bucket.start < bucket.end && (!next || next.start.getTime() === bucket.end.getTime());
    const names = [bucket.start.getTime(), bucket.end.getTime() - 1].map((instant) =>
      shown(instant).slice(0, lengths[interval]),
    );
    return !isTight || names.some((name) => !bucket.key.startsWith(name));
  });
  expect(broken, where).toEqual([]);
}
