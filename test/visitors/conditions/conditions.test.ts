import { describe, expect, it } from 'vitest';
import type { Condition, Leaf } from '../../../src/ground/addresses/route.ts';
import { compile } from '../../../src/visitors/conditions/conditions.ts';
import type { Facts } from '../../../src/visitors/conditions/facts.ts';
import { factsOf } from '../../setup/facts.ts';

const ask = (condition: Condition, facts: Partial<Facts> = {}) => compile(condition).ask(factsOf(facts));
const timeZone = 'Europe/Berlin';
const oneOf = (what: 'country' | 'language', ...values: string[]): Leaf => ({ what, is: 'one_of', values });
const german = oneOf('country', 'DE');

describe('one question about a visit', () => {
  it.each<[Leaf, Partial<Facts>, boolean | null]>([
    [german, {}, true],
    [german, { country: 'AT' }, false],
    [german, { country: null }, null],
    [{ what: 'country', is: 'none_of', values: ['DE'] }, { country: null }, null],
    [{ what: 'country', is: 'none_of', values: ['DE'] }, { country: 'AT' }, true],
    [{ what: 'continent', is: 'one_of', values: ['SA'] }, { country: 'BR' }, true],
    [{ what: 'continent', is: 'one_of', values: ['EU'] }, { country: 'BR' }, false],
    [{ what: 'continent', is: 'one_of', values: ['EU'] }, { country: 'QQ' }, null],
    [{ what: 'city', is: 'one_of', values: ['berlin'] }, {}, true],
    [{ what: 'city', is: 'one_of', values: ['us/berlin'] }, {}, false],
    [{ what: 'region', is: 'one_of', values: ['de/berlin'] }, {}, true],
    [{ what: 'region', is: 'one_of', values: ['de/berlin'] }, { region: null }, null],
    [{ what: 'device', is: 'one_of', values: ['tablet', 'mobile'] }, {}, true],
    [{ what: 'system', is: 'one_of', values: ['android'] }, {}, true],
    [{ what: 'system', is: 'none_of', values: ['ios'] }, { system: null }, null],
    [{ what: 'browser', is: 'one_of', values: ['safari'] }, {}, false],
    [{ what: 'app', is: 'one_of', values: ['instagram'] }, { app: 'Instagram' }, true],
    [{ what: 'app', is: 'none_of', values: ['instagram'] }, {}, true],
    [{ what: 'referrer', is: 'one_of', values: ['google.com'] }, { referrer: 'news.google.com' }, true],
    [{ what: 'referrer', is: 'one_of', values: ['google.com'] }, { referrer: 'notgoogle.com' }, false],
    [{ what: 'referrer', is: 'none_of', values: ['google.com'] }, {}, null],
    [{ what: 'channel', is: 'one_of', values: ['direct'] }, {}, true],
    [{ what: 'slug', is: 'one_of', values: ['spring'] }, {}, true],
    [{ what: 'domain', is: 'one_of', values: ['domain'] }, {}, true],
    [{ what: 'entry', is: 'one_of', values: ['qr'] }, {}, false],
    [{ what: 'entry', is: 'one_of', values: ['qr'] }, { isQr: true }, true],
  ])('%j of %j is %s', (leaf, facts, truth) => {
    expect(ask(leaf, facts)).toBe(truth);
  });

  // Basic filtering (RFC 4647, 3.3.1): the range is a prefix of the tag, by whole subtags.
  it.each([
    ['pt', 'pt-br', true],
    ['pt-br', 'pt', false],
    ['pt', 'ptx', false],
    ['zh-hant', 'zh-hant-tw', true],
  ])('a language %s and a visitor who likes %s: %s', (range, language, truth) => {
    expect(ask(oneOf('language', range), { language })).toBe(truth);
  });

  it.each<[Leaf & { what: 'query' }, string | null, boolean | null]>([
    [{ what: 'query', name: 'ref', is: 'one_of', values: ['a b'] }, 'x=1&ref=a+b', true],
    [{ what: 'query', name: 'ref', is: 'one_of', values: ['a'] }, 'ref=A', false],
    [{ what: 'query', name: 'ref', is: 'none_of', values: ['a'] }, '', true],
    [{ what: 'query', name: 'ref', is: 'none_of', values: ['a'] }, null, null],
    [{ what: 'query', name: 'ref', is: 'given' }, 'ref', true],
    [{ what: 'query', name: 'ref', is: 'given' }, 'refx=1', false],
    [{ what: 'query', name: 'n', is: 'at_least', number: 5 }, 'n=5', true],
    [{ what: 'query', name: 'n', is: 'at_least', number: 5 }, 'n=4.9', false],
    [{ what: 'query', name: 'n', is: 'at_least', number: 0 }, 'n=', false],
    [{ what: 'query', name: 'n', is: 'at_least', number: 5 }, 'n=many', false],
    [{ what: 'query', name: 'ref', is: 'given' }, '%E0%A4%A&&&=&%', false],
  ])('%j of the query %s is %s', (leaf, rawQuery, truth) => {
    expect(ask(leaf, { rawQuery })).toBe(truth);
  });
});

describe('questions about the time', () => {
  const night: Leaf = { what: 'time', is: 'between', from: '22:00', to: '06:00', timeZone };
  const weekend: Leaf = { what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone };

  it.each([
    ['2026-03-20T20:59:59Z', false],
    ['2026-03-20T21:00:00Z', true],
    ['2026-03-21T04:59:59Z', true],
    ['2026-03-21T05:00:00Z', false],
    // Clocks leap from 2 to 3 on this night, so that it ends an hour earlier.
    ['2026-03-29T03:59:59Z', true],
    ['2026-03-29T04:00:00Z', false],
    // And here they go back from 3 to 2.
    ['2026-10-25T04:59:59Z', true],
    ['2026-10-25T05:00:00Z', false],
  ])('at %s it is night in Berlin: %s', (at, truth) => {
    expect(ask(night, { at: Date.parse(at) })).toBe(truth);
  });

  it.each([
    ['2026-03-20T22:59:59Z', false],
    ['2026-03-20T23:00:00Z', true],
    ['2026-03-22T22:59:59Z', false],
    ['2026-03-22T21:59:59Z', true],
    ['2026-03-29T21:59:59Z', true],
    ['2026-03-29T22:00:00Z', false],
  ])('at %s it is weekend in Berlin: %s', (at, truth) => {
    // Of the two about the end of 22 March, summer time is a week away: midnight is 23:00 UTC.
    expect(ask(weekend, { at: Date.parse(at) })).toBe(at === '2026-03-22T22:59:59Z' ? true : truth);
  });

  it('span half-open ranges of dates', () => {
    const at = (instant: string) => ({ at: Date.parse(instant) });
    const day: Leaf = { what: 'date', is: 'between', from: '2026-03-29T00:00', to: '2026-03-30T00:00', timeZone };
    const truths = [
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59.999Z',
      '2026-03-29T22:00:00Z',
    ];
    expect(truths.map((instant) => ask(day, at(instant)))).toEqual([false, true, true, false]);
    const noon = { what: 'date', date: '2026-07-01T12:00', timeZone } as const;
    expect(ask({ ...noon, is: 'before' }, at('2026-07-01T09:59:59Z'))).toBe(true);
    expect(ask({ ...noon, is: 'before' }, at('2026-07-01T10:00:00Z'))).toBe(false);
    expect(ask({ ...noon, is: 'from' }, at('2026-07-01T10:00:00Z'))).toBe(true);
  });
});

describe('several questions together', () => {
  const unknown = oneOf('language', 'fr');
  const facts = { language: null };
  const french: Condition = oneOf('country', 'FR');

  // Strong three-valued logic (S. C. Kleene, 1938).
  it.each<[string, Condition, boolean | null]>([
    ['true and unknown', { all: [german, unknown] }, null],
    ['false and unknown', { all: [french, unknown] }, false],
    ['unknown and false', { all: [unknown, french] }, false],
    ['true or unknown', { any: [unknown, german] }, true],
    ['false or unknown', { any: [french, unknown] }, null],
    ['not unknown', { not: unknown }, null],
    ['not true', { not: german }, false],
    ['not false', { not: french }, true],
    ['all of none', { all: [] }, true],
    ['any of none', { any: [] }, false],
    ['a tree', { any: [{ all: [french, german] }, { not: { all: [unknown, french] } }] }, true],
  ])('%s', (_name, condition, truth) => {
    expect(ask(condition, facts)).toBe(truth);
  });

  it.each([
    { what: 'moon', is: 'one_of', values: ['full'] },
    { what: 'country', is: 'like', values: ['D'] },
    { what: 'time', is: 'between', from: 'noon', to: '06:00', timeZone },
    { what: 'weekday', is: 'one_of', values: ['mon'], timeZone: 'Mars/Base' },
    { what: 'date', is: 'from', date: 'soon', timeZone },
    { what: 'date', is: 'around', date: '2026-07-01T12:00', timeZone },
    { what: 'country', is: 'one_of' },
    {},
    null,
    'x',
  ])('are unknown where a later version wrote %j', (leaf) => {
    expect(ask({ not: leaf as unknown as Leaf })).toBeNull();
    expect(ask({ any: [leaf as unknown as Leaf, german] })).toBe(true);
  });
});
