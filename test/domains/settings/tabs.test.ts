import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domains, workspaces } from '../../../src/ground/db/schema.ts';
import { listDomains } from '../../../src/domains/domains/queries.ts';
import { getOwnDomain } from '../../../src/domains/domains/settings.ts';
import type { Ask, Person, TestApp } from '../../setup/app.ts';
import { insertDomain, makeDomain } from '../../setup/domains.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let id: string;
let host: string;
let path: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host, path } = await makeDomain(app, ada));
});

const ofBrand = { brandName: '  Acme   & Söhne ', brandColor: '0F7B5C' };
const ofRedirects = {
  rootUrl: ' www.acme.example ',
  notFoundUrl: 'https://www.acme.example/search?q={slug}&from={query}',
  expiredUrl: 'https://www.acme.example/ended',
  redirectStatus: '307',
  referrerPolicy: 'no-referrer',
  isDefault: 'on',
};
const ofApps = {
  isIndexed: 'on',
  robotsTxt: 'User-agent: *\r\nDisallow: /private\r\n',
  appleAppSiteAssociation: '{ "applinks": {} }',
  assetLinks: '[]',
};
const forms = { brand: ofBrand, redirects: ofRedirects, apps: ofApps };
type Tab = keyof typeof forms;
const tabs = Object.keys(forms) as Tab[];
const tabOf = (field: string) => tabs.find((tab) => field in forms[tab]) ?? 'redirects';
const kept = {
  rootUrl: 'https://www.acme.example',
  notFoundUrl: ofRedirects.notFoundUrl,
  expiredUrl: ofRedirects.expiredUrl,
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
  it('are saved tab by tab, shown again and emptied again', async () => {
    for (const tab of tabs) {
      expect((await ada.ask(`${path}/${tab}`)).status).toBe(200);
      const saved = await ada.ask(`${path}/${tab}`, { form: forms[tab] });
      expect([saved.status, saved.headers.location]).toEqual([303, `${path}/${tab}`]);
    }
    expect(await stored()).toMatchObject(kept);
    const redirects = (await ada.ask(`${path}/redirects`)).text;
    expect(redirects).toContain('value="https://www.acme.example"');
    expect(redirects).toContain('<option value="307" selected>');
    expect(redirects).toContain('<option value="no-referrer" selected>');
    expect(redirects.match(/type="checkbox"[^>]* name="is\w+"[^>]* checked/g)).toHaveLength(1);
    expect((await ada.ask(`${path}/brand`)).text).toContain('value="Acme &amp; Söhne"');
    const apps = (await ada.ask(`${path}/apps`)).text;
    expect(apps).toMatch(/<textarea[^>]*name="robotsTxt"[^>]*>\s*User-agent: \*\nDisallow: \/private\n/);
    expect(apps).toMatch(/name="isIndexed"[^>]* checked/);
    for (const tab of tabs) await ada.ask(`${path}/${tab}`, { form: { redirectStatus: '302' } });
    expect(await stored()).toMatchObject(none);
  });

  it('of one tab leave those of the others as they are', async () => {
    for (const tab of tabs) await ada.ask(`${path}/${tab}`, { form: forms[tab] });
    await ada.ask(`${path}/brand`, { form: { brandName: 'Other', robotsTxt: 'x', rootUrl: 'https://example.com' } });
    expect(await stored()).toMatchObject({ ...kept, brandName: 'Other', brandColor: null });
  });

  it('have an address of before, which leads to the brand', async () => {
    const old = await ada.ask(`${path}/settings`);
    expect([old.status, old.headers.location]).toEqual([301, `${path}/brand`]);
    const page = await ada.ask(path);
    const hrefs = /<nav class="noun-tabs"[^]*?<\/nav>/.exec(page.text)?.[0].match(/href="[^"]+"/g);
    const report = path.replace('/domains/', '/reports/domains/');
    const addresses = [path, ...tabs.map((tab) => `${path}/${tab}`), report, `${path}/history`];
    expect(hrefs).toEqual(addresses.map((href) => `href="${href}"`));
    for (const address of addresses)
      expect((await ada.ask(address)).text).toContain(`<a href="${address}" aria-current="page">`);
  });

  it('reach visitors at once', async () => {
    expect((await app.visit('/robots.txt', { host })).text).toBe('User-agent: *\nDisallow:\n');
    await ada.ask(`${path}/apps`, { form: ofApps });
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
    const tab = tabOf(field);
    const answer = await ada.ask(`${path}/${tab}`, { form: { ...forms[tab], [field]: value } });
    expect(answer.status).toBe(422);
    expect(answer.text.replaceAll('&#39;', "'")).toContain(sentence);
    expect(answer.text).toMatch(new RegExp(`id="field-${field}-error"`));
    const others = { brand: '0F7B5C', redirects: 'https://www.acme.example/ended', apps: 'Disallow: /private' };
    if (!['brandColor', 'expiredUrl', 'robotsTxt'].includes(field)) expect(answer.text).toContain(others[tab]);
    expect(await stored()).toMatchObject(none);
  });

  it('refuse what would lead visitors round in circles', async () => {
    const other = `other-${host}`;
    await insertDomain(app.db, (await app.signUp('Eve')).workspace.id, other, { state: 'paused' });
    await app.db.update(domains).set({ state: 'waiting' }).where(eq(domains.id, id));
    for (const target of [host, `${host.toUpperCase()}.`, other, app.shortHost]) {
      const answer = await ada.ask(`${path}/redirects`, {
        form: { notFoundUrl: `http://${target}/x`, redirectStatus: '302' },
      });
      expect([target, answer.status, answer.text.includes('Visitors could go round in circles.')]).toEqual([
        target,
        422,
        true,
      ]);
    }
  });

  it('say of every field at once what is wrong', async () => {
    const form = { ...ofRedirects, rootUrl: 'ftp://x', expiredUrl: 'x y', redirectStatus: '200' };
    const answer = await ada.ask(`${path}/redirects`, { form });
    expect(answer.text.match(/id="field-\w+-error"/g)).toHaveLength(3);
  });

  it('are for admins to change, for members to read and not there for strangers', async () => {
    const [viewer, admin, eve] = [await app.signUp('Mia'), await app.signUp('Abe'), await app.signUp('Eve')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    await joinWorkspace(app, admin, ada, 'admin');
    for (const tab of tabs) {
      const before = await stored();
      const page = `${path}/${tab}`;
      for (const ask of [{}, { form: forms[tab] }] satisfies Ask[]) {
        expect((await viewer.ask(page, ask)).status).toBe(ask.form ? 403 : 200);
        expect((await eve.ask(page, ask)).status).toBe(404);
        expect((await eve.ask(page.replace(ada.workspace.slug, eve.workspace.slug), ask)).status).toBe(404);
      }
      expect(await stored()).toEqual(before);
      expect((await admin.ask(page, { form: forms[tab] })).status).toBe(303);
    }
    // In words, with no field that could be filled.
    const shown = await Promise.all(tabs.map(async (tab) => (await viewer.ask(`${path}/${tab}`)).text));
    const main = (text: string) => /<main[^]*<\/main>/.exec(text)?.[0] ?? '';
    const words = ['Acme &amp; Söhne', '307, for now, method kept', 'Search engines may list this domain'];
    for (const [index, text] of shown.entries()) {
      expect(main(text)).toContain(words[index]);
      expect(main(text)).toContain('Admins and owners can change this.');
      expect(main(text)).not.toMatch(/<textarea|type="(?:text|file|checkbox|color)"|>Save<|method="post"|\/remove"/);
    }
  });
});

describe('the default domain of a workspace', () => {
  const hosts = async () => (await listDomains(app.db, workspaceId)).map((domain) => domain.host);
  const save = (isDefault: boolean) =>
    ada.ask(`${path}/redirects`, { form: { redirectStatus: '302', ...(isDefault && { isDefault: 'on' }) } });

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
    await ada.ask(`${path.replace(id, other)}/redirects`, { form: { redirectStatus: '302' } });
    expect((await hosts())[0]).toBe(host);
    await save(false);
  });

  it('stays while it is paused, though new links go elsewhere', async () => {
    await save(true);
    await app.db.update(domains).set({ state: 'paused' }).where(eq(domains.id, id));
    expect((await ada.ask(`${path}/redirects`)).text).toMatch(/name="isDefault" +checked +disabled/);
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
