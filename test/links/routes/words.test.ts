import { describe, expect, it } from 'vitest';
import type { Condition, Leaf } from '../../../src/ground/addresses/route.ts';
import { wordsOfCondition, wordsOfLeaf, wordsOfRoute } from '../../../src/links/routes/words.ts';

const country = (...values: string[]): Leaf => ({ what: 'country', is: 'one_of', values });
const portuguese: Leaf = { what: 'language', is: 'one_of', values: ['pt'] };
const weekend: Leaf = { what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone: 'Europe/Berlin' };
const timeZone = 'Europe/Berlin';

describe('a condition in words', () => {
  it.each<[string, Condition]>([
    [
      'country is Germany or Austria, and the language is Portuguese, and it is Saturday or Sunday in Europe/Berlin',
      { all: [country('DE', 'AT'), portuguese, weekend] },
    ],
    ['either the country is Germany, or the language is Portuguese', { any: [country('DE'), portuguese] }],
    [
      'country is Germany, and either the language is Portuguese or it is Saturday or Sunday in Europe/Berlin',
      { all: [country('DE'), { any: [portuguese, weekend] }] },
    ],
    [
      'either the country is neither Germany nor Austria, or the language is not Portuguese',
      { not: { all: [country('DE', 'AT'), portuguese] } },
    ],
    ['country is none of Germany, Austria or France', { what: 'country', is: 'none_of', values: ['DE', 'AT', 'FR'] }],
    ['country is Germany', { not: { what: 'country', is: 'none_of', values: ['DE'] } }],
    ['country is Germany', { not: { not: country('DE') } }],
    ['country is Germany', { all: [{ any: [country('DE')] }] }],
    ['city is Berlin (Germany) or São Paulo', { what: 'city', is: 'one_of', values: ['de/berlin', 'são paulo'] }],
    ['language is Brazilian Portuguese', { what: 'language', is: 'one_of', values: ['pt-br'] }],
    ['channel is “Social and chat” or Email', { what: 'channel', is: 'one_of', values: ['social', 'email'] }],
    ['system is iOS or macOS', { what: 'system', is: 'one_of', values: ['ios', 'macos'] }],
    ['app is Instagram or no app', { what: 'app', is: 'one_of', values: ['instagram', ''] }],
    ['it is not opened by the QR code', { what: 'entry', is: 'none_of', values: ['qr'] }],
    ['parameter ref is “a” or “b”', { what: 'query', name: 'ref', is: 'one_of', values: ['a', 'b'] }],
    ['parameter ref is not given', { not: { what: 'query', name: 'ref', is: 'given' } }],
    ['parameter n is at least 5', { what: 'query', name: 'n', is: 'at_least', number: 5 }],
    [
      'it is between 18:00 and 06:00 in Europe/Berlin',
      { what: 'time', is: 'between', from: '18:00', to: '06:00', timeZone },
    ],
    [
      'it is before 24 Dec 2026, 18:00 in Europe/Berlin',
      { what: 'date', is: 'before', date: '2026-12-24T18:00', timeZone },
    ],
    ['it is 24 Dec 2026 or later in Europe/Berlin', { what: 'date', is: 'from', date: '2026-12-24T00:00', timeZone }],
    [
      'it is from 1 Dec 2026 until 24 Dec 2026, 18:00 in Europe/Berlin',
      { what: 'date', is: 'between', from: '2026-12-01T00:00', to: '2026-12-24T18:00', timeZone },
    ],
    ['always', { all: [] }],
    ['never', { not: { all: [] } }],
  ])('%s', (words, condition) => {
    expect(wordsOfCondition(condition)).toBe(words);
  });

  it('does not break at what a newer version asks', () => {
    const unknown = 'something holds that this version does not know';
    for (const leaf of [{ what: 'moon', is: 'full' }, { what: 'date', is: 'near' }, { xor: [] }])
      expect(wordsOfCondition(leaf as unknown as Condition)).toBe(unknown);
    expect(wordsOfLeaf({ what: 'weekday', is: 'nth' } as unknown as Leaf)).toBe(unknown);
  });
});

describe('a rule in words', () => {
  const to = [
    { url: 'https://a.example/x', weight: 2, app: null },
    { url: 'http://b.example/', weight: 1, app: null },
  ];

  it('says its name, its condition and its addresses with their shares', () => {
    expect(wordsOfRoute({ name: 'Germans', when: country('DE'), to })).toBe(
      'Germans: country is Germany, to 66.7 % a.example/x, 33.3 % b.example/',
    );
  });

  it('does not say a name that was made of the condition', () => {
    const one = to.slice(0, 1);
    for (const name of ['Country is Germany', 'Country is…'])
      expect(wordsOfRoute({ name, when: country('DE'), to: one })).toBe('country is Germany, to a.example/x');
  });
});
