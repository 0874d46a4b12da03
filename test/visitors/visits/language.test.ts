import { describe, expect, it } from 'vitest';
import { languageOf, readLocale } from '../../../src/visitors/visits/language.ts';

describe('the language a visitor likes best', () => {
  it.each([
    ['pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7', 'pt-br'],
    ['en-GB', 'en-gb'],
    ['de', 'de'],
    ['fr;q=0.5, EN;q=0.9', 'en'],
    ['fr ; q=0.5 , nl', 'nl'],
    ['zh-Hant-TW,zh;q=0.9', 'zh-hant-tw'],
    ['fil-PH,en;q=0.9', 'fil-ph'],
    ['da;q=0, sv;q=0.2', 'sv'],
    ['*, en;q=0.1', 'en'],
    ['iw-IL,iw;q=0.9', 'he-il'],
    ['in-ID', 'id-id'],
  ])('%s is %s', (header, language) => {
    expect(readLocale(header)).toBe(language);
  });

  it.each([
    undefined,
    '',
    '*',
    'x-private',
    'i-klingon',
    'english',
    '12',
    'en;q=2',
    "en'--",
    '<b>',
    'en\0',
    ',,,',
    ';q=1',
  ])('is unknown for %s', (header) => {
    expect(readLocale(header)).toBeNull();
  });

  it('is kept by its first subtag', () => {
    expect(['zh-hant-tw', 'de'].map(languageOf)).toEqual(['zh', 'de']);
  });

  it('is read from the start of an endless header', () => {
    expect(readLocale(`xx1,${'a'.repeat(100_000)},en`)).toBeNull();
    expect(readLocale('en;q=0.1,'.repeat(100_000))).toBe('en');
  });
});
