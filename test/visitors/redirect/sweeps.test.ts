import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rules } from '../../../src/visitors/machines/classify.ts';
import { reclassifyHits } from '../../../src/visitors/upkeep/reclassify.ts';
import { getLink, type Link } from '../../../src/links/links/queries.ts';
import { desktopChrome, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;
let links: Link[];

const makeLinks = (count: number, of = workspaceId) =>
  Promise.all(Array.from({ length: count }, () => makeLink(app, of)));

const browsers = [
  desktopChrome,
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
];

/** Opens links as people do, all at once. */
const openAll = (opened: readonly Link[], addressOf: (index: number) => string) =>
  Promise.all(
    opened.map((link, index) =>
      app.visit(`/${link.slug}`, {
        headers: {
          'x-forwarded-for': addressOf(index),
          'user-agent': browsers[index % browsers.length] ?? '',
          'accept-language': 'en',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
        },
      }),
    ),
  );

const reasons = async (of = workspaceId) =>
  (
    await rowsOf<{ reason: string }>(
      app.db,
      sql`select reason from ${everyHit} c where workspace_id = ${of} and reason <> 'tool:curl' order by clicked_at, id`,
    )
  ).map(({ reason }) => reason);

/** Links are in memory before they are opened at once, so that nothing waits for a look-up. */
async function warm(opened: readonly Link[]): Promise<void> {
  for (const link of opened) await app.visit(`/${link.slug}`, { headers: { 'user-agent': 'curl/8.5.0' } });
}

beforeAll(async () => {
  app = await startTestApp();
});

beforeEach(async () => {
  workspaceId = await insertBareWorkspace(app.db, 'Europe/Berlin');
  links = await makeLinks(7);
  await warm(links);
});

afterAll(() => app.close());

describe('links that are opened from one network at once', () => {
  it('are no clicks from the fifth on, nor a moment later the four before it, in every rollup', async () => {
    await openAll(links, (index) => `203.0.113.${index + 1}`);
    await expect.poll(() => reasons()).toEqual(Array(7).fill('scanner:sweep'));
    await app.rollUp();
    const { rollups, rows } = await rollupsAndRows(app.db, workspaceId);
    expect(rollups).toEqual(rows);
    expect(JSON.stringify(rollups)).not.toContain('human');
    for (const { id } of links)
      expect(await getLink(app.db, workspaceId, id)).toMatchObject({ clicks: 0, visitors: 0 });
  });

  it('are so too from one /48 of IPv6', async () => {
    await openAll(links.slice(0, 5), (index) => `2001:db8:7:${index}::${index + 1}`);
    await expect.poll(() => reasons()).toEqual(Array(5).fill('scanner:sweep'));
  });

  it('stay so when hits are classed anew', async () => {
    await openAll(links, () => '203.0.113.9');
    await expect.poll(() => reasons()).toEqual(Array(7).fill('scanner:sweep'));
    const dryRun = { rules: { ...rules, version: 99 }, since: null, isDryRun: true, now: new Date() };
    expect((await reclassifyHits(app.db, dryRun)).moved['scanner>human']).toBeUndefined();
  });

  it('leave a person who was there before a visitor, and take no other click', async () => {
    await openAll(links.slice(0, 1), () => '198.51.100.7');
    await openAll(links, (index) => `203.0.113.${index + 1}`);
    await expect.poll(() => reasons()).toEqual(['human:browser', ...Array<string>(7).fill('scanner:sweep')]);
    await app.rollUp();
    expect(await getLink(app.db, workspaceId, links[0]?.id ?? '')).toMatchObject({ clicks: 1, visitors: 1 });
    const { rollups, rows } = await rollupsAndRows(app.db, workspaceId);
    expect(rollups).toEqual(rows);
  });
});

describe('what looks like it and is none', () => {
  it('is four links, one link many times, two networks, and two workspaces', async () => {
    await openAll(links.slice(0, 4), () => '203.0.113.1');
    await openAll([...links.slice(4), ...links.slice(4)], () => '198.51.100.1');
    await openAll(links.slice(0, 6), (index) => (index < 3 ? '192.0.2.1' : '198.51.101.1'));
    expect(await reasons()).toEqual(Array(16).fill('human:browser'));
    const other = await insertBareWorkspace(app.db);
    const others = await makeLinks(4, other);
    await warm(others);
    await openAll([...links.slice(0, 4), ...others], () => '8.8.4.4');
    expect([...(await reasons()), ...(await reasons(other))]).toEqual(Array(24).fill('human:browser'));
  });

  it('is a network of the operator’s own: all behind an untrusted proxy have its address', async () => {
    for (const address of ['127.0.0.1', '10.1.2.3', '172.18.0.1', '::1', 'fd00::1'])
      await openAll(links, () => address);
    expect(new Set(await reasons())).toEqual(new Set(['human:browser']));
  });

  it('is a page that shows them as pictures, and a person who opens one of them', async () => {
    const picture = { 'user-agent': desktopChrome, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
    const headers = { ...picture, 'accept-language': 'en', 'x-forwarded-for': '203.0.113.1' };
    await Promise.all(links.map(({ slug }) => app.visit(`/${slug}`, { headers })));
    await openAll(links.slice(0, 1), () => '203.0.113.1');
    expect(await reasons()).toEqual([...Array<string>(7).fill('tool:embedded'), 'human:browser']);
  });
});
