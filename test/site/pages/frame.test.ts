import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iconNames } from '../../../src/ground/assets/icons.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

const viewsDir = join(import.meta.dirname, '../../../views');
// Mails are no pages: their programs read styles from the elements alone.
const templates = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.eta') && !file.startsWith('ground/mail/'),
);

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada <b>');
});

afterAll(() => app.close());

const pageAt = async (path: string) => (await ada.ask(`/w/${ada.workspace.slug}${path}`)).text;

describe('the frame around every page', () => {
  it('names the workspace, marks the place one is at and offers to switch, create and log out', async () => {
    const other = { name: 'Side project', timeZone: 'UTC' };
    expect((await ada.ask('/workspaces/new', { form: other })).status).toBe(303);
    const page = await pageAt('/links');
    expect(page).toContain('<title>Links · Ada &lt;b&gt;&#39;s team · Waymark</title>');
    expect(page).toMatch(/href="\/w\/[^"]+\/links" title="Links" data-shortcut="g l" aria-current="page"/);
    expect(page).toContain('href="/w/side-project/links"');
    expect(page).toContain('action="/log-out"');
    expect(page).toContain('id="create-link"');
    expect(page).toContain('Go to campaigns');
    expect(await pageAt('/members')).toMatch(/<a class="nav-link" href="[^"]+\/members" aria-current="page">/);
  });

  it('keeps three scopes of settings in shells of their own', async () => {
    const shellOf = (html: string) => {
      const [, shell = ''] = /<nav class="settings-nav"([\s\S]*?)<\/nav>/.exec(html) ?? [];
      return [...shell.matchAll(/aria-label="([^"]+)"|<\/svg>([^<]+)<\/a>/g)].map(([, name, place]) => name ?? place);
    };
    expect(shellOf(await pageAt('/keys'))).toEqual([
      'Workspace settings',
      'General',
      'Members',
      'API keys',
      'Conversions',
    ]);
    expect(shellOf((await ada.ask('/account/security')).text)).toEqual(['Account', 'Profile', 'Security']);
    expect(shellOf((await ada.ask('/admin/mail')).text)).toEqual(['Server', 'Mail']);
    for (const path of ['/shares', '/mailings', '/domains']) expect(shellOf(await pageAt(path)), path).toEqual([]);
  });

  it('names the workspace in the tab of a browser, but not where a page is of none', async () => {
    const titleOf = (html: string) => /<title>(.*)<\/title>/.exec(html)?.[1];
    expect(titleOf(await pageAt('/reports'))).toBe('Reports · Ada &lt;b&gt;&#39;s team · Waymark');
    expect(titleOf(await pageAt('/members'))).toBe('Members · Ada &lt;b&gt;&#39;s team · Waymark');
    expect(titleOf((await ada.ask('/account')).text)).toBe('Profile · Waymark');
    expect(titleOf((await ada.ask('/admin/mail')).text)).toBe('Mail · Waymark');
    expect(titleOf((await app.ask('/log-in')).text)).toBe('Log in · Waymark');
  });

  it.each([
    ['/links', 'Links'],
    ['/tags', 'Tags'],
    ['/realtime', 'Realtime'],
    ['/compare', 'Compare'],
    ['/views', 'Saved views'],
    ['/shares', 'Shared reports'],
    ['/mailings', 'Reports by mail'],
    ['/domains', 'Domains'],
    ['/search', undefined],
  ])('marks one place of the sidebar on %s: %s', async (path, label) => {
    const sidebar = /<div class="ways"[\s\S]*?<div class="topbar"/.exec(await pageAt(path))?.[0] ?? '';
    const current = [...sidebar.matchAll(/title="([^"]+)"[^>]*aria-current="page"/g)].map(([, name]) => name);
    expect(current).toEqual(label === undefined ? [] : [label]);
  });

  it('marks the place around a page that the sidebar does not name, and says that it is another', async () => {
    const page = await pageAt('/keys');
    expect(page).toMatch(/title="Settings"[^>]*aria-current="true"/);
    expect(page).not.toMatch(/title="Settings"[^>]*aria-current="page"/);
  });

  it('lists its keys: those of its places, of the search and of the sidebar', async () => {
    const list = /<dialog class="dialog" id="shortcuts"[\s\S]*?<\/dialog>/.exec(await pageAt('/links'))?.[0] ?? '';
    for (const words of ['Search or jump to anything', 'Go to tags', 'Go to settings', 'Wide or narrow sidebar'])
      expect(list).toContain(`<dt>${words}</dt>`);
    expect(list).toContain('<span class="off-mac">Ctrl</span>');
  });

  it('escapes what people typed and shows the mail page to admins only', async () => {
    expect(await pageAt('/links')).toContain('Ada &lt;b&gt;');
    const bob = await app.signUp('Bob');
    expect((await bob.ask(`/w/${bob.workspace.slug}/links`)).text).not.toContain('/admin/mail');
    expect(await pageAt('/links')).toContain('/admin/mail');
  });

  it('is read for whole pages alone: a part of a page costs no statement for it', async () => {
    await app.db.execute(sql`alter table domains rename column failing_since to failing_since_then`);
    try {
      expect((await ada.ask(`/w/${ada.workspace.slug}/tags`)).status).toBe(500);
      expect((await ada.ask(`/w/${ada.workspace.slug}/tags/suggest?tags=a`)).status).toBe(200);
    } finally {
      await app.db.execute(sql`alter table domains rename column failing_since_then to failing_since`);
    }
  });

  it('gives visitors of a short host one stylesheet and no script', async () => {
    const page = (await app.visit('/none')).text;
    expect(page).toContain(`${app.shortHost}/none`);
    expect(page.match(/rel="stylesheet"/g)).toHaveLength(1);
    expect(page).not.toContain('<script');
  });
});

describe('the licences of what is shipped', () => {
  it('stand whole in a file that pages lead to', async () => {
    const address = /href="(\/assets\/licences-[0-9a-f]{10}\.txt)"/.exec(await pageAt('/links'))?.[1] ?? '';
    const { text, headers } = await app.ask(address);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    for (const line of [
      'Copyright 2016 The Inter Project Authors',
      'SIL OPEN FONT LICENSE Version 1.1',
      'Lucide Icons and Contributors',
      'Copyright 2013-2019 Michael Bostock',
      'Zero-Clause BSD',
      'Ronan Berder',
      'Tailwind Labs, Inc.',
      'Attribution 4.0 International',
      'https://db-ip.com',
    ])
      expect(text).toContain(line);
  });
});

describe('templates', () => {
  it.each(templates)('%s obeys the content security policy', (file) => {
    const source = readFileSync(join(viewsDir, file), 'utf8');
    expect(source).not.toMatch(/\sstyle=|<style|\son[a-z]+="|hx-on|javascript:|<script(?![^>]*\ssrc=)/);
  });

  it.each(templates)('%s names only icons that are in the sprite', (file) => {
    const source = readFileSync(join(viewsDir, file), 'utf8');
    const named = [...source.matchAll(/it\.icon\('([^']+)'/g)].map((match) => match[1]);
    expect(named.filter((name) => !(iconNames as readonly (string | undefined)[]).includes(name))).toEqual([]);
  });
});
