import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAsked, withoutPunctuation } from '../../../src/visitors/redirect/asked-slug.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
  for (const slug of ['spring', 'v1.0', 'dash-', 'under_', 'wave~', 'straße'])
    ids[slug] = (await makeLink(app, workspaceId, { url: `https://example.com/${encodeURIComponent(slug)}`, slug })).id;
});
afterAll(() => app.close());

const hits = async (slug: string) =>
  (
    await rowsOf<{ n: number }>(
      app.db,
      sql`select count(*)::int as n from ${everyHit} c where link_id = ${ids[slug] ?? ''}`,
    )
  )[0]?.n;
const unknown = async () => Number(/outcome="not-found"\} (\d+)/.exec((await app.ask('/metrics')).text)?.[1]);

describe('an address with the end of its sentence', () => {
  it.each([
    '.',
    ')',
    ',',
    ';',
    ':',
    '!',
    "'",
    ']',
    '}',
    '>',
    '"',
    '%22',
    '%29',
    '%2C',
    '%3E',
    '%5D',
    '%27',
    '%60',
    '%7D',
    '%E2%80%A6',
    '%E2%80%9D',
    '%E2%80%99',
    '%C2%BB',
    '%E3%80%82',
    '%EF%BC%89',
    '%20',
    '%C2%A0',
    '%E2%80%8B',
    '*',
    '$',
    ').',
    '%22.',
    '!!',
    '...',
    '%22)%2C',
    '&quot;',
    '&gt;',
    '&#39;',
    '%2522',
    '%252E',
    '/',
    './',
    '%22/',
  ])('/spring%s opens the link, as one click', async (end) => {
    const before = [await hits('spring'), await unknown()];
    const answer = await app.visit(`/spring${end}`);
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://example.com/spring']);
    expect([await hits('spring'), await unknown()]).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });

  it.each(['+', '+.', '.+', ')+', '+)', '%2B', '%22+.', '+%22'])('/spring%s shows the preview', async (end) => {
    const before = await hits('spring');
    const answer = await app.visit(`/spring${end}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`${app.shortHost}/spring<`);
    expect(await hits('spring')).toBe(before);
  });

  it.each([
    ['/v1.0.', 'v1.0'],
    ['/dash-', 'dash-'],
    ['/dash-)', 'dash-'],
    ['/under_.', 'under_'],
    ['/wave~,', 'wave~'],
    ['/SPRING.', 'spring'],
    [`/${encodeURIComponent('straße')}%E2%80%A6`, 'straße'],
    ['/spring.?utm_source=a.', 'spring'],
  ])('%s opens %s: what a slug may end in stays', async (path, slug) => {
    const answer = await app.visit(path);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toContain(`https://example.com/${encodeURIComponent(slug)}`);
  });

  it.each([
    '/none.',
    '/spring-',
    '/spring_',
    '/spring~',
    '/.spring',
    '/(spring',
    '/sp.ring',
    '/spring.a',
    '/.',
    '/...',
    '/%22',
    '/+',
    '/.+',
    '/spring+x',
    `/spring${'.'.repeat(200)}`,
  ])('%s is nobody’s', async (path) => {
    expect((await app.visit(path)).status).toBe(404);
  });

  it('of a link that has ended says that it has ended', async () => {
    await app.db.execute(sql`update slugs set kind = 'retired' where link_id = ${ids['under_'] ?? ''}`);
    await app.db.execute(sql`update links set archived_at = now() where id = ${ids['dash-'] ?? ''}`);
    const fresh = await startTestApp({ DATABASE_URL: app.databaseUrl, SHORT_URL: app.config.shortUrl });
    try {
      for (const path of ['/under_.', '/dash-)', '/dash-)+']) expect((await fresh.visit(path)).status).toBe(410);
    } finally {
      await fresh.close();
    }
  });

  it('costs nothing where links are found, and is no guess', async () => {
    const lookups = async (source: string) =>
      Number(
        new RegExp(`link_lookups_total\\{source="${source}"\\} (\\d+)`).exec((await app.ask('/metrics')).text)?.[1],
      );
    const before = [await lookups('memory'), await lookups('database')];
    for (let n = 0; n < 5; n++) await app.visit('/spring');
    expect([await lookups('memory'), await lookups('database')]).toEqual([(before[0] ?? 0) + 5, before[1]]);
    const from = { headers: { 'x-forwarded-for': '203.0.113.77' } };
    for (let n = 0; n < 105; n++) expect((await app.visit('/spring.', from)).status).toBe(302);
    expect((await app.visit('/none', from)).status).toBe(404);
  });
});

describe('the slug that was meant', () => {
  it('is looked for in little time, whatever was sent', () => {
    for (const text of [')'.repeat(16_000) + 'a', `${'&a;'.repeat(5_000)}a`, `${'%22'.repeat(5_000)}a`])
      expect(withoutPunctuation(text)).toBe(text);
    expect(withoutPunctuation(`${'%22'.repeat(40)}a`)).toBe(`${'%22'.repeat(40)}a`);
  });

  it.each([
    ['spring', 'spring', false],
    ['spring+', 'spring', true],
    ['spring+).', 'spring', true],
    ['spr+ing', 'spr+ing', false],
    ['+', '', true],
  ])('%s: %s, preview %s', (asked, name, isPreview) => {
    expect(readAsked(asked)).toEqual({ name, isPreview });
  });
});
