import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimRandomSlug } from '../../../src/links/links/claim.ts';
import { readNewLink } from '../../../src/links/creation/new-link.ts';
import { insertLink } from '../../../src/links/links/insert.ts';
import { getLink, type Link } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit } from '../../setup/hits.ts';
import { tellOfDomain } from '../../setup/domains.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let bob: Person;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  bob = await app.signUp('Bob');
  workspaceId = ada.workspace.id;
});
afterAll(() => app.close());

const create = (form: Record<string, string>, person = ada, headers: Record<string, string> = {}): Promise<Answer> =>
  person.ask(`/w/${person.workspace.slug}/links`, { form, headers });

const viaDialog = { 'hx-request': 'true' };

/** The link that a 303 after creating leads to. */
async function created(answer: Answer): Promise<Link> {
  expect(answer.status).toBe(303);
  const path = /^\/w\/[^/]+\/links\/(\w+)$/.exec(answer.headers.location ?? '');
  return getLink(app.db, workspaceId, path?.[1] ?? '');
}

const countAll = async () => (await app.db.execute<{ count: string }>(sql`select count(*) from links`)).rows[0]?.count;

describe('creating a link', () => {
  it('takes an address and nothing else, and the link works at once', async () => {
    const link = await created(await create({ url: 'https://example.com/a?b=%2B#c' }));
    expect(link.slug).toMatch(/^[2-9a-hjkmnp-z]{7}$/);
    expect(link.shortUrl).toBe(`${app.config.shortUrl}/${link.slug}`);
    expect(link).toMatchObject({ title: null, clicks: 0, visitors: 0, lastClickAt: null, archivedAt: null });
    const visit = await app.visit(`/${link.slug}`);
    expect(visit.status).toBe(302);
    expect(visit.headers.location).toBe('https://example.com/a?b=%2B#c');
  });

  it('takes a private address with a warning: in the dialog, after the form and on its page', async () => {
    const words = '192.168.1.20 is an IP address of a private network: people elsewhere cannot open it.';
    expect((await create({ url: 'http://192.168.1.20/' }, ada, viaDialog)).text).toContain(words);
    const answer = await create({ url: 'http://192.168.1.20/' });
    const link = await created(answer);
    expect(decodeURIComponent(String(answer.headers['set-cookie']))).toContain(`is ready. ${words}`);
    const edit = `/w/${ada.workspace.slug}/links/${link.id}/edit`;
    expect((await ada.ask(edit)).text).toContain(words);
    const saved = await ada.ask(edit, { form: { url: 'https://example.com/', title: '' } });
    expect(decodeURIComponent(String(saved.headers['set-cookie']))).not.toContain('IP address');
    expect((await ada.ask(edit)).text).not.toContain('IP address');
  });

  it('makes a second slug for its QR code, which leads to the same place', async () => {
    const link = await created(await create({ url: 'https://example.com/scanned' }));
    const { rows } = await app.db.execute<{ slug: string }>(sql`select slug from slugs where id = ${link.qrSlugId}`);
    expect(rows[0]?.slug).not.toBe(link.slug);
    expect((await app.visit(`/${rows[0]?.slug}`)).headers.location).toBe('https://example.com/scanned');
  });

  it('takes a slug, a title and a domain', async () => {
    const link = await created(
      await create({ url: 'example.com', slug: 'Spring-Sale', title: '  Spring sale ', domain: app.shortHost }),
    );
    expect(link).toMatchObject({ slug: 'Spring-Sale', title: 'Spring sale', url: 'https://example.com' });
    expect((await app.visit('/sPRING-sALE')).headers.location).toBe('https://example.com');
  });

  it('takes a slug in any script', async () => {
    const link = await created(await create({ url: 'https://example.com/весна', slug: 'весна' }));
    expect(link.shortUrl).toBe(`${app.config.shortUrl}/%D0%B2%D0%B5%D1%81%D0%BD%D0%B0`);
    expect((await app.visit(new URL(link.shortUrl).pathname)).headers.location).toBe(
      'https://example.com/%D0%B2%D0%B5%D1%81%D0%BD%D0%B0',
    );
  });

  it('keeps a title in composed letters, without marks that turn the direction', async () => {
    const title = 'Cafe\u0301 \u202egpj.exe\u202c\u200e';
    expect((await created(await create({ url: 'https://example.com', title }))).title).toBe('Caf\u00e9 gpj.exe');
  });

  it('remembers who made it', async () => {
    const link = await created(await create({ url: 'https://example.com' }));
    const { rows } = await app.db.execute<{ email: string }>(
      sql`select u.email from links l join users u on u.id = l.created_by where l.id = ${link.id}`,
    );
    expect(rows[0]?.email).toBe(ada.email);
  });

  it('says on the next page that it is ready', async () => {
    const answer = await create({ url: 'https://example.com', slug: 'ready' });
    const flash = answer.headers['set-cookie']?.find((cookie) => cookie.startsWith('waymark_flash'));
    expect(decodeURIComponent(flash ?? '')).toContain(`${app.shortHost}/ready is ready.`);
  });

  it('from the dialog answers with the link in place of the form, and tells the list', async () => {
    const answer = await create({ url: 'https://example.com', slug: 'dialog', idPrefix: 'quick' }, ada, viaDialog);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('<html');
    expect(answer.text).toContain(`data-copy="${app.config.shortUrl}/dialog"`);
    expect(answer.text).toContain('data-copy-now');
    expect(answer.text).toMatch(/src="\/qr\/\w+\.svg"/);
    expect(answer.headers['hx-trigger']).toBe('link-created');
  });

  it('from the dialog is opened without being counted, and its code can be had as a file', async () => {
    const link = 'href="[^"]*/opened\\?[^"]+" target="_blank" rel="noopener"';
    const { text } = await create({ url: 'https://example.com', slug: 'opened' }, ada, viaDialog);
    expect(text).toMatch(new RegExp(link));
    const href = /href="([^"]*\/opened\?[^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { pathname, search } = new URL(href);
    await app.visit(pathname + search, { headers: { referer: `${app.url}/` } });
    const { rows } = await app.db.execute(sql`
select c.class from ${everyHit} c join slugs s on s.id = c.slug_id where s.slug = 'opened'`);
    expect(rows).toEqual([{ class: 'owner' }]);
    const files = [...text.matchAll(/href="(\/qr\/[^"]+download=1)"/g)];
    expect(files).toHaveLength(2);
    for (const [, path = ''] of files) {
      const file = await ada.ask(path.replaceAll('&amp;', '&'));
      expect([file.status, file.headers['content-disposition']]).toEqual([200, expect.stringContaining('attachment')]);
    }
  });

  it('has a page of its own, for those without scripts', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links/new`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('<h1>Create a link</h1>');
    expect(page.text).toContain('id="new-url"');
  });
});

describe('the form of a new link', () => {
  const open = (fields: Record<string, string>, person = ada) =>
    person.ask(`/w/${person.workspace.slug}/links/new?${new URLSearchParams(fields)}`);

  it('is filled by its address, which saves nothing', async () => {
    const before = await countAll();
    const fields = { url: 'https://example.com/?a=1&b=2', title: 'A "title"', tags: 'one, two', campaign: 'Spring' };
    const page = await open(fields);
    expect(page.status).toBe(200);
    for (const value of ['https://example.com/?a=1&amp;b=2', 'A &quot;title&quot;', 'one, two', 'Spring'])
      expect(page.text.split(`type="text" value="${value}"`), value).toHaveLength(2); // not in the dialog behind
    expect(await countAll()).toBe(before);
    const tags = await app.db.execute(sql`select 1 from tags where workspace_id = ${workspaceId} and name = 'one'`);
    expect(tags.rows).toEqual([]);
  });

  it('shows what was crafted as text', async () => {
    const before = await countAll();
    const crafted = '"><script>alert(1)</script>';
    const page = await open({ url: `javascript:alert(1)${crafted}`, title: crafted, tags: crafted, idPrefix: crafted });
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('<script>alert');
    expect(page.text).toContain('value="javascript:alert(1)&quot;&gt;&lt;script&gt;');
    expect(page.text).toContain('id="new-url"');
    expect(await countAll()).toBe(before);
  });

  it('makes a duplicate of a link, whose page and row lead there', async () => {
    const made = await created(
      await create({ url: 'https://example.com/?q=a+b&c', title: 'Title & more', tags: 'x, y' }),
    );
    for (const path of ['', `/${made.id}`]) {
      const page = await ada.ask(`/w/${ada.workspace.slug}/links${path}`);
      const href = new RegExp(
        `href="([^"]+/links/new\\?url=${encodeURIComponent(made.url).replace('+', '\\+')}[^"]*)"`,
      );
      const [, form = ''] = href.exec(page.text) ?? [];
      const { text } = await ada.ask(form.replaceAll('&amp;', '&'));
      for (const value of ['https://example.com/?q=a+b&amp;c', 'Title &amp; more', 'x, y'])
        expect(text).toContain(`value="${value}"`);
      expect(text).toMatch(/name="slug"[^>]* value=""/);
    }
  });
});

describe('a link that is refused', () => {
  it.each([
    ['no address', { url: '' }, 'Paste the address that the link should lead to.'],
    ['several words', { url: 'see example.com please' }, 'An address has no spaces'],
    ['a script', { url: 'javascript:alert(1)' }, 'Links lead to http and https addresses only.'],
    ['a slug with a slash', { url: 'example.com', slug: 'a/b' }, 'letters, digits and - _ . ~ only'],
    ['a word of ours', { url: 'example.com', slug: 'HEALTH' }, 'is a word that this domain needs itself'],
    ['a domain that is not there', { url: 'example.com', domain: 'go.acme.com' }, 'not yours to use'],
    ['a title of 201 characters', { url: 'example.com', title: 'x'.repeat(201) }, 'at most 200 characters'],
  ])('for %s says why, at the form', async (_what, form, sentence) => {
    const before = await countAll();
    const answer = await create(form);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
    expect(answer.text).toContain('aria-invalid="true"');
    expect(await countAll()).toBe(before);
  });

  it('keeps what was typed', async () => {
    const form = { url: 'two words "&<', slug: 'kept-slug', title: 'Kept <title>', idPrefix: 'quick' };
    for (const headers of [{}, viaDialog]) {
      const answer = await create(form, ada, headers);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('value="two words &quot;&amp;&lt;"');
      expect(answer.text).toContain('value="kept-slug"');
      expect(answer.text).toContain('value="Kept &lt;title&gt;"');
      expect(answer.text).toContain('id="quick-url"');
    }
  });

  it('for a taken slug suggests one that is free', async () => {
    await create({ url: 'https://example.com', slug: 'taken' });
    await create({ url: 'https://example.com', slug: 'taken-2' });
    const answer = await create({ url: 'https://example.com/other', slug: 'TAKEN' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('&quot;TAKEN&quot; is taken by a link of this workspace. ');
    expect(answer.text).toContain('value="https://example.com/other"');
    expect((await app.visit('/taken')).headers.location).toBe('https://example.com');
  });

  it('says of a taken slug whose it is only to those whose it is', async () => {
    const link = await created(await create({ url: 'https://example.com', slug: 'whose' }));
    const page = `/w/${ada.workspace.slug}/links/${link.id}`;
    const refusedTo = async (person: Person, sentence: string) => {
      const form = { url: 'https://example.com', slug: 'Whose' };
      const { text } = await create(form, person, viaDialog);
      const query = new URLSearchParams(form);
      const check = await person.ask(`/w/${person.workspace.slug}/links/slug-check?${query}`, { headers: viaDialog });
      for (const answer of [text, check.text]) {
        expect(answer).toContain(`&quot;Whose&quot; ${sentence}. `);
        expect(answer).toMatch(/<button [^>]*data-complete="Whose-2">/);
      }
      return text + check.text;
    };
    const own = await refusedTo(ada, 'is taken by a link of this workspace');
    expect(own.split(`href="${page}" target="_blank" rel="noopener">Show it`)).toHaveLength(3);
    expect(await refusedTo(bob, 'is taken')).not.toContain('Show it');
    await ada.ask(`${page}/delete`, { form: {} });
    expect(await refusedTo(ada, 'belonged to a link that is deleted, and stays taken')).not.toContain('Show it');
    expect(await refusedTo(bob, 'is taken')).not.toContain('Show it');
  });

  it('because a field came twice keeps no half of it', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'url=https%3A%2F%2Fexample.com&url=https%3A%2F%2Fevil.example';
    const answer = await ada.ask(`/w/${ada.workspace.slug}/links`, { method: 'POST', headers, body });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Paste the address that the link should lead to.');
  });

  it('leads back to our own short host', async () => {
    const { port } = new URL(app.url);
    for (const url of [`http://go.localhost:${port}/spring`, 'https://GO.localhost./x', 'go.localhost/']) {
      const answer = await create({ url });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('A link may not lead to another short link of this server');
    }
  });

  it('is none when it leads to another port on the name of our short host', async () => {
    const other = `http://go.localhost:${Number(new URL(app.url).port) - 1}/spring`;
    expect((await created(await create({ url: other }))).url).toBe(other);
  });

  it('leads to the port where we listen behind a proxy, which answers for our short host too', async () => {
    const { db, sites, isReservedSlug } = app.fastify;
    const context = { db, sites, isReservedSlug, config: { shortUrl: 'https://go.localhost:8443', port: 3000 } };
    const codeFor = (port: number) =>
      readNewLink(context, workspaceId, { url: `http://go.localhost:${port}/x` }).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      );
    expect(await Promise.all([8443, 3000, 80, 3001].map(codeFor))).toEqual([
      'url_loop',
      'url_loop',
      'url_loop',
      'taken',
    ]);
  });

  it('leads to itself by a domain that is not served any more, or not yet', async () => {
    await app.db.execute(
      sql`insert into domains (id, host, workspace_id) values ('back', 'back.ada.example', ${workspaceId})`,
    );
    const link = await created(await create({ url: 'https://example.com', slug: 'Café', domain: 'back.ada.example' }));
    const edit = (url: string) => ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/edit`, { form: { url } });
    for (const state of ['removed', 'waiting']) {
      await app.db.execute(sql`update domains set state = ${state} where id = 'back'`);
      for (const url of ['https://back.ada.example/CAFÉ', 'http://back.ada.example.:80/caf%C3%A9/?a=1']) {
        const answer = await edit(url);
        expect([answer.status, answer.text.includes('A link may not lead to another short link')]).toEqual([422, true]);
      }
      // Everything else there may be a web site by now.
      for (const url of ['https://back.ada.example/', 'https://back.ada.example/moved', 'https://back.ada.example/%00'])
        expect([url, (await edit(url)).status]).toEqual([url, 303]);
      expect((await create({ url: 'https://back.ada.example/caf%C3%A9' }, bob)).status).toBe(303);
    }
  });

  it('leads to a short host of anybody on this server', async () => {
    await app.db.execute(sql`
insert into domains (id, host, workspace_id) select 'bobs', 'go.bob.example', id from workspaces where slug = ${bob.workspace.slug}`);
    const answer = await create({ url: 'https://go.bob.example:8443/x' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('A link may not lead to another short link of this server');
  });

  it('is on a domain of another workspace', async () => {
    const answer = await create({ url: 'https://example.com', domain: 'go.bob.example' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This domain is not yours to use.');
    const input = { url: 'https://example.com', slug: null, domainId: 'bobs', title: null };
    await expect(insertLink(app.db, workspaceId, byTest, input)).rejects.toMatchObject({ code: 'domain_unknown' });
  });
});

describe('where dashboard and short links share a host', () => {
  let shared: TestApp;
  let cleo: Person;
  beforeAll(async () => {
    shared = await startTestApp({ SHORT_URL: '' });
    cleo = await shared.signUp('Cleo');
  });
  afterAll(() => shared.close());

  const statusFor = async (url: string) =>
    (await cleo.ask(`/w/${cleo.workspace.slug}/links`, { form: { url } })).status;

  it('a link may lead to a page of the dashboard', async () => {
    expect(await statusFor(`${shared.url}/w/${cleo.workspace.slug}/links`)).toBe(303);
    expect(await statusFor(`${shared.url}/log-in?next=%2F`)).toBe(303);
  });

  it('a link may not lead to a slug, whatever the way there', async () => {
    for (const path of ['/spring', '/spring+', '/w/../spring', '/w/%2e%2e/spring', '//w'])
      expect(await statusFor(shared.url + path), path).toBe(422);
    expect(await statusFor('http://localhost/spring')).toBe(422);
    expect(await statusFor(`${shared.url.replace('localhost', '127.0.0.1')}/spring`)).toBe(422);
  });
});

describe("a workspace's own domain", () => {
  it('has slugs of its own', async () => {
    await app.db.execute(
      sql`insert into domains (id, host, workspace_id) values ('adas', 'go.ada.example', ${workspaceId})`,
    );
    await tellOfDomain(app.db, 'go.ada.example');
    const ours = await created(await create({ url: 'https://example.com/1', slug: 'same' }));
    const own = await created(await create({ url: 'https://example.com/2', slug: 'same', domain: 'go.ada.example' }));
    expect(own.shortUrl).toBe('https://go.ada.example/same');
    expect((await app.visit('/same')).headers.location).toBe(ours.url);
    expect((await app.visit('/same', { host: 'go.ada.example' })).headers.location).toBe(own.url);
  });
});

describe('a slug while it is typed', () => {
  const check = async (parameters: Record<string, string>) =>
    ada.ask(`/w/${ada.workspace.slug}/links/slug-check?${new URLSearchParams(parameters)}`, { headers: viaDialog });

  it.each([
    ['free', { slug: 'quite-free' }, 'text-primary-text', '/quite-free is free.'],
    ['taken', { slug: 'Spring-Sale' }, 'text-destructive', 'is taken by a link of this workspace. '],
    ['a word of ours', { slug: 'health' }, 'text-destructive', 'is a word that this domain needs itself.'],
    ['better with hyphens', { slug: 'a b' }, 'text-destructive', 'A slug has no spaces. '],
    ['not allowed', { slug: 'a+?' }, 'text-destructive', 'letters, digits and - _ . ~ only'],
    ['on a foreign domain', { slug: 'free', domain: 'go.bob.example' }, 'text-destructive', 'not yours to use'],
  ])('is said to be %s', async (_state, parameters, colour, sentence) => {
    const answer = await check(parameters);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).toContain(colour);
    expect(answer.text).toContain(sentence);
  });

  it('is not spoken of before there is one', async () => {
    expect((await check({ slug: ' ', url: 'https://example.com' })).text.trim()).toBe('');
  });
});

describe('random slugs', () => {
  it('are drawn again when they are taken, and longer on a crowded domain', async () => {
    const link = await created(await create({ url: 'https://example.com', slug: 'crowd' }));
    const lengths: number[] = [];
    const domain = { id: link.domainId, isCaseSensitive: false };
    await claimRandomSlug(app.db, { domain, linkId: link.id, kind: 'qr' }, (length = 0) => {
      lengths.push(length);
      return lengths.length < 6 ? 'crowd' : 'crowd-grown';
    });
    expect(lengths).toEqual([7, 7, 7, 8, 9, 10]);
  });

  it('are drawn again when they are a word of ours, for the link and for its QR code', async () => {
    const { db, sites, config } = app.fastify;
    const context = { db, sites, config, isReservedSlug: (key: string) => !/^[a-d]/.test(key) };
    const input = await readNewLink(context, workspaceId, { url: 'https://example.com' });
    const link = await makeLink(app, workspaceId, { ...input });
    const { rows } = await app.db.execute<{ slug: string }>(sql`select slug from slugs where link_id = ${link.id}`);
    expect(rows.map(({ slug }) => slug)).toEqual([expect.stringMatching(/^[a-d]/), expect.stringMatching(/^[a-d]/)]);
  });
});

describe('who may create a link', () => {
  it('a member may, a viewer may not', async () => {
    const [member, viewer] = [await app.signUp('Mel'), await app.signUp('Vic')];
    await joinWorkspace(app, member, ada, 'member');
    await joinWorkspace(app, viewer, ada, 'viewer');
    const path = `/w/${ada.workspace.slug}/links`;
    const form = { url: 'https://example.com/by-role' };
    expect((await member.ask(path, { form })).status).toBe(303);
    const before = await countAll();
    expect((await viewer.ask(path, { form })).status).toBe(403);
    expect((await viewer.ask(`${path}/new`)).status).toBe(403);
    expect((await viewer.ask(`${path}/slug-check?slug=x`)).status).toBe(403);
    expect(await countAll()).toBe(before);
  });

  it('a stranger finds no such workspace', async () => {
    const path = `/w/${ada.workspace.slug}/links`;
    expect((await bob.ask(path, { form: { url: 'https://example.com' } })).status).toBe(404);
    expect((await bob.ask(`${path}/slug-check?slug=x`)).status).toBe(404);
  });

  it('somebody who is not logged in is asked to', async () => {
    const answer = await app.ask(`/w/${ada.workspace.slug}/links`, { form: { url: 'https://example.com' } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/log-in/);
  });

  it('another site may not post for her', async () => {
    const answer = await create({ url: 'https://example.com' }, ada, { 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(403);
  });
});
