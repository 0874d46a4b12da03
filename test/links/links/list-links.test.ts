import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollUpLinks } from '../../../src/visitors/rollups/rollups.ts';
import { countLinks, type LinkSort, listLinks, sparklinesOf } from '../../../src/links/links/list.ts';
import { archiveLink, getLink, type Link } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { hitOf, insertHits, makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());

type Made = { url?: string; slug?: string | null; title?: string | null; tags?: string[] };
const create = (input: Made = {}, workspace = workspaceId) =>
  makeLink(app, workspace, { url: 'https://example.com/', ...input });

type Options = Parameters<typeof listLinks>[2];
const list = (options: Partial<Options> = {}, workspace = workspaceId) =>
  listLinks(app.db, workspace, { search: '', sort: 'newest', state: 'active', limit: 50, cursor: null, ...options });

/** All pages of a list, as ids. */
async function pagesOf(options: Partial<Options>, workspace: string, between = async () => {}): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await list({ ...options, cursor }, workspace);
    pages.push(page.links.map(({ id }) => id));
    if (page.nextCursor === null) return pages;
    cursor = page.nextCursor;
    await between();
  }
}

describe('the list of links', () => {
  it('begins with a page that lets one make the first', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Shorten your first link');
    expect(page.text).toContain('id="new-url"');
  });

  it('shows each link with its destination, title, clicks and visitors', async () => {
    const link = await create({ url: 'https://example.com/<b>?a=1&b=2', slug: 'shown', title: 'A "title"' });
    await insertHits(app, [
      hitOf(link),
      hitOf(link, { visitorKey: null }),
      hitOf(link, { class: 'preview', visitorKey: null }),
    ]);
    const page = await ada.ask(`/w/${ada.workspace.slug}/links`);
    expect(page.text).toContain(`data-copy="${link.shortUrl}"`);
    expect(page.text).toContain('href="https://example.com/&lt;b&gt;?a=1&amp;b=2"');
    expect(page.text).toContain('A &quot;title&quot;');
    expect(page.text).toContain('<title>2 clicks in 30 days</title>');
    expect(page.text).toMatch(/data-label="clicks">2</);
    expect(page.text).toMatch(/data-label="visitor">1</);
    expect(page.text).not.toContain('undefined');
  });

  it('keeps the direction of one text from turning the other', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links`);
    expect(page.text).toMatch(/<a class="link-name" [^>]*><bdi>A &quot;title&quot;<\/bdi><\/a>/);
    expect(page.text).toContain('<bdi>example.com/&lt;b&gt;?a=1&amp;b=2</bdi>');
  });

  it('is empty for a stranger, who does not find this one', async () => {
    const bob = await app.signUp('Bob');
    expect((await bob.ask(`/w/${ada.workspace.slug}/links`)).status).toBe(404);
    const page = await bob.ask(`/w/${bob.workspace.slug}/links`);
    expect(page.text).toContain('Shorten your first link');
    expect((await list({ state: 'all' }, bob.workspace.id)).links).toEqual([]);
  });

  it('lets a viewer look and not touch', async () => {
    const viewer = await app.signUp('Vic');
    await joinWorkspace(app, viewer, ada, 'viewer');
    const page = await viewer.ask(`/w/${ada.workspace.slug}/links`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('/shown</span>');
    expect(page.text).not.toContain('/archive"');
    expect(page.text).not.toContain('/edit');
  });
});

describe('counts in the list', () => {
  it('are exact before and after the rollups take the clicks in', async () => {
    const link = await create();
    const at = Date.now() - 5_000;
    await insertHits(app, [
      hitOf(link, { clickedAt: at - 60_000 }),
      hitOf(link, { clickedAt: at }),
      hitOf(link, { visitorKey: null, clickedAt: at - 1 }),
      hitOf(link, { class: 'crawler', visitorKey: null, clickedAt: at + 1_000 }),
    ]);
    const expected = { clicks: 3, visitors: 2, lastClickAt: new Date(at) };
    expect(await getLink(app.db, workspaceId, link.id)).toMatchObject(expected);
    await app.rollUp();
    expect(await getLink(app.db, workspaceId, link.id)).toMatchObject(expected);
    await insertHits(app, [hitOf(link, { clickedAt: at - 120_000 })]);
    expect(await getLink(app.db, workspaceId, link.id)).toMatchObject({ ...expected, clicks: 4, visitors: 3 });
  });

  it('are drawn for the last thirty days of the workspace’s clock', async () => {
    const zone = 'Pacific/Kiritimati';
    const workspace = await insertBareWorkspace(app.db, zone);
    const link = await create({}, workspace);
    const now = new Date('2026-10-20T12:00:00Z'); // 02:00 on the 21st there
    const at = (time: string) => hitOf(link, { clickedAt: Date.parse(time) });
    await insertHits(app, [at('2026-10-20T10:30:00Z'), at('2026-10-20T09:59:00Z'), at('2026-09-21T10:00:00Z')]);
    await app.rollUp();
    await insertHits(app, [
      at('2026-10-20T11:59:00Z'),
      at('2026-09-21T09:59:59Z'), // the 31st day
      hitOf(link, { class: 'preview', visitorKey: null, clickedAt: Date.parse('2026-10-20T11:00:00Z') }),
    ]);
    const read = async () =>
      (await sparklinesOf(app.db, workspace, [link.id], { days: 30, timeZone: zone, now })).get(link.id);
    const expected = Array.from({ length: 30 }, () => 0);
    expected[0] = 1;
    expected[28] = 1;
    expected[29] = 2;
    expect(await read()).toEqual(expected);
    await rollUpLinks(app.db, sql`t.link_id = ${link.id}`);
    expect(await read()).toEqual(expected);
  });

  it('are not drawn for others', async () => {
    const [link] = (await list()).links;
    const other = await insertBareWorkspace(app.db);
    const lines = await sparklinesOf(app.db, other, [link?.id ?? ''], { days: 30, timeZone: 'UTC', now: new Date() });
    expect(lines.get(link?.id ?? '')).toEqual(Array.from({ length: 30 }, () => 0));
    expect(await sparklinesOf(app.db, other, [], { days: 30, timeZone: 'UTC', now: new Date() })).toEqual(new Map());
  });
});

describe('a search', () => {
  const russian = 'весна-в-городе-2026-года';
  let workspace: string;
  const found = async (search: string) => (await list({ search }, workspace)).links.map(({ slug }) => slug).toSorted();

  beforeAll(async () => {
    workspace = await insertBareWorkspace(app.db);
    await create({ slug: 'find-sale', title: '100% off_season', url: 'https://shop.example/Autumn?x=a\\b' }, workspace);
    await create({ slug: 'find-menu', title: '100 dishes', url: 'https://food.example/menu' }, workspace);
    await create({ slug: 'Find_Ünique', title: null, url: 'https://shop.example/spring' }, workspace);
    await create({ slug: russian, title: 'Cafe big sale' }, workspace);
  });

  it.each([
    ['a part of the title', 'DISHES', ['find-menu']],
    ['a part of the destination', 'shop.example', ['Find_Ünique', 'find-sale']],
    ['a part of the slug', 'enu', ['find-menu']],
    ['letters in another case', 'find_ünique', ['Find_Ünique']],
    ['letters in another form', 'u\u0308nique', ['Find_Ünique']],
    ['a percent sign', '100%', ['find-sale']],
    ['an underscore', 'off_', ['find-sale']],
    ['an underscore of the slug', 'find_', ['Find_Ünique']],
    ['a backslash', 'a\\b', ['find-sale']],
    ['only wildcards', '%_%', []],
    ['a quote', "'; drop table links; --", []],
    ['white space around it', '  dishes ', ['find-menu']],
    ['several words, apart and in any order', 'sale  cafe', [russian]],
    ['words of its title and of its destination', 'dishes food.example/menu', ['find-menu']],
    ['words of which it holds one', 'dishes sale', []],
    ['a word with marks of direction', '\u202bdishes\u202c', ['find-menu']],
    ['a plus and a slash', '+ /+', []],
    ['nothing', ' ', ['Find_Ünique', 'find-menu', 'find-sale', russian]],
  ])('finds links by %s', async (_what, search, slugs) => {
    expect(await found(search)).toEqual(slugs);
    expect((await countLinks(app.db, workspace, { search })).active).toBe(slugs.length);
  });

  it('finds a link by its pasted short link', async () => {
    expect(await found(`http://${app.shortHost}/find-menu`)).toEqual(['find-menu']);
    expect(await found(`${app.shortHost}/find`)).toHaveLength(3);
    expect(await found(`${app.shortHost}/`)).toEqual([]);
  });

  it('finds a link, once, by the whole address that its QR code or an alias opens', async () => {
    const link = (await list({ search: 'find-menu' }, workspace)).links[0];
    await app.db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
values ('old-menu', ${link?.domainId}, 'old-menü', 'Old-Menü', 'alias', ${link?.id})`);
    const { rows } = await app.db.execute<{ slug: string }>(sql`select slug from slugs where id = ${link?.qrSlugId}`);
    const qr = rows[0]?.slug ?? '';
    for (const pasted of [`http://${app.shortHost}/${qr}`, `${app.shortHost}/${qr.toUpperCase()}+`, qr])
      expect(await found(pasted), pasted).toEqual(['find-menu']);
    for (const pasted of [`HTTP://${app.shortHost.toUpperCase()}/OLD-MEN%C3%9C?x=1`, 'old-menü'])
      expect(await found(pasted), pasted).toEqual(['find-menu']);
    expect((await countLinks(app.db, workspace, { search: qr })).active).toBe(1);
    for (const other of [qr.slice(0, -1), `other.example/${qr}`, `${app.shortHost}/${qr}x`])
      expect(await found(other), other).toEqual([]);
  });

  it.each(['', '+', '/', '/+', '?x=1', '/?x=1&y=%zz', '#top'])(
    'finds a link in letters of its own by what is copied, with “%s” behind it',
    async (ending) => {
      const address = `${app.shortHost}/${encodeURIComponent(russian)}${ending}`;
      for (const pasted of [`http://${address}`, `HTTPS://${address}`, address, decodeURI(address.replace('%zz', ''))])
        expect(await found(pasted), pasted).toEqual([russian]);
    },
  );

  it('takes a copied short link of a hundred letters whole', async () => {
    const slug = '春'.repeat(100);
    const link = await create({ slug });
    const page = await ada.ask(`/w/${ada.workspace.slug}/links?search=${encodeURIComponent(link.shortUrl)}`);
    expect(page.text.match(/class="link-cell"/g)).toHaveLength(1);
    expect(page.text).toContain(`>/${slug}</span>`);
  });

  it('stays in the address, and what is usual is left out of it', async () => {
    const path = `/w/${ada.workspace.slug}/links`;
    const page = await ada.ask(`${path}?search=%22none%22+%26&sort=newest&state=active`, {
      headers: { 'hx-request': 'true' },
    });
    expect(page.headers['hx-replace-url']).toBe(`${path}?search=%22none%22+%26`);
    expect(page.text).toContain('value="&quot;none&quot; &amp;"');
    expect(page.text).toContain('No active links match “&quot;none&quot; &amp;”');
    expect(
      (await ada.ask(`${path}?sort=newest&state=active`, { headers: { 'hx-request': 'true' } })).headers,
    ).toMatchObject({ 'hx-replace-url': path });
  });

  it('that finds nothing says how many there are among the others, and leads there', async () => {
    const bob = await app.signUp('Bob');
    const his = bob.workspace.id;
    const made = [
      await create({ title: 'Lost glove' }, his),
      await create({ title: 'Lost scarf', tags: ['wool'] }, his),
    ];
    for (const { id } of made) await archiveLink(app.db, his, byTest, id);
    await create({ title: 'Found glove' }, his);
    const path = `/w/${bob.workspace.slug}/links`;
    const said = async (query: string) => {
      const { text } = await bob.ask(`${path}?${query}`);
      const [, heading, sentence, href, label] =
        /class="empty-state">.*?<h2>(.*?)<\/h2>\s*<p>(.*?)<\/p>.*?<a class="btn" href="(.*?)">(.*?)<\/a>/s.exec(text) ??
        [];
      return [heading, sentence, href?.replaceAll('&amp;', '&'), label];
    };
    expect(await said('search=lost')).toEqual([
      'No active links match “lost”',
      '2 archived links do.',
      `${path}?search=lost&state=archived`,
      'Show archived links',
    ]);
    expect(await said('search=found&state=archived')).toEqual([
      'No archived links match “found”',
      '1 active link does.',
      `${path}?search=found`,
      'Show active links',
    ]);
    expect(await said('search=scarf&tag=wool&sort=clicks')).toEqual([
      'No active links match this filter and “scarf”',
      '1 archived link does.',
      `${path}?search=scarf&tag=wool&sort=clicks&state=archived`,
      'Show archived links',
    ]);
    expect(await said('search=boot&tag=wool')).toEqual([
      'No active links match this filter and “boot”',
      'Remove the search or a part of the filter.',
      path,
      'Show all links',
    ]);
  });

  it('takes no harm from what a database cannot hold', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links?search=%1Fa%0A%7F&sort=upside-down&state=lost`);
    expect(page.status).toBe(200);
  });
});

describe('the order and the pages of a list', () => {
  let workspace: string;
  const sorts: LinkSort[] = ['newest', 'oldest', 'clicks', 'last-click'];
  const made: Link[] = [];

  beforeAll(async () => {
    workspace = await insertBareWorkspace(app.db);
    for (let count = 0; count < 23; count += 1) made.push(await create({ slug: `page-${count}` }, workspace));
    // Made in one moment, to the microsecond: only their ids tell them apart.
    await app.db.execute(sql`
update links set created_at = '2026-10-01T00:00:00.123456Z'
where id in ${made.slice(5, 15).map(({ id }) => id)}`);
    const start = Date.now() - 3_600_000;
    const hits = made
      .slice(0, 9)
      .flatMap((link, index) =>
        Array.from({ length: (index % 4) + 1 }, () => hitOf(link, { clickedAt: start + index * 1_000 })),
      );
    await insertHits(app, hits.slice(0, 10));
    await app.rollUp();
    await insertHits(app, hits.slice(10));
  });

  it.each(sorts)('%s: pages of any size hold every link once, in the order of the whole', async (sort) => {
    const whole = (await list({ sort, limit: 100 }, workspace)).links.map(({ id }) => id);
    expect(new Set(whole).size).toBe(23);
    for (const limit of [1, 4, 7, 22, 23, 24]) {
      const pages = await pagesOf({ sort, limit }, workspace);
      expect(pages.flat()).toEqual(whole);
      expect(pages).toHaveLength(Math.ceil(23 / limit));
    }
  });

  it('puts the newest first, or the oldest', async () => {
    const newest = (await list({ limit: 100 }, workspace)).links;
    const oldest = (await list({ sort: 'oldest', limit: 100 }, workspace)).links;
    expect(newest[0]?.id).toBe(made.at(-1)?.id);
    expect(oldest.map(({ id }) => id)).toEqual(newest.map(({ id }) => id).toReversed());
  });

  it('puts those that nobody clicked last, and links alike by age, the newest first', async () => {
    for (const sort of ['clicks', 'last-click'] as const) {
      const { links } = await list({ sort, limit: 100 }, workspace);
      const unclicked = links.slice(9).map(({ id }) => id);
      expect(links.slice(9).every(({ clicks }) => clicks === 0)).toBe(true);
      const newest = (await list({ limit: 100 }, workspace)).links.filter(({ clicks }) => clicks === 0);
      expect(unclicked).toEqual(newest.map(({ id }) => id));
    }
  });

  it('keeps its order with each filter: what is found is what is left of the whole', async () => {
    const client = { tag: 'odd', campaign: 'Even' };
    await app.db.execute(sql`
insert into tags (id, workspace_id, name, name_key, colour) values ('odd-tag', ${workspace}, 'odd', 'odd', 'green')`);
    await app.db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values ('even-one', ${workspace}, 'Even', 'even')`);
    for (const [index, { id }] of made.entries()) {
      if (index % 2 === 1) await app.db.execute(sql`insert into link_tags values (${id}, 'odd-tag')`);
      else await app.db.execute(sql`update links set campaign_id = 'even-one' where id = ${id}`);
      if (index % 4 === 0) await app.db.execute(sql`insert into link_tags values (${id}, 'odd-tag')`);
    }
    for (const sort of sorts) {
      const whole = (await list({ sort, limit: 100 }, workspace)).links;
      for (const [filter, isFound] of [
        [{ tag: client.tag }, (link: Link) => link.tags.length > 0],
        [{ campaign: client.campaign }, (link: Link) => link.campaign !== null],
        [{ search: 'page-1' }, (link: Link) => link.slug.startsWith('page-1')],
        [{ search: 'page-1', tag: client.tag }, (link: Link) => link.slug.startsWith('page-1') && link.tags.length > 0],
        [client, (link: Link) => link.tags.length > 0 && link.campaign !== null],
        [
          { search: 'page-1', ...client },
          (link: Link) => link.slug.startsWith('page-1') && link.tags.length > 0 && link.campaign !== null,
        ],
        [{ search: 'zz', ...client }, () => false],
        [{ search: '-1', tag: client.tag }, (link: Link) => link.slug.includes('-1') && link.tags.length > 0],
        [{ tag: 'unknown' }, () => false],
        [{ campaign: 'unknown' }, () => false],
      ] as const) {
        const expected = whole.filter(isFound).map(({ id }) => id);
        for (const limit of [2, 100]) {
          const pages = await pagesOf({ sort, limit, ...filter }, workspace);
          expect(pages.flat(), `${sort} ${JSON.stringify(filter)}`).toEqual(expected);
        }
        const { active } = await countLinks(app.db, workspace, { search: '', ...filter });
        expect(active).toBe(expected.length);
      }
    }
  });

  it('puts the most clicked first, or the last clicked', async () => {
    const byClicks = (await list({ sort: 'clicks', limit: 100 }, workspace)).links.map(({ clicks }) => clicks);
    expect(byClicks.slice(0, 10)).toEqual([4, 4, 3, 3, 2, 2, 1, 1, 1, 0]);
    const byLast = (await list({ sort: 'last-click', limit: 100 }, workspace)).links;
    expect(byLast.slice(0, 9).map(({ slug }) => slug)).toEqual(
      Array.from({ length: 9 }, (_, index) => `page-${8 - index}`),
    );
    expect(byLast.slice(9).every(({ lastClickAt }) => lastClickAt === null)).toBe(true);
  });

  it.each(['newest', 'oldest'] as const)('%s: tiles exactly while links are made and deleted', async (sort) => {
    const before = (await list({ sort, limit: 100 }, workspace)).links.map(({ id }) => id);
    const added: string[] = [];
    const pages = await pagesOf({ sort, limit: 3 }, workspace, async () => {
      if (added.length < 6) added.push((await create({}, workspace)).id);
    });
    const seen = pages.flat();
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => !added.includes(id))).toEqual(before);
    // Oldest first they come at the end; newest first they belong to the page that was read already.
    expect(seen.filter((id) => added.includes(id))).toEqual(sort === 'oldest' ? added : []);
    await app.db.execute(sql`update links set deleted_at = now() where id in ${added}`);
  });

  it('goes on after a link that was deleted meanwhile', async () => {
    const extra = await create({}, workspace);
    const first = await list({ limit: 1 }, workspace);
    expect(first.links[0]?.id).toBe(extra.id);
    await app.db.execute(sql`update links set deleted_at = now() where id = ${extra.id}`);
    const second = await list({ limit: 1, cursor: first.nextCursor }, workspace);
    expect(second.links[0]?.id).toBe(made.at(-1)?.id);
  });

  it('refuses a cursor that is none, of another order, or of another workspace', async () => {
    const { nextCursor } = await list({ limit: 1 }, workspace);
    const other = await insertBareWorkspace(app.db);
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const refused = { status: 422, code: 'cursor_invalid', field: 'cursor' };
    const { id } = made[0] ?? { id: '' };
    for (const cursor of [
      '',
      'nonsense',
      '%00',
      forged(null),
      forged([]),
      forged({ sort: 'newest', id, key: -1 }),
      forged({ sort: 'newest', id, key: '0' }),
      forged({ sort: 'newest', id: "' or true --", key: 0 }),
      forged({ sort: 'newest', id: 'a\0b', key: 0 }),
      forged({ sort: 'newest', id: 'nobody', key: 0 }),
      forged({ sort: 'newest', id, key: 1e300 }),
    ]) {
      await expect(list({ cursor }, workspace), cursor).rejects.toMatchObject(refused);
    }
    await expect(list({ cursor: nextCursor, sort: 'clicks' }, workspace)).rejects.toMatchObject(refused);
    await expect(list({ cursor: nextCursor }, other)).rejects.toMatchObject(refused);
    expect((await ada.ask(`/w/${ada.workspace.slug}/links?cursor=nonsense`)).status).toBe(422);
  });

  it('shows fifty links and the way to more', async () => {
    const links = await Promise.all(Array.from({ length: 52 }, () => create({ title: 'one of many' })));
    const first = await ada.ask(`/w/${ada.workspace.slug}/links?search=one+of+many`);
    expect(first.text.match(/class="link-cell"/g)).toHaveLength(50);
    const rowBytes = Buffer.byteLength(/<tbody id="link-rows">(.*?)<\/tbody>/s.exec(first.text)?.[1] ?? '') / 50;
    expect(rowBytes).toBeGreaterThan(0);
    expect(rowBytes).toBeLessThan(3_500);
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(next).toContain('search=one+of+many');
    const second = await ada.ask(next);
    expect(second.text.match(/class="link-cell"/g)).toHaveLength(2);
    expect(second.text).toContain('Back to the first page');
    expect(second.text).not.toContain('rel="next"');
    for (const link of links) expect(first.text.includes(link.id) !== second.text.includes(link.id)).toBe(true);
    // Shown below the first, it is rows and nothing else.
    const more = await ada.ask(next, { headers: { 'hx-request': 'true' } });
    const rowsIn = (text: string) =>
      text.match(/<tr>.*?<\/tr>/gs)?.map((row) => row.replaceAll(/ (autofocus)?>/g, '>'));
    expect(rowsIn(more.text)).toEqual(rowsIn(second.text.slice(second.text.indexOf('id="link-rows"'))));
    expect(more.text.replace(/<tr.*<\/tr>/s, '').replaceAll(/\s/g, '')).toBe(
      '<table><tbodyid="link-rows"></tbody></table>',
    );
  });
});

describe('archived links', () => {
  it('have a list of their own', async () => {
    const workspace = await insertBareWorkspace(app.db);
    const [kept, archived] = [await create({}, workspace), await create({}, workspace)];
    await archiveLink(app.db, workspace, byTest, archived.id);
    const idsOf = async (state: Options['state']) => (await list({ state }, workspace)).links.map(({ id }) => id);
    expect(await idsOf('active')).toEqual([kept.id]);
    expect(await idsOf('archived')).toEqual([archived.id]);
    expect(await idsOf('all')).toEqual([archived.id, kept.id]);
    expect(await countLinks(app.db, workspace)).toEqual({ active: 1, archived: 1 });
  });

  it('are said to be none while there are none', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links?state=archived`);
    expect(page.text).toContain('No archived links');
  });
});
