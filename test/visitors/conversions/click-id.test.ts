import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/ground/text/id.ts';
import { openClickIds, withClickId } from '../../../src/visitors/conversions/click-id.ts';

const clickIds = openClickIds('a secret of thirty-two characters');
const key = { linkId: '2xYz9KmNpQrS', clickedAt: 1_796_000_000_123, id: Number.MAX_SAFE_INTEGER };
const write = (of = key) => clickIds.write(of) ?? '';

describe('a click id', () => {
  it('holds the key of its hit in 48 characters of an address, and shows none of it', () => {
    for (let i = 0; i < 2_000; i++) {
      const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
      const one = { linkId: newId(), clickedAt: Math.floor(Math.random() * 2 ** 47), id };
      expect(write(one)).toMatch(/^[\w-]{48}$/);
      expect(clickIds.read(write(one))).toEqual(one);
    }
    for (const edge of [0, 1, Number.MAX_SAFE_INTEGER])
      expect(clickIds.read(write({ ...key, id: edge }))?.id).toBe(edge);
    const [one, next] = [write(), write({ ...key, id: key.id - 1 })];
    expect(one.split('').filter((letter, at) => letter === next[at]).length).toBeLessThan(10);
  });

  it('is refused when one bit of it is another one', () => {
    const bytes = Buffer.from(write(), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const forged = Buffer.from(bytes);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(clickIds.read(forged.toString('base64url')), `bit ${bit}`).toBeUndefined();
    }
  });

  it.each(['', 'x', 'A'.repeat(48), `${'A'.repeat(47)}=`, 'A'.repeat(49), 'ä'.repeat(48), 'A'.repeat(1_000_000)])(
    'is refused when it is something else',
    (text) => expect(clickIds.read(text)).toBeUndefined(),
  );

  it('of another server is refused', () => {
    expect(openClickIds('another secret of that many letters').read(write())).toBeUndefined();
  });

  it('is not made for a link whose id is not of our making', () => {
    for (const linkId of ['', 'short', '0OIl0OIl0OIl', 'toolongtobeone'])
      expect(clickIds.write({ ...key, linkId })).toBeUndefined();
  });
});

describe('an address that gets one', () => {
  const hit = { ...key, class: 'human' as const };
  const added = (url: string, of: Parameters<typeof withClickId>[2] = hit, headers: Record<string, string> = {}) =>
    withClickId(url, 'wm_cid', of, { headers }, clickIds);

  it.each([
    ['https://a.example/', 'https://a.example/?wm_cid=ID'],
    ['https://a.example', 'https://a.example?wm_cid=ID'],
    ['https://a.example/?b=%20c', 'https://a.example/?b=%20c&wm_cid=ID'],
    ['https://a.example/?', 'https://a.example/?wm_cid=ID'],
    ['https://a.example/?b&', 'https://a.example/?b&wm_cid=ID'],
    ['https://a.example/#d?e', 'https://a.example/?wm_cid=ID#d?e'],
    ['https://a.example/?b=c#', 'https://a.example/?b=c&wm_cid=ID#'],
    ['https://a.example/?wm_cid=own', 'https://a.example/?wm_cid=own'],
  ])('%s', (url, expected) => expect(added(url)).toBe(expected.replace('ID', write())));

  it('stays as it is for machines and for people who ask not to be tracked', () => {
    const url = 'https://a.example/';
    expect(added(url, { ...hit, class: 'preview' })).toBe(url);
    expect(withClickId(url, 'wm_cid', undefined, { headers: {} }, clickIds)).toBe(url);
    expect(added(url, hit, { 'sec-gpc': '1' })).toBe(url);
    expect(added(url, hit, { dnt: '1' })).toBe(url);
  });

  it('stays as it is where it would become longer than servers take', () => {
    const url = `https://a.example/${'a'.repeat(7_950)}`;
    expect(added(url)).toBe(url);
  });
});
