import { describe, expect, it } from 'vitest';
import { composed, composedLine, maxTyped } from '../../../src/ground/text/composed.ts';
import { readSettings } from '../../../src/domains/domains/settings.ts';
import { readOptions } from '../../../src/links/options/list.ts';
import { nameKey, readName } from '../../../src/links/links/name.ts';
import { readSlug } from '../../../src/ground/addresses/slug.ts';
import { startTestApp } from '../../setup/app.ts';
import { longestNormalized } from '../../setup/longest-normalized.ts';

/** One letter with so many marks that putting them in order would take seconds. */
const manyMarks = `a${'\u0301\u0323'.repeat(80_000)}`;

async function refusalOf(read: () => unknown): Promise<string> {
  let refusal = '';
  const longest = await longestNormalized(async () => {
    try {
      await read();
    } catch (error) {
      if (error instanceof Error) refusal = error.message;
    }
  });
  expect(longest).toBeLessThanOrEqual(maxTyped);
  return refusal;
}

describe('what a person typed', () => {
  it('is the same when it looks the same', () => {
    expect(composed('cafe\u0301')).toBe('caf\u00e9');
    expect(composed('a\u0301\u0323')).toBe(composed('a\u0323\u0301'));
  });

  it('is one line that reads in one direction, with single spaces', () => {
    expect(composedLine(' Cafe\u0301 \u202e\t\0gpj\ud800\n.exe\u2069\u200e ')).toBe('Caf\u00e9 gpj .exe');
  });

  it('may fill the longest field in its longest form', () => {
    expect(composed('\u03b1\u0313\u0300\u0345'.repeat(200))).toBe('\u1f82'.repeat(200));
  });
});

describe('more marks than any letter has', () => {
  it('are refused at once: as a slug, as a name, as a title, as a brand', async () => {
    const tag = { field: 'tags', what: 'tag', maxLength: 50, isListed: false };
    expect(await refusalOf(() => readSlug(manyMarks, () => false))).toContain('at most 100');
    expect(await refusalOf(() => readName(manyMarks, tag))).toContain('at most 50');
    const app = await startTestApp();
    try {
      const { db, fastify } = app;
      expect(await refusalOf(() => readOptions(fastify, 'w', { title: manyMarks }))).toContain('at most 200');
      const context = { db, sites: fastify.sites, readDestination: (typed: string) => typed };
      const settings = { brandName: manyMarks };
      expect(await refusalOf(() => readSettings(context, 'go.acme.test', settings))).toContain('at most 60');
    } finally {
      await app.close();
    }
  });

  it('are looked for without keeping anybody waiting', async () => {
    const longest = await longestNormalized(() => expect(nameKey(manyMarks)).not.toBe(''));
    expect(longest).toBeLessThanOrEqual(maxTyped);
  });
});
