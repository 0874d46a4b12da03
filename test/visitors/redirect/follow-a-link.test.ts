import net from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  archiveLink,
  getLink,
  type Link,
  removeLink,
  restoreLink,
  updateLink,
} from '../../../src/links/links/queries.ts';
import { Resolver } from '../../../src/visitors/redirect/resolve.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { eventually } from '../../setup/eventually.ts';
import { everyHitOf, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { longestNormalized } from '../../setup/longest-normalized.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;
let link: Link;
let count = 0;

const make = (url: string, slug: string | null = null) => makeLink(app, workspaceId, { url, slug });

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db, 'Europe/Berlin');
});

beforeEach(async () => {
  link = await make(`https://example.com/landing?a=1%2B1&b=%20x#part`, `Spring-${++count}`);
});

afterAll(() => app.close());

type Row = Record<string, unknown> & { class: string; reason: string; channel: string };
const hitsOf = (linkId: string, ownerId = link.workspaceId) =>
  rowsOf<Row>(app.db, sql`select * from ${everyHitOf(ownerId)} c where link_id = ${linkId} order by clicked_at, id`);

describe('a visitor who opens a short link', () => {
  it('is sent on with 302, its bytes as they were given, and nothing to keep', async () => {
    const answer = await app.visit(`/${link.slug}`);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('https://example.com/landing?a=1%2B1&b=%20x#part');
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(answer.headers['x-robots-tag']).toBe('noindex');
    expect(Object.keys(answer.headers).toSorted()).toEqual(
      ['cache-control', 'connection', 'content-length', 'date', 'location', 'x-robots-tag'].toSorted(),
    );
  });

  it('is kept before the redirect arrives, with all that is known and no address', async () => {
    await app.visit(`/${link.slug}?utm_source=News&utm_medium=email&gclid=`, {
      headers: {
        'x-forwarded-for': '8.8.8.8',
        'accept-language': 'pt-BR,pt;q=0.9',
        referer: 'https://www.google.com/search?q=secret',
      },
    });
    const [hit] = await hitsOf(link.id);
    expect(hit).toMatchObject({
      class: 'human',
      reason: 'human:browser',
      country: 'US',
      device: 'desktop',
      os: 'Windows',
      browser: 'Chrome',
      language: 'pt',
      referrer: 'google.com',
      channel: 'email',
      utm_source: 'News',
      utm_medium: 'email',
      is_first_on_link: true,
      is_first_in_workspace: true,
    });
    expect(JSON.stringify(hit)).not.toMatch(/8\.8\.8\.8|secret|Mozilla/);
  });

  it('counts as one visitor however often they come on a day, and as another with another browser', async () => {
    const visitor = { headers: { 'x-forwarded-for': '81.2.69.142' } };
    for (let visit = 0; visit < 3; visit++) await app.visit(`/${link.slug}`, visitor);
    await app.visit(`/${link.slug}`, {
      headers: {
        ...visitor.headers,
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
    });
    const hits = await hitsOf(link.id);
    expect(hits.map((hit) => hit.is_first_on_link)).toEqual([true, false, false, true]);
  });

  it('may write the slug in any case, and with a slash behind it', async () => {
    expect((await app.visit(`/${link.slug.toUpperCase()}`)).status).toBe(302);
    expect((await app.visit(`/${link.slug.toLowerCase()}/`)).status).toBe(302);
  });

  it('has their query handed on without disturbing what is there', async () => {
    const answer = await app.visit(`/${link.slug}?b=2&c=%2B&c=3&=&d`);
    expect(answer.headers.location).toBe('https://example.com/landing?a=1%2B1&b=%20x&c=%2B&c=3&=&d#part');
  });

  it('reaches destinations whose characters a header cannot carry', async () => {
    const { slug } = await make('https://bücher.example/straße?q=日本');
    const answer = await app.visit(`/${slug}`);
    expect(answer.headers.location).toBe('https://xn--bcher-kva.example/stra%C3%9Fe?q=%E6%97%A5%E6%9C%AC');
  });

  it('opens slugs in any script', async () => {
    await make('https://example.com/jp', '桜まつり');
    expect((await app.visit(`/${encodeURIComponent('桜まつり')}`)).headers.location).toBe('https://example.com/jp');
  });

  it('scans: the QR slug of a link counts on channel qr', async () => {
    const [qr] = await rowsOf<{ slug: string }>(
      app.db,
      sql`select slug from slugs where link_id = ${link.id} and kind = 'qr'`,
    );
    expect((await app.visit(`/${qr?.slug}`)).headers.location).toContain('https://example.com/landing');
    expect(await hitsOf(link.id)).toMatchObject([{ channel: 'qr', class: 'human' }]);
  });
});

describe('a visitor of a workspace whose time zone nobody knows', () => {
  it('is sent on, and the click counts on a day of UTC', async () => {
    const nowhere = await insertBareWorkspace(app.db, 'Mars/Olympus_Mons');
    const { slug, id } = await makeLink(app, nowhere, { url: 'https://example.com/mars' });
    for (const path of [`/${slug}`, `/${slug}?a=1`]) {
      const { status, headers } = await app.visit(path);
      expect([status, headers.location]).toEqual([302, `https://example.com/mars${path.slice(slug.length + 1)}`]);
    }
    expect(await hitsOf(id, nowhere)).toMatchObject([{ class: 'human' }, { class: 'human' }]);
  });
});

describe('a request that is at fault itself', () => {
  it('is refused by its method, and is no outage to whoever watches', async () => {
    const outcomes = async (outcome: string) =>
      Number(
        new RegExp(`^waymark_redirects_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(
          (await app.ask('/metrics')).text,
        )?.[1],
      );
    const before = { method: await outcomes('method'), unavailable: await outcomes('unavailable') };
    for (const type of ['a', 'text/plain', 'application/json', ''])
      for (const path of [`/${link.slug}`, '/none', '/', '/a/b', '/robots.txt']) {
        const answer = await app.visit(path, { method: 'POST', body: '{', headers: { 'content-type': type } });
        expect([path, answer.status, answer.headers.allow]).toEqual([path, 405, 'GET, HEAD']);
      }
    expect(await outcomes('method')).toBe(before.method + 20);
    expect(await outcomes('unavailable')).toBe(before.unavailable);
    expect(await hitsOf(link.id)).toEqual([]);
  });

  it('keeps its connection for the next one, its body unread', async () => {
    const body = 'x'.repeat(200_000);
    const head = [`Host: ${app.shortHost}`, 'Content-Type: a', `Content-Length: ${body.length}`];
    const next = [`GET /${link.slug} HTTP/1.1`, `Host: ${app.shortHost}`, 'Connection: close', '', ''];
    const text = await new Promise<string>((resolve, reject) => {
      let read = '';
      const socket = net.connect(app.config.port, '127.0.0.1');
      socket.on('data', (chunk) => (read += chunk.toString('latin1')));
      socket.on('close', () => resolve(read)).on('error', reject);
      socket.write(['POST /x HTTP/1.1', ...head, '', body].join('\r\n') + next.join('\r\n'));
    });
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 302']);
  });
});

describe('whoever is not a visitor', () => {
  it.each([
    [
      'a chat that unfurls the link',
      { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
      'preview',
    ],
    ['a browser that loads ahead', { 'sec-purpose': 'prefetch;prerender' }, 'prefetch'],
    [
      'a search engine',
      { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      'crawler',
    ],
    ['a tool', { 'user-agent': 'curl/8.5.0' }, 'tool'],
  ])('%s is redirected, kept with its class, and no click', async (_who, headers, hitClass) => {
    expect((await app.visit(`/${link.slug}`, { headers })).status).toBe(302);
    expect(await hitsOf(link.id)).toMatchObject([{ class: hitClass, is_first_on_link: false }]);
    expect(await getLink(app.db, workspaceId, link.id)).toMatchObject({ clicks: 0, visitors: 0 });
  });

  it('asks by HEAD and gets what GET gets, but is no click', async () => {
    const get = await app.visit(`/${link.slug}`);
    const head = await app.visit(`/${link.slug}`, { method: 'HEAD' });
    const { date: _one, ...expected } = get.headers;
    const { date: _other, ...headers } = head.headers;
    expect(head.status).toBe(302);
    expect(headers).toEqual(expected);
    expect((await hitsOf(link.id)).map((hit) => hit.reason)).toEqual(['human:browser', 'tool:head-request']);
  });

  it('asks without a user agent', async () => {
    await app.visit(`/${link.slug}`, { headers: { 'user-agent': '' } });
    expect(await hitsOf(link.id)).toMatchObject([{ reason: 'tool:no-user-agent' }]);
  });
});

describe('a link that changes', () => {
  it('leads to its new destination at once', async () => {
    await app.visit(`/${link.slug}`);
    await updateLink(app.db, workspaceId, byTest, link.id, { url: 'https://example.org/new' });
    await expect.poll(async () => (await app.visit(`/${link.slug}`)).headers.location).toBe('https://example.org/new');
  });

  it('answers 410 while it is archived, and works again after', async () => {
    await app.visit(`/${link.slug}`);
    await archiveLink(app.db, workspaceId, byTest, link.id);
    const gone = await eventually(
      () => app.visit(`/${link.slug}`),
      (answer) => answer.status === 410,
    );
    expect(gone.status).toBe(410);
    expect(gone.text).toContain('This link has ended');
    expect(gone.text).not.toContain('example.com/landing');
    expect((await app.visit(`/${link.slug}+`)).status).toBe(410);
    await restoreLink(app.db, workspaceId, byTest, link.id);
    await expect.poll(async () => (await app.visit(`/${link.slug}`)).status).toBe(302);
  });

  it('answers 410 for ever once it is deleted', async () => {
    await removeLink(app.db, workspaceId, byTest, link.id);
    await expect.poll(async () => (await app.visit(`/${link.slug}`)).status).toBe(410);
  });

  it('works at once when its slug was asked for before it was there', async () => {
    expect((await app.visit('/soon')).status).toBe(404);
    await make('https://example.com/soon', 'soon');
    expect((await app.visit('/soon')).status).toBe(302);
  });
});

describe('a slug with a plus', () => {
  it('shows where the link leads, counts nothing and is not indexed', async () => {
    const page = await app.visit(`/${link.slug}+`);
    expect(page.status).toBe(200);
    expect(page.headers['x-robots-tag']).toBe('noindex');
    expect(page.text).toContain('https://example.com/landing?a=1%2B1&amp;b=%20x#part');
    expect(await hitsOf(link.id)).toEqual([]);
  });

  it('may write it escaped, and once', async () => {
    expect((await app.visit(`/${link.slug}%2B`)).text).toContain('https://example.com/landing');
    for (const more of ['%252B', '++', '+%2B'])
      expect([more, (await app.visit(`/${link.slug}${more}`)).status]).toEqual([more, 404]);
  });

  it('shows the host as browsers ask for it, so that look-alikes are seen', async () => {
    const { slug } = await make('https://pаypal.example/');
    expect((await app.visit(`/${slug}+`)).text).toContain('xn--pypal-4ve.example');
  });

  it('escapes what people wrote', async () => {
    const evil = await make('https://example.com/"><script>alert(1)</script>');
    await updateLink(app.db, workspaceId, byTest, evil.id, { title: '<img src=x onerror=alert(1)>' });
    const page = await app.visit(`/${evil.slug}+`);
    expect(page.text).not.toMatch(/<script>alert|<img src=x/);
    expect(page.text).toContain('https://example.com/&quot;&gt;&lt;script&gt;');
    expect(page.text).not.toContain('onerror'); // a title is for the team, not for strangers
  });
});

describe('what is no link', () => {
  it.each([
    ['an unknown slug', '/nobody-has-this', 404],
    ['the root', '/', 404],
    ['a deeper path', '/spring/summer', 404],
    ['an escaped slash', '/a%2Fb', 404],
    ['a NUL', '/%00', 404],
    ['a NUL in the middle', '/a%00b', 404],
    ['a broken escape', '/%zz', 400],
    ['bad UTF-8', '/%ff%fe', 400],
    ['a cut escape', '/abc%', 400],
    ['dots', '/..', 404],
    ['a word of the dashboard, on this host', '/log-in', 404],
    ['slashes', '//evil.example/', 404],
    ['a very long slug', `/${'a'.repeat(12_000)}`, 404],
    ['a plus alone', '/+', 404],
  ])('%s is refused', async (_what, path, status) => {
    const answer = await app.visit(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers.location).toBeUndefined();
  });

  it('costs nothing where no slug can be so long', async () => {
    const resolver = new Resolver(app.db);
    const host = { domainId: app.instanceDomainId, isCaseSensitive: false };
    const marks = `a${'\u0301\u0323'.repeat(80_000)}`;
    const longest = await longestNormalized(async () => {
      expect(resolver.recall(host, marks)).toBeUndefined();
      expect(await resolver.findPlan(host, marks)).toBeUndefined();
    });
    expect(longest).toBeLessThan(1_000);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    '%s gets 405 with Allow and counts nothing',
    async (method) => {
      await archiveLink(app.db, workspaceId, byTest, (await make('https://example.com/', `ended-${method}`)).id);
      for (const path of [`/${link.slug}`, `/ended-${method}`, '/nobody-has-this', '/', '/a/b']) {
        const answer = await app.visit(path, { method });
        expect([path, answer.status, answer.headers.allow]).toEqual([path, 405, 'GET, HEAD']);
      }
      expect(await hitsOf(link.id)).toEqual([]);
    },
  );

  it.each([
    ['a form', { form: { a: 'b' } }],
    ['broken JSON', { body: '{"a":' }],
    ['more than a megabyte', { body: 'x'.repeat(2_000_000) }],
  ])('a POST of %s gets 405 as well, and its body is not read', async (_what, ask) => {
    for (const path of [`/${link.slug}`, '/a/b', '/']) {
      const answer = await app.visit(path, { method: 'POST', ...ask });
      expect([path, answer.status, answer.headers.allow]).toEqual([path, 405, 'GET, HEAD']);
    }
  });

  it.each(['evil.example', 'example.com:80', '127.0.0.2', '[::2]', 'GO.LOCALHOST.evil.example', 'a'.repeat(300)])(
    'the unknown host "%s" gets a plain 404 that says nothing',
    async (host) => {
      const answer = await app.visit(`/${link.slug}`, { host });
      expect([answer.status, answer.text]).toEqual([404, 'Not found\n']);
    },
  );

  it.each(['GO.localhost', 'go.localhost.', 'go.localhost:80'])('our own host may be written "%s"', async (host) => {
    expect((await app.visit(`/${link.slug}`, { host })).status).toBe(302);
  });

  it('a request without a Host header is refused', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(app.config.port, '127.0.0.1', () =>
        socket.write(`GET /${link.slug} HTTP/1.1\r\nConnection: close\r\n\r\n`),
      );
      socket.once('error', reject);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.once('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
  });
});

describe('on one host with the dashboard', () => {
  let shared: TestApp;
  beforeAll(async () => {
    shared = await startTestApp({ SHORT_URL: '' });
  });
  afterAll(() => shared.close());

  it('slugs and pages live side by side', async () => {
    const workspace = await insertBareWorkspace(shared.db);
    const made = await makeLink(shared, workspace, { url: 'https://example.com/shared', slug: 'summer' });
    expect((await shared.ask(`/${made.slug}`)).headers.location).toBe('https://example.com/shared');
    expect((await shared.ask('/sign-up')).status).toBe(200);
    expect((await shared.ask('/nobody-has-this')).status).toBe(404);
    expect((await shared.ask('/summer', { host: 'evil.example' })).status).toBe(404);
  });

  it('words of the routes are reserved, in any case, and other words are not', () => {
    for (const word of ['log-in', 'w', 'api', 'health', 'assets', 'docs', 'sign-up', 'qr'])
      expect([word, shared.fastify.isReservedSlug(word)]).toEqual([word, true]);
    expect(shared.fastify.isReservedSlug('summer')).toBe(false);
    for (const site of [shared, app]) expect(site.fastify.isReservedSlug('robots.txt')).toBe(true);
    expect(app.fastify.isReservedSlug('log-in')).toBe(false);
  });
});
