import { describe, expect, it } from 'vitest';
import { readAppAddress, readAppSchemes } from '../../../src/ground/addresses/app-address.ts';

describe('schemes of apps', () => {
  it.each([
    ['', ''],
    ['acme', 'acme'],
    [' Acme://, acme-beta:  acme ', 'acme acme-beta'],
    ['com.acme.app', 'com.acme.app'],
  ])('"%s" is kept as "%s"', (typed, kept) => {
    expect(readAppSchemes(typed)).toBe(kept);
  });

  it.each([
    'javascript',
    'JAVASCRIPT:',
    'https',
    'intent',
    'data',
    'tel',
    'c',
    'acme://product/1',
    '1app',
    'äcme',
    'a'.repeat(41),
    Array.from({ length: 21 }, (_, index) => `app${index}`).join(' '),
  ])('"%s" is refused', (typed) => {
    expect(() => readAppSchemes(typed)).toThrow(expect.objectContaining({ field: 'appSchemes', code: 'app_scheme' }));
  });
});

describe('the address of an app', () => {
  it.each([
    ['acme://product/1', 'acme://product/1'],
    [' ACME:product?x=%20&y=1 ', 'ACME:product?x=%20&y=1'],
  ])('"%s" is kept', (typed, kept) => {
    expect(readAppAddress(typed, 'acme other', 'app')).toBe(kept);
  });

  it.each([
    ['of a scheme that is not allowed', 'evil://x', 'acme'],
    ['of a scheme that nobody may allow', 'javascript:alert(1)', 'javascript'],
    ['of a scheme with a tab in it', 'ac\tme://x', 'acme'],
    ['with a line break', 'acme://x\ny', 'acme'],
    ['with a mark that hides', 'acme://x\u202Ey', 'acme'],
    ['with a quotation mark', 'acme://"x', 'acme'],
    ['without a scheme', 'product/1', 'acme'],
    ['of a scheme alone', 'acme:', 'acme'],
    ['that begins with the scheme of another', 'acme2://x', 'acme'],
    ['that is endless', `acme://${'x'.repeat(2_000)}`, 'acme'],
    ['where nothing is allowed', 'acme://x', ''],
  ])('%s is refused', (_which, typed, schemes) => {
    expect(() => readAppAddress(typed, schemes, 'to[0].app')).toThrow(
      expect.objectContaining({ field: 'to[0].app', code: 'app_scheme' }),
    );
  });
});
