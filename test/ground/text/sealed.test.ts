import { describe, expect, it } from 'vitest';
import { openSealed, sealToken, showToken } from '../../../src/ground/text/sealed.ts';
import { hashOfSecret } from '../../../src/ground/text/secret.ts';

const secret = 's'.repeat(32);
const place = { of: 'share', id: 'abc' } as const;
const token = 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4';
const sealed = sealToken(secret, place, token);

describe('a sealed token', () => {
  it('opens under its secret, in its row', () => {
    expect(openSealed(secret, place, sealed)).toBe(token);
  });

  it('says nothing of itself, and looks different each time', () => {
    expect(sealed.includes(token)).toBe(false);
    expect(sealToken(secret, place, token)).not.toEqual(sealed);
    expect(sealed[0]).toBe(1);
  });

  it.each([
    ['another secret', 't'.repeat(32), place, sealed],
    ['another row', secret, { of: 'share', id: 'abd' }, sealed],
    ['another kind of row', secret, { of: 'invitation', id: 'abc' }, sealed],
    ['another version', secret, place, Buffer.concat([Buffer.of(2), sealed.subarray(1)])],
    ['a changed byte', secret, place, Buffer.concat([sealed.subarray(0, -1), Buffer.of((sealed.at(-1) ?? 0) ^ 1)])],
    ['a tag cut short', secret, place, sealed.subarray(0, -8)],
    ['nothing', secret, place, Buffer.alloc(0)],
  ] as const)('does not open with %s', (_what, under, where, bytes) => {
    expect(openSealed(under, where, Buffer.from(bytes))).toBeUndefined();
  });

  it('is shown, or it is said why not', () => {
    const tokenHash = hashOfSecret(token);
    expect(showToken(secret, place, { tokenHash, tokenSealed: sealed })).toEqual({ token });
    expect(showToken(secret, place, { tokenHash, tokenSealed: null })).toEqual({ missing: 'older' });
    expect(showToken('t'.repeat(32), place, { tokenHash, tokenSealed: sealed })).toEqual({ missing: 'other secret' });
    // A version before this one made the link anew and left what was sealed as it was.
    const renewed = { tokenHash: hashOfSecret('another'), tokenSealed: sealed };
    expect(showToken(secret, place, renewed)).toEqual({ missing: 'older' });
  });
});
