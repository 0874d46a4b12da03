import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domains, workspaces } from '../../../src/ground/db/schema.ts';
import { listDomains } from '../../../src/domains/domains/queries.ts';
import { getOwnDomain } from '../../../src/domains/domains/settings.ts';
import { openClient } from '../../people/keys/client.ts';
import type { Answer, Ask, Person, TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let id: string;
let host: string;
let path: string;
let count = 0;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());
beforeEach(async () => {
  host = `go${++count}.acme.example`;
  id = await insertDomain(app.db, workspaceId, host);
  path = `/w/${ada.workspace.slug}/domains/${id}/settings`;
});

const full = {
  rootUrl: ' www.acme.example ',
  notFoundUrl: 'https://www.acme.example/search?q={slug}&from={query}',
  expiredUrl: 'https://www.acme.example/ended',
  brandName: '  Acme   & Söhne ',
  brandColor: '0F7B5C',
  redirectStatus: '307',
  referrerPolicy: 'no-referrer',
  isIndexed: 'on',
  robotsTxt: 'User-agent: *\r\nDisallow: /private\r\n',
  appleAppSiteAssociation: '{ "applinks": {} }',
  assetLinks: '[]',
  isDefault: 'on',
};
const kept = {
  rootUrl: 'https://www.acme.example',
  notFoundUrl: full.notFoundUrl,
  expiredUrl: full.expiredUrl,
  brandName: 'Acme & Söhne',
  brandColor: '#0f7b5c',
  redirectStatus: 307,
  referrerPolicy: 'no-referrer',
  isIndexed: true,
  robotsTxt: 'User-agent: *\nDisallow: /private\n',
  appleAppSiteAssociation: '{ "applinks": {} }',
  assetLinks: '[]',
  isDefault: true,
};
const none = {
  ...Object.fromEntries(Object.keys(kept).map((name) => [name, null])),
  redirectStatus: 302,
  isIndexed: false,
  isCaseSensitive: false,
  isDefault: false,
};
const stored = () => getOwnDomain(app.db, workspaceId, id);

describe('the settings of a domain', () => {
  it('are saved, shown again and emptied again', async () => {
    expect((await ada.ask(path)).status).toBe(200);
    const saved = await ada.ask(path, { form: full });
    expect([saved.status, saved.headers.location]).toEqual([303, path]);
    expect(await stored()).toMatchObject(kept);
    const page = await ada.ask(path);
    expect(page.text).toContain('value="https://www.acme.example"');
    expect(page.text).toContain('<option value="307" selected>');
    expect(page.text).toContain('<option selected>no-referrer</option>');
    expect(page.text.match(/type="checkbox"[^>]* name="is\w+"[^>]* checked/g)).toHaveLength(2);
    expect(page.text).toMatch(/<textarea[^>]*name="robotsTxt"[^>]*>\s*User-agent: \*\nDisallow: \/private\n/);
    await ada.ask(path, { form: { redirectStatus: '302' } });
    expect(await stored()).toMatchObject(none);
  });

  it('reach visitors at once', async () => {
    expect((await app.visit('/robots.txt', { host })).text).toBe('User-agent: *\nDisallow:\n');
    await ada.ask(path, { form: full });
    await expect.poll(async () => (await app.visit('/robots.txt', { host })).text).toBe(kept.robotsTxt);
  });

  it.each([
    ['a scheme that runs', 'rootUrl', 'javascript:alert(1)', 'http and https addresses only'],
    ['a hidden character', 'notFoundUrl', 'https://example.com/\u200b', 'no spaces or hidden characters'],
    ['a password', 'expiredUrl', 'https://u:p@example.com/', 'would be shown to every visitor'],
    ['a placeholder in the host', 'notFoundUrl', 'https://{slug}.example.com/', 'cannot stand in the name of the host'],
    ['another placeholder', 'notFoundUrl', 'https://example.com/{path}', 'The placeholders are {slug} and {query}.'],
    ['a placeholder twice', 'expiredUrl', 'https://example.com/{query}?a={slug}&b={query}', 'in an address once'],
    ['a placeholder for the root', 'rootUrl', 'https://example.com/{slug}', 'There are no placeholders'],
    ['a colour by name', 'brandColor', 'red', 'Write a colour like #0f7b5c.'],
    ['a style', 'brandColor', '#fff;}x', 'Write a colour like #0f7b5c.'],
    ['a long name', 'brandName', 'x'.repeat(61), 'at most 60 characters'],
    ['a status of its own', 'redirectStatus', '200', 'Choose one of 302, 301, 307, 308.'],
    ['a header of its own', 'referrerPolicy', 'x\r\nset-cookie: a=b', 'Choose one of no-referrer'],
    ['a large robots.txt', 'robotsTxt', 'a'.repeat(10_000), 'at most 10 kB'],
    ['a NUL', 'robotsTxt', 'a\0b', 'without control characters'],
    ['broken JSON', 'appleAppSiteAssociation', '{"applinks":', 'not valid JSON'],
    ['JSON of another shape', 'appleAppSiteAssociation', '[]', 'This file holds an object'],
    ['an object for Android', 'assetLinks', '{}', 'This file holds a list'],
  ])('refuse %s, beside the field and with all that was typed', async (_what, field, value, sentence) => {
    const answer = await ada.ask(path, { form: { ...full, [field]: value } });
    expect(answer.status).toBe(422);
    expect(answer.text.replaceAll('&#39;', "'")).toContain(sentence);
    expect(answer.text).toMatch(new RegExp(`id="field-${field}-error"`));
    if (field !== 'expiredUrl') expect(answer.text).toContain('value="https://www.acme.example/ended"');
    expect(await stored()).toMatchObject(none);
  });

  it('refuse what would lead visitors round in circles', async () => {
    const other = `other${count}.example.com`;
    await insertDomain(app.db, (await app.signUp('Eve')).workspace.id, other, { state: 'paused' });
    await app.db.update(domains).set({ state: 'waiting' }).where(eq(domains.id, id));
    for (const target of [host, `${host.toUpperCase()}.`, other, app.shortHost]) {
      const answer = await ada.ask(path, { form: { notFoundUrl: `http://${target}/x`, redirectStatus: '302' } });
      expect([target, answer.status, answer.text.includes('Visitors could go round in circles.')]).toEqual([
        target,
        422,
        true,
      ]);
    }
  });

  it('say of every field at once what is wrong', async () => {
    const answer = await ada.ask(path, { form: { ...full, rootUrl: 'ftp://x', brandColor: 'red', assetLinks: '{' } });
    expect(answer.text.match(/id="field-\w+-error"/g)).toHaveLength(3);
  });

  it('are for admins, and not there for strangers', async () => {
    const [member, admin, eve] = [await app.signUp('Mia'), await app.signUp('Abe'), await app.signUp('Eve')];
    await joinWorkspace(app, member, ada, 'member');
    await joinWorkspace(app, admin, ada, 'admin');
    const theirs = path.replace(ada.workspace.slug, eve.workspace.slug);
    for (const ask of [{}, { form: full }] satisfies Ask[]) {
      expect((await member.ask(path, ask)).status).toBe(403);
      expect((await eve.ask(path, ask)).status).toBe(404);
      expect((await eve.ask(theirs, ask)).status).toBe(404);
    }
    expect(await stored()).toMatchObject(none);
    expect((await admin.ask(path, { form: full })).status).toBe(303);
  });
});

describe('the default domain of a workspace', () => {
  const hosts = async () => (await listDomains(app.db, workspaceId)).map((domain) => domain.host);
  const save = (isDefault: boolean) =>
    ada.ask(path, { form: { redirectStatus: '302', ...(isDefault && { isDefault: 'on' }) } });

  it('takes new links, until it is so no more', async () => {
    await save(true);
    expect((await hosts())[0]).toBe(host);
    const made = await ada.ask(`/w/${ada.workspace.slug}/links`, { form: { url: 'https://example.com/' } });
    expect((await ada.ask(made.headers.location ?? '')).text).toContain(`${host}/`);
    await save(false);
    expect((await hosts())[0]).toBe(app.shortHost);
  });

  it('stays when another domain is saved', async () => {
    await save(true);
    const other = await insertDomain(app.db, workspaceId, `second-${host}`);
    await ada.ask(path.replace(id, other), { form: { redirectStatus: '302' } });
    expect((await hosts())[0]).toBe(host);
    await save(false);
  });

  it('stays while it is paused, though new links go elsewhere', async () => {
    await save(true);
    await app.db.update(domains).set({ state: 'paused' }).where(eq(domains.id, id));
    expect((await ada.ask(path)).text).toMatch(/name="isDefault" checked disabled/);
    expect((await save(false)).status).toBe(303);
    expect((await hosts())[0]).toBe(app.shortHost);
    await app.db.update(domains).set({ state: 'live' }).where(eq(domains.id, id));
    expect((await hosts())[0]).toBe(host);
    await save(false);
  });

  it('is a live one', async () => {
    await app.db.update(domains).set({ state: 'paused' }).where(eq(domains.id, id));
    const answer = await save(true);
    expect([answer.status, answer.text.includes('is not live')]).toEqual([422, true]);
    const [workspace] = await app.db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
    expect(workspace?.defaultDomainId).toBeNull();
  });
});

describe('the API', () => {
  let patch: (body: unknown, ofDomain?: string) => Promise<Answer>;

  beforeAll(async () => {
    const client = await openClient(app, ada);
    patch = (body, ofDomain = id) => client.ask(`/domains/${ofDomain}`, { method: 'PATCH', body });
  });

  it('changes what is named and leaves the rest', async () => {
    const answer = await patch({ brandName: 'Acme', redirectStatus: 301, isIndexed: true, isDefault: true });
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        ...none,
        hasLogo: false,
        id,
        host,
        state: 'live',
        brandName: 'Acme',
        redirectStatus: 301,
        isIndexed: true,
        isDefault: true,
      },
    ]);
    const next = await patch({ brandName: null, isDefault: false });
    expect(next.json()).toMatchObject({ brandName: null, redirectStatus: 301, isIndexed: true, isDefault: false });
  });

  it.each([
    [{ rootUrl: 'ftp://example.com' }, 'rootUrl', 'url_scheme'],
    [{ redirectStatus: 404 }, 'redirectStatus', 'invalid'],
    [{ isIndexed: 'yes' }, 'isIndexed', 'invalid'],
    [{ brandColour: '#fff' }, 'brandColour', 'invalid'],
    [{ assetLinks: 'x' }, 'assetLinks', 'json_invalid'],
  ])('refuses %j', async (body, field, code) => {
    expect((await patch(body)).json()).toMatchObject({ status: 422, field, code });
    expect(await stored()).toMatchObject(none);
  });

  it('knows no domain of others, and none that was given up', async () => {
    const theirs = await insertDomain(app.db, (await app.signUp('Eve')).workspace.id, `theirs-${host}`);
    await app.db.execute(sql`update domains set state = 'removed' where id = ${id}`);
    for (const domain of [theirs, id, app.instanceDomainId, 'nothing', '%00'])
      expect([domain, (await patch({ brandName: 'Mine' }, domain)).status]).toEqual([domain, 404]);
  });

  it('takes a key that an admin made', async () => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    const client = await openClient(app, mia, ada);
    for (const ask of [{ method: 'PATCH', body: { brandName: 'Mine' } }, { method: 'DELETE' }]) {
      const answer = await client.ask(`/domains/${id}`, ask);
      expect([answer.status, answer.headers['content-type']]).toEqual([403, 'application/problem+json']);
    }
    expect(await stored()).toMatchObject({ ...none, state: 'live' });
  });
});
