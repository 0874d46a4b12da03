import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../../src/ground/db/notify.ts';
import { removeLink } from '../../../src/links/links/queries.ts';
import { fillPlaceholders } from '../../../src/visitors/redirect/host.ts';
import { Resolver } from '../../../src/visitors/redirect/resolve.ts';
import { createLink, type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { eventually } from '../../setup/eventually.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let workspaceId: string;

const plain = 'plain.example.com';
const branded = 'go.acme.example';

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  workspaceId = ada.workspace.id;
  await insertDomain(app.db, workspaceId, plain);
  await insertDomain(app.db, workspaceId, branded, {
    rootUrl: 'https://www.acme.example/straße',
    notFoundUrl: 'https://www.acme.example/search?q={slug}&from={query}',
    expiredUrl: 'https://www.acme.example/ended/{slug}',
    brandName: 'Acme <b>',
    brandColor: '#ffee00',
    redirectStatus: 308,
    referrerPolicy: 'no-referrer',
    isIndexed: true,
    robotsTxt: 'User-agent: *\nAllow: /\n',
    appleAppSiteAssociation: '{"applinks":{}}',
    assetLinks: '[]',
  });
});
afterAll(() => app.close());

const visit = (host: string, path: string): Promise<Answer> => app.visit(path, { host });
const link = (host: string, slug: string, url = `https://example.com/${slug}`) =>
  createLink(client, { url, slug, domain: host });

describe('a domain whose admin has decided nothing', () => {
  it('opens its links with 302 and is not indexed', async () => {
    await link(plain, 'spring');
    for (const source of ['database', 'memory']) {
      const answer = await visit(plain, '/Spring?utm_source=x');
      expect([source, answer.status, answer.headers.location]).toEqual([
        source,
        302,
        'https://example.com/spring?utm_source=x',
      ]);
      expect(answer.headers['x-robots-tag']).toBe('noindex');
      expect(answer.headers['referrer-policy']).toBeUndefined();
    }
    expect((await visit(`${plain.toUpperCase()}.:443`, '/spring')).status).toBe(302);
  });

  it('shows small pages at its root, for unknown and for ended links', async () => {
    const root = await visit(plain, '/');
    expect([root.status, root.text.includes(`<h1><bdi>${plain}</bdi></h1>`)]).toEqual([200, true]);
    expect(root.headers['content-security-policy']).toContain("style-src 'self'");
    expect((await visit(plain, '/nobody-has-this')).status).toBe(404);
    expect((await visit(plain, '/deeper/path')).status).toBe(404);
    const { id } = await link(plain, 'over');
    await removeLink(app.db, workspaceId, byTest, id);
    await expect.poll(async () => (await visit(plain, '/over')).status).toBe(410);
  });

  it('tells crawlers to stay away and has no files for apps', async () => {
    const robots = await visit(plain, '/robots.txt');
    expect([robots.status, robots.text]).toEqual([200, 'User-agent: *\nDisallow:\n']);
    expect(robots.headers['content-type']).toBe('text/plain; charset=utf-8');
    for (const name of ['apple-app-site-association', 'assetlinks.json'])
      expect((await visit(plain, `/.well-known/${name}`)).status).toBe(404);
  });
});

describe('a domain as its admin wants it', () => {
  it('opens links with its own status and Referrer-Policy', async () => {
    await link(branded, 'sale');
    const answer = await visit(branded, '/sale');
    expect([answer.status, answer.headers.location]).toEqual([308, 'https://example.com/sale']);
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['x-robots-tag']).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  it('leads from its root, with characters that a header can carry', async () => {
    const answer = await visit(branded, '/');
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://www.acme.example/stra%C3%9Fe']);
  });

  it('leads unknown slugs on, percent-encoded, whatever was typed', async () => {
    const to = async (path: string) => {
      const answer = await visit(branded, path);
      return [answer.status, answer.headers.location];
    };
    const search = (slug: string, query = '') => [302, `https://www.acme.example/search?q=${slug}&from=${query}`];
    expect(await to('/sprnig')).toEqual(search('sprnig'));
    expect(await to('/a%26b%20c?x=1&y=%23')).toEqual(search('a%26b%20c', 'x%3D1%26y%3D%2523'));
    expect(await to('/deeper/path')).toEqual(search('deeper%2Fpath'));
    expect(await to('/{query}?$&')).toEqual(search('%7Bquery%7D', '%24%26'));
    expect(await to('/%F0%9F%8C%B8')).toEqual(search('%F0%9F%8C%B8'));
  });

  it('leads nobody on who asks in another way, or for a file that programs look for', async () => {
    for (const method of ['POST', 'PROPFIND', 'TRACE'])
      for (const path of ['/sprnig', '/deeper/path', '/']) {
        const { status, headers } = await app.visit(path, { host: branded, method });
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, 'GET, HEAD']);
      }
    for (const path of ['/.well-known/security.txt', '/.well-known/a/b?c', '/ads.txt', '/Sitemap.xml', '/ads.txt/']) {
      const { status, text, headers } = await visit(branded, path);
      expect([path, status, text, headers.location]).toEqual([path, 404, 'Not found\n', undefined]);
    }
  });

  it('leads ended links on', async () => {
    const { id } = await link(branded, 'ended');
    await removeLink(app.db, workspaceId, byTest, id);
    const answer = await eventually(
      () => visit(branded, '/ended'),
      ({ headers }) => headers.location?.includes('/ended/') ?? false,
    );
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://www.acme.example/ended/ended']);
  });

  it('serves its files as they were written', async () => {
    expect((await visit(branded, '/robots.txt')).text).toBe('User-agent: *\nAllow: /\n');
    const apple = await visit(branded, '/.well-known/apple-app-site-association');
    expect([apple.status, apple.headers['content-type'], apple.json()]).toEqual([
      200,
      'application/json; charset=utf-8',
      { applinks: {} },
    ]);
    const android = await visit(branded, '/.well-known/assetlinks.json');
    expect([android.status, android.headers['content-type'], android.json()]).toEqual([
      200,
      'application/json; charset=utf-8',
      [],
    ]);
  });

  it('shows name and colour of its brand, without a style in the page', async () => {
    const page = await visit(branded, '/sale+');
    expect(page.text).toContain('<p class="brand"><bdi>Acme &lt;b&gt;</bdi></p>');
    expect(page.text).toContain('href="/assets/brand/ffee00.css"');
    expect(page.text).not.toMatch(/style=|<style/);
    const style = await visit(branded, '/assets/brand/ffee00.css');
    expect([style.status, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8']);
    expect(style.headers['cache-control']).toContain('immutable');
    for (const path of ['ffee0', 'ffee00;}', 'red', '..%2fffee00'])
      expect((await visit(plain, `/assets/brand/${path}.css`)).status, path).toBe(404);
  });

  it('follows a change on every node as soon as it is announced', async () => {
    const host = 'changing.example.com';
    const id = await insertDomain(app.db, workspaceId, host);
    await link(host, 'one');
    expect((await visit(host, '/one')).status).toBe(302);
    await app.db.execute(sql`update domains set redirect_status = 301, state = 'live' where id = ${id}`);
    await announce(app.db, { kind: 'domain', host });
    await expect.poll(async () => (await visit(host, '/one')).status).toBe(301);
  });
});

describe('one slug on two domains', () => {
  it('is two links', async () => {
    await link(plain, 'twin', 'https://example.com/plain');
    await link(branded, 'twin', 'https://example.com/branded');
    await makeLink(app, workspaceId, { url: 'https://example.com/own', slug: 'twin' });
    const places = await Promise.all([plain, branded, app.shortHost].map((host) => visit(host, '/twin')));
    expect(places.map(({ headers }) => headers.location)).toEqual([
      'https://example.com/plain',
      'https://example.com/branded',
      'https://example.com/own',
    ]);
  });
});

describe('a domain that is not served', () => {
  it.each(['waiting', 'paused', 'removed'] as const)('is nobody’s host while it is %s', async (state) => {
    const host = `${state}.example.com`;
    const id = await insertDomain(app.db, workspaceId, host);
    await link(host, 'one');
    expect((await visit(host, '/one')).status).toBe(302);
    await app.db.execute(sql`update domains set state = ${state} where id = ${id}`);
    await announce(app.db, { kind: 'domain', host });
    const answer = await eventually(
      () => visit(host, '/one'),
      ({ status }) => status === 404,
    );
    expect([answer.status, answer.text]).toEqual([404, 'Not found\n']);
    for (const path of ['/', '/robots.txt', '/a/b', '/assets/brand/ffee00.css'])
      expect([path, (await visit(host, path)).text]).toEqual([path, 'Not found\n']);
    const refused = await ada.ask(`/w/${ada.workspace.slug}/links`, {
      form: { url: 'https://example.com/', domain: host },
    });
    expect([refused.status, refused.text.includes('This domain is not yours to use.')]).toEqual([422, true]);
  });

  it('cannot be used by another workspace while it is live', async () => {
    const eve = await app.signUp('Eve');
    const form = { url: 'https://example.com/', domain: branded };
    const refused = await eve.ask(`/w/${eve.workspace.slug}/links`, { form });
    expect([refused.status, refused.text.includes('This domain is not yours to use.')]).toEqual([422, true]);
    const answer = await (await openClient(app, eve)).ask('/links', { body: form });
    expect(answer.json()).toMatchObject({ status: 422, field: 'domain', code: 'domain_unknown' });
  });
});

describe('the instance’s own short host', () => {
  it('has no pages of a brand', async () => {
    for (const path of ['/', '/robots.txt', '/.well-known/assetlinks.json', '/nobody-has-this']) {
      const answer = await app.visit(path);
      expect([path, answer.status, answer.headers['x-robots-tag']]).toEqual([path, 404, 'noindex']);
      expect(answer.text).toContain('There is no link here');
    }
  });
});

describe('a server whose dashboard and short links share a host', () => {
  it('serves custom domains beside it, and nothing of the dashboard there', async () => {
    const shared = await startTestApp({ SHORT_URL: '' });
    const bob = await shared.signUp('Bob');
    await insertDomain(shared.db, bob.workspace.id, plain, { rootUrl: 'https://example.com/' });
    await createLink(await openClient(shared, bob), { url: 'https://example.com/x', slug: 'x', domain: plain });
    const places = [];
    for (const path of ['/', '/x', '/log-in']) {
      const { status, headers } = await shared.visit(path, { host: plain });
      places.push([path, status, headers.location]);
    }
    expect(places).toEqual([
      ['/', 302, 'https://example.com/'],
      ['/x', 302, 'https://example.com/x'],
      ['/log-in', 404, undefined],
    ]);
    expect((await shared.ask('/')).headers.location).not.toBe('https://example.com/');
    await shared.close();
  });
});

describe('hosts in memory', () => {
  it('take 50 MB together, however many have files as large as they may be', async () => {
    const file = 'x'.repeat(100_000);
    const owner = await insertBareWorkspace(app.db);
    await app.db.execute(sql`
insert into domains (id, host, workspace_id, proof_token, apple_app_site_association, asset_links)
select 'large' || i, 'large' || i || '.example', ${owner}, 'proof', ${file}, ${file} from generate_series(1, 260) i`);
    const resolver = new Resolver(app.db);
    for (let i = 1; i <= 260; i++) await resolver.findHost(`large${i}.example`);
    const kept = Array.from({ length: 260 }, (_, i) => resolver.recallHost(`large${i + 1}.example`)).filter(Boolean);
    expect(kept.length).toBe(Math.floor(50_000_000 / 201_000));
    expect(resolver.recallHost('large260.example')?.assetLinks).toBe(file);
    await app.db.execute(sql`delete from domains where workspace_id = ${owner}`);
  });
});

describe('placeholders', () => {
  it('take a long slug’s beginning, and never half a character', () => {
    const path = `/${encodeURIComponent(`${'a'.repeat(999)}🌸🌸`)}`;
    const filled = fillPlaceholders('https://example.com/?q={slug}', { path, query: '' });
    expect(filled).toBe(`https://example.com/?q=${'a'.repeat(999)}`);
  });

  it('are empty where the address would be longer than servers take', () => {
    const visited = { path: '/x', query: '%'.repeat(900) };
    const times = (count: number) =>
      fillPlaceholders(`https://example.com/?s={slug}${'&q={query}'.repeat(count)}`, visited);
    expect(times(2)).toBe(`https://example.com/?s=x${`&q=${'%25'.repeat(900)}`.repeat(2)}`);
    expect(times(3)).toBe('https://example.com/?s=&q=&q=&q=');
  });

  it.each([
    ['/..', '', 'https://example.com/help//x?'],
    ['/%2e%2E', '', 'https://example.com/help//x?'],
    ['/..%2f..', '..', 'https://example.com/help/..%2F../x?'],
    ['/%252e%252e', '.', 'https://example.com/help/%252e%252e/x?'],
  ])('cannot leave their place: %s?%s', (path, query, address) => {
    expect(fillPlaceholders('https://example.com/help/{slug}/x?{query}', { path, query })).toBe(address);
  });
});
