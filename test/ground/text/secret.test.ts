import { describe, expect, it } from 'vitest';
import { hashOfSecret, isSameSecret } from '../../../src/ground/text/secret.ts';

describe('secrets', () => {
  it.each([
    ['wm_abc', 'wm_abc', true],
    ['wm_abd', 'wm_abc', false],
    ['wm_ab', 'wm_abc', false],
    ['wm_abcd', 'wm_abc', false],
    ['', 'wm_abc', false],
    // As many letters, not as many bytes.
    ['wm_äbc', 'wm_abc', false],
  ])('says of %j and %j: %s', (given, expected, isSame) => {
    expect(isSameSecret(given, expected)).toBe(isSame);
  });

  it('keeps their SHA-256 (FIPS 180-2, B.1)', () => {
    expect(hashOfSecret('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
