import { describe, expect, it } from 'vitest';
import type { Condition, Leaf } from '../../../src/ground/addresses/route.ts';
import { warningsOf } from '../../../src/links/routes/never.ts';

const now = new Date('2026-12-24T12:00:00Z');
const timeZone = 'Europe/Berlin';
const leaf = (what: 'country' | 'language' | 'referrer' | 'city', ...values: string[]): Leaf => ({
  what,
  is: 'one_of',
  values,
});
const germany = leaf('country', 'DE', 'AT');
const german = leaf('language', 'de');
const before = (date: string): Leaf => ({ what: 'date', is: 'before', date, timeZone });
const from = (date: string): Leaf => ({ what: 'date', is: 'from', date, timeZone });
const always: Condition = { all: [] };

/** Warnings of rules with these conditions, which are called A, B and so on. */
const warningsFor = (...conditions: Condition[]) =>
  warningsOf(
    conditions.map((when, index) => ({ name: String.fromCharCode(65 + index), when })),
    now,
  );

describe('a rule to which no visitor comes', () => {
  it('stands after one that takes all', () => {
    const after = 'No visitor comes to this rule: “B” above it takes all of them.';
    expect(warningsFor(germany, always, german)).toEqual([null, null, after]);
    const [, warning] = warningsFor({ any: [germany, { not: { any: [] } }] }, german);
    expect(warning).toContain('“A” above it takes all');
    expect(warningsFor(from('2026-12-24T12:00'), german)[1]).toContain('“A” above it takes all');
  });

  it('asks the same as an earlier one, in whatever order', () => {
    const [, , warning] = warningsFor(
      german,
      { all: [germany, german] },
      { all: [german, { is: 'one_of', values: ['AT', 'DE'], what: 'country' }] },
    );
    expect(warning).toBe('No visitor comes to this rule: “B” above it has the same condition.');
    expect(warningsFor(germany, leaf('country', 'DE'))).toEqual([null, null]);
  });

  it.each<[string, Condition]>([
    ['an end', before('2026-12-24T13:00')],
    ['an end beside something else', { all: [german, before('2026-12-01T00:00')] }],
    ['a range', { what: 'date', is: 'between', from: '2026-12-01T00:00', to: '2026-12-24T13:00', timeZone }],
    ['a beginning that is negated', { not: from('2026-12-24T13:00') }],
    ['all of several ranges', { any: [before('2026-01-01T00:00'), { all: [german, before('2026-02-01T00:00')] }] }],
  ])('has only dates that are over: %s', (_what, when) => {
    expect(warningsFor(when)).toEqual(['Its dates are over: no visitor comes to this rule any more.']);
  });

  it.each<[string, Condition]>([
    ['an end to come', before('2026-12-24T13:01')],
    ['one end of two', { any: [german, before('2026-01-01T00:00')] }],
    ['a beginning to come', from('2027-01-01T00:00')],
  ])('is not one with %s', (_what, when) => {
    expect(warningsFor(when)).toEqual([null]);
  });

  it('asks for two values of one fact at once', () => {
    expect(warningsFor({ all: [germany, { all: [german, leaf('country', 'FR')] }] })).toEqual([
      'This rule never holds: it cannot be that country is Germany or Austria and also that country is France.',
    ]);
    const [days] = warningsFor({
      all: ['mon', 'tue'].map((day): Leaf => ({ what: 'weekday', is: 'one_of', values: [day], timeZone })),
    });
    expect(days).toContain('This rule never holds');
  });

  it.each<[string, Condition]>([
    ['a language and its region', { all: [german, leaf('language', 'de-at')] }],
    ['a host and one below it', { all: [leaf('referrer', 'news.google.com'), leaf('referrer', 'google.com')] }],
    ['a city and the same with its country', { all: [leaf('city', 'berlin'), leaf('city', 'de/berlin')] }],
    ['values that meet', { all: [germany, leaf('country', 'AT', 'CH')] }],
    ['two facts', { all: [germany, german] }],
    ['one of two', { any: [germany, leaf('country', 'FR')] }],
    [
      'two parameters',
      {
        all: ['a', 'b'].map((name): Leaf => ({ what: 'query', name, is: 'one_of', values: [name] })),
      },
    ],
  ])('is not one that asks for %s', (_what, when) => {
    expect(warningsFor(when)).toEqual([null]);
  });

  it('ends before it begins, or asks for nothing', () => {
    const backwards: Leaf = { what: 'date', is: 'between', from: '2027-02-01T00:00', to: '2027-01-01T00:00', timeZone };
    expect(warningsFor(backwards)).toEqual(['This rule never holds: it ends before it begins.']);
    expect(warningsFor({ any: [] })).toEqual(['This rule never holds.']);
  });
});
