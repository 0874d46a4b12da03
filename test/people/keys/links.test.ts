import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelsOfSvg, scan } from '../../links/qr/decode.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { type Client, createLink, type LinkJson, openClient } from './client.ts';

let app: TestApp;
let client: Client;
let stranger: Client;

beforeAll(async () => {
  app = await startTestApp();
  client = await openClient(app, await app.signUp('Ada'));
  stranger = await openClient(app, await app.signUp('Bob'));
});
afterAll(() => app.close());

const get = async (id: string) => (await client.ask(`/links/${id}`)).json() as LinkJson;
const patch = (id: string, body: unknown) => client.ask(`/links/${id}`, { method: 'PATCH', body });
const missing = { status: 404, code: 'not_found' };

describe('POST /links', () => {
  it('makes a link that works at once', async () => {
    const before = Date.now();
    const answer = await client.ask('/links', {
      body: { url: 'https://example.com/a?b=%2B+c#d', slug: 'Spring', title: 'Spring sale', domain: app.shortHost },
    });
    expect(answer.status).toBe(201);
    const link = answer.json() as LinkJson;
    expect(link).toEqual({
      id: expect.stringMatching(/^\w{12}$/) as string,
      domain: app.shortHost,
      slug: 'Spring',
      shortUrl: `${app.config.shortUrl}/Spring`,
      url: 'https://example.com/a?b=%2B+c#d',
      title: 'Spring sale',
      tags: [],
      campaign: null,
      split: null,
      clickIdName: null,
      routes: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      archivedAt: null,
      clicks: 0,
      visitors: 0,
      lastClickAt: null,
      warning: null,
    });
    expect(Date.parse(link.createdAt)).toBeGreaterThanOrEqual(before - 1_000);
    expect(answer.headers['location']).toBe(`/api/v1/links/${link.id}`);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await app.visit('/spring')).headers.location).toBe('https://example.com/a?b=%2B+c#d');
    const clicked = await get(link.id);
    expect([clicked.clicks, clicked.visitors]).toEqual([1, 1]);
    expect(Date.parse(clicked.lastClickAt ?? '')).toBeGreaterThanOrEqual(Date.parse(link.createdAt));
  });

  it('warns of a destination that others cannot open, as the page does, and takes it', async () => {
    const link = await createLink(client, { url: 'http://192.168.1.20/' });
    const warning = '192.168.1.20 is an IP address of a private network: people elsewhere cannot open it.';
    expect([link.url, link.warning]).toEqual(['http://192.168.1.20/', warning]);
    expect((await patch(link.id, { url: 'https://example.com/' })).json()).toMatchObject({ warning: null });
    expect((await patch(link.id, { url: 'http://intranet/' })).json()).toMatchObject({
      warning: '"intranet" is a name of a private network: people elsewhere cannot open it.',
    });
  });

  it('draws a slug when none is given, or null', async () => {
    const { slug, title } = await createLink(client);
    expect([slug, title]).toEqual([expect.stringMatching(/^[2-9a-z]{7,}$/), null]);
    expect((await createLink(client, { slug: null, title: null, domain: null })).slug).not.toBe(slug);
  });

  it.each([
    [{}, 'url', 'invalid'],
    [{ url: 7 }, 'url', 'invalid'],
    [{ url: 'javascript:alert(1)' }, 'url', 'url_scheme'],
    [{ url: 'https://example.com/', slug: 'a b' }, 'slug', 'slug_invalid'],
    [{ url: 'https://example.com/', slug: 7 }, 'slug', 'invalid'],
    [{ url: 'https://example.com/', domain: 'nobody.example' }, 'domain', 'domain_unknown'],
    [{ url: 'https://example.com/', title: 'x'.repeat(201) }, 'title', 'title_invalid'],
    [{ url: 'https://example.com/', titel: 'Spring' }, 'titel', 'invalid'],
  ])('refuses %j and names the property', async (body, field, code) => {
    const answer = await client.ask('/links', { body });
    expect(answer.json()).toMatchObject({ status: 422, field, code, detail: expect.stringMatching(/[.]$/) as string });
    expect([answer.status, answer.headers['content-type']]).toEqual([422, 'application/problem+json']);
  });

  it('refuses a slug that is taken, however it is written, and suggests another', async () => {
    await createLink(client, { slug: 'taken' });
    const answer = await client.ask('/links', { body: { url: 'https://example.com/', slug: 'TAKEN' } });
    expect(answer.json()).toMatchObject({
      status: 409,
      code: 'slug_taken',
      field: 'slug',
      detail: expect.stringContaining('TAKEN-2') as string,
    });
  });

  it('gives a slug to one of many who ask at once', async () => {
    const body = { url: 'https://example.com/', slug: 'race' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.ask('/links', { body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });
});

describe('GET /links', () => {
  let lister: Client;
  let made: LinkJson[];

  beforeAll(async () => {
    lister = await openClient(app, await app.signUp('Eve'));
    made = [];
    for (let count = 1; count <= 25; count += 1)
      made.push(
        await createLink(lister, { url: `https://example.com/${count}`, title: count === 3 ? 'Needle' : null }),
      );
    made.reverse();
  });

  type Page = { data: LinkJson[]; nextCursor: string | null };
  const list = async (query = '') => (await lister.ask(`/links${query}`)).json() as Page;

  it('pages through all links, the newest first, without gap or overlap', async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await list(cursor ? `?cursor=${cursor}` : '');
      sizes.push(page.data.length);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(sizes).toEqual([20, 5]);
    expect(seen).toEqual(made.map(({ id }) => id));
  });

  it('takes a limit', async () => {
    const page = await list('?limit=3');
    expect(page.data).toEqual(made.slice(0, 3));
    expect((await list(`?limit=100&cursor=${page.nextCursor}`)).data).toEqual(made.slice(3));
  });

  it('searches', async () => {
    const page = await list('?search=needle');
    expect(page).toEqual({ data: [made.find(({ title }) => title === 'Needle')], nextCursor: null });
    expect((await list('?search=100%25')).data).toEqual([]);
  });

  it('shows archived links and hides deleted ones', async () => {
    const [archived, deleted] = [await createLink(lister), await createLink(lister)];
    await lister.ask(`/links/${archived.id}`, { method: 'PATCH', body: { archived: true } });
    await lister.ask(`/links/${deleted.id}`, { method: 'DELETE' });
    const { data } = await list('?limit=2');
    expect(data.map(({ id }) => id)).toEqual([archived.id, made[0]?.id]);
    expect(data[0]?.archivedAt).not.toBeNull();
  });

  it('takes a state and an order, as the page does, and pages in it', async () => {
    const sorter = await openClient(app, await app.signUp('Sol'));
    const [first, second, third] = [await createLink(sorter), await createLink(sorter), await createLink(sorter)];
    await sorter.ask(`/links/${second.id}`, { method: 'PATCH', body: { archived: true } });
    await app.visit(`/${first.slug}`);
    const idsOf = async (query: string) => {
      const { data, nextCursor } = (await sorter.ask(`/links?${query}`)).json() as Page;
      return { ids: data.map(({ id }) => id), nextCursor };
    };
    expect((await idsOf('state=active')).ids).toEqual([third.id, first.id]);
    expect((await idsOf('state=archived')).ids).toEqual([second.id]);
    expect((await idsOf('state=all')).ids).toEqual([third.id, second.id, first.id]);
    expect((await idsOf('sort=oldest')).ids).toEqual([first.id, second.id, third.id]);
    expect((await idsOf('sort=last-click&state=active')).ids).toEqual([first.id, third.id]);
    const { ids, nextCursor } = await idsOf('sort=clicks&limit=1');
    expect(ids).toEqual([first.id]);
    expect((await idsOf(`sort=clicks&limit=2&cursor=${nextCursor}`)).ids).toEqual([third.id, second.id]);
    expect((await sorter.ask(`/links?cursor=${nextCursor}`)).json()).toMatchObject({ code: 'cursor_invalid' });
  });

  it('never shows links of others', async () => {
    expect((await stranger.ask('/links')).json()).toEqual({ data: [], nextCursor: null });
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=many',
    'limit=1.5',
    'cursor=nonsense',
    'state=gone',
    'sort=title',
    `search=${'x'.repeat(201)}`,
  ])('refuses ?%s', async (query) => {
    const answer = await lister.ask(`/links?${query}`);
    expect(answer.json()).toMatchObject({ status: 422, field: query.split('=')[0] });
  });
});

describe('PATCH /links/:id', () => {
  it('changes what is given and leaves the rest', async () => {
    const link = await createLink(client, { title: 'Old' });
    const answer = await patch(link.id, { url: 'https://example.com/new' });
    expect([answer.status, answer.json()]).toEqual([200, { ...link, url: 'https://example.com/new' }]);
    expect((await app.visit(`/${link.slug}`)).headers.location).toBe('https://example.com/new');
    expect((await patch(link.id, { title: null })).json()).toMatchObject({
      title: null,
      url: 'https://example.com/new',
    });
    expect((await patch(link.id, {})).json()).toEqual({
      ...link,
      title: null,
      url: 'https://example.com/new',
      clicks: 1,
      visitors: 1,
      lastClickAt: expect.any(String) as string,
    });
  });

  it('archives and restores', async () => {
    const link = await createLink(client);
    const { archivedAt } = (await patch(link.id, { archived: true })).json() as LinkJson;
    expect(Date.parse(archivedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(link.createdAt));
    expect((await app.visit(`/${link.slug}`)).status).toBe(410);
    expect((await patch(link.id, { archived: false })).json()).toEqual(link);
    await expect.poll(async () => (await app.visit(`/${link.slug}`)).status).toBe(302);
  });

  it.each([
    [{ url: '' }, 'url'],
    [{ url: null }, 'url'],
    [{ archived: 'yes' }, 'archived'],
    [{ slug: 'other' }, 'slug'],
    [{ clicks: 5 }, 'clicks'],
  ])('refuses %j and changes nothing', async (body, field) => {
    const link = await createLink(client);
    const answer = await patch(link.id, { title: 'Changed', ...body });
    expect(answer.json()).toMatchObject({ status: 422, field });
    expect(await get(link.id)).toEqual(link);
  });
});

describe('DELETE /links/:id', () => {
  it('deletes for good, and nobody gets the slug again', async () => {
    const link = await createLink(client, { slug: 'gone-soon' });
    const answer = await client.ask(`/links/${link.id}`, { method: 'DELETE' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await app.visit('/gone-soon')).status).toBe(410);
    expect((await client.ask(`/links/${link.id}`)).json()).toMatchObject(missing);
    expect((await client.ask(`/links/${link.id}`, { method: 'DELETE' })).json()).toMatchObject(missing);
    const again = await stranger.ask('/links', { body: { url: 'https://example.com/', slug: 'gone-soon' } });
    expect(again.json()).toMatchObject({ status: 409, code: 'slug_taken' });
  });

  it('takes requests that say JSON and send none', async () => {
    const { id } = await createLink(client);
    const headers = { 'content-type': 'application/json' };
    expect((await client.ask(`/links/${id}`, { method: 'DELETE', headers })).status).toBe(204);
  });
});

describe('GET /links/:id/qr', () => {
  it('draws the code that opens the link', async () => {
    const link = await createLink(client, { url: 'https://example.com/scanned' });
    const answer = await client.ask(`/links/${link.id}/qr.svg?size=200`);
    expect(answer.headers['content-type']).toBe('image/svg+xml');
    expect(answer.headers['cache-control']).toBe('no-store');
    const pixels = pixelsOfSvg(answer.text);
    expect(pixels.width).toBe(200);
    const text = scan(pixels);
    expect((await app.visit(new URL(String(text)).pathname)).headers.location).toBe('https://example.com/scanned');
    const png = await client.ask(`/links/${link.id}/qr.png`);
    expect([png.status, png.headers['content-type']]).toEqual([200, 'image/png']);
  });

  it('refuses sizes that nobody can use', async () => {
    const { id } = await createLink(client);
    expect((await client.ask(`/links/${id}/qr.png?size=5000`)).json()).toMatchObject({ status: 422, field: 'size' });
  });
});

describe('a key of another workspace', () => {
  it('finds nothing, changes nothing', async () => {
    const link = await createLink(client);
    const path = `/links/${link.id}`;
    const answers = [
      await stranger.ask(path),
      await stranger.ask(path, { method: 'PATCH', body: { url: 'https://evil.example/' } }),
      await stranger.ask(path, { method: 'PATCH', body: { archived: true } }),
      await stranger.ask(path, { method: 'DELETE' }),
      await stranger.ask(`${path}/qr.svg`),
      await stranger.ask(`${path}/qr.png`),
    ];
    for (const answer of answers) expect(answer.json()).toMatchObject(missing);
    expect(await get(link.id)).toEqual(link);
  });
});
