import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from './pages.ts';

let app: TestApp;
let owner: Person;
let spring: string;
let docs: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  spring = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
  docs = pageOf(owner, await makeLink(app, owner, { slug: 'docs' }));
  for (const address of ['203.0.113.1', '203.0.113.2']) {
    await app.visit('/spring', { headers: { 'x-forwarded-for': address } });
  }
  await app.visit('/docs', { headers: { 'x-forwarded-for': '203.0.113.1' } });
});

const idOf = (page: string) => page.split('/').at(-1);

afterAll(async () => {
  await app?.close();
});

describe('the page of a link', () => {
  it('has its clicks and nobody else’s', async () => {
    const ofSpring = await owner.ask(spring);
    expect(ofSpring.status).toBe(200);
    expect(textOf(ofSpring)).toContain('2 clicks by 2 visitors');
    expect(ofSpring.text).toContain(`${app.config.shortUrl}/spring`);
    expect(textOf(await owner.ask(docs))).toContain('1 click by 1 visitor');
    expect(textOf(await owner.ask(`/w/${owner.workspace.slug}/reports`))).toContain('3 clicks by 2 visitors');
  });

  it('begins on the day that the link was made, and has nothing before it to compare with', async () => {
    for (const period of ['', '?period=7d', '?period=12mo']) {
      const page = await owner.ask(`${docs}${period}`);
      expect(textOf(page), period).toMatch(/Since its creation on \d{1,2} \w{3} \d{4} 1 click by 1 visitor/);
      expect(page.text, period).not.toContain('aria-label="Earlier"');
      expect(textOf(page), period).not.toContain('days before');
    }
    expect(textOf(await owner.ask(`/w/${owner.workspace.slug}/reports`))).toContain('Last 30 days');
  });

  it('is shown for the period that the person chose last, on this link and on others', async () => {
    await app.db.execute(sql`update links set created_at = now() - interval '200 days'`);
    const chosen = await owner.ask(`${spring}?period=90d`);
    const kept = [chosen.headers['set-cookie'] ?? []].flat().map((each) => each.split(';')[0]);
    const headers = { cookie: [owner.cookie, ...kept].join('; ') };
    const page = await owner.ask(docs, { headers });
    expect(textOf(page)).toContain('Last 90 days');
    expect(page.text).toContain('<input type="hidden" name="period" value="90d">');
    expect(textOf(await owner.ask(`${docs}?period=7d`, { headers }))).toContain('Last 7 days');
    expect(textOf(await owner.ask(`${docs}?from=2026-01-01&to=2026-01-02`, { headers }))).not.toMatch(/Last \d/);
    expect(textOf(await owner.ask(docs))).toContain('Last 30 days');
  });

  it('keeps to the link when the period changes', async () => {
    await app.db.execute(sql`update links set created_at = now() - interval '40 days' where id = ${idOf(spring)}`);
    const page = await owner.ask(`${spring}?period=7d&interval=hour`);
    expect(textOf(page)).toContain('2 clicks by 2 visitors');
    expect(page.text).toContain(`href="${spring}?period=90d"`);
    expect(page.text).toContain(`href="${spring}?period=7d&amp;interval=day"`);
  });

  it('counts a scan of its QR code', async () => {
    const before = textOf(await owner.ask(spring));
    expect(before).not.toContain('QR codes.');
    const { rows } = await app.db.execute(
      `select slug from slugs where kind = 'qr' and link_id = '${spring.split('/').at(-1)}'`,
    );
    await app.visit(`/${String(rows[0]?.slug)}`, { headers: { 'x-forwarded-for': '203.0.113.3' } });
    expect(textOf(await owner.ask(spring))).toContain('3 clicks by 3 visitors');
    expect(textOf(await owner.ask(spring))).toContain('1 click came from QR codes.');
  });

  it('says what to do when nobody has clicked yet', async () => {
    const fresh = pageOf(owner, await makeLink(app, owner, { slug: 'fresh' }));
    expect(textOf(await owner.ask(fresh))).toContain('Share the short link or print its QR code.');
  });
});

describe('a link that is not there', () => {
  it('is not found, whatever its name', async () => {
    for (const id of ['nope', '%00', "'%20or%201=1"]) {
      expect((await owner.ask(`/w/${owner.workspace.slug}/links/${id}`)).status).toBe(404);
    }
  });

  it('is not found by a stranger, nor through the stranger’s own workspace', async () => {
    const stranger = await app.signUp('Mallory');
    expect((await stranger.ask(spring)).status).toBe(404);
    const id = spring.split('/').at(-1) ?? '';
    expect((await stranger.ask(`/w/${stranger.workspace.slug}/links/${id}`)).status).toBe(404);
  });

  it('is gone once it is deleted', async () => {
    expect((await owner.ask(`${docs}/delete`, { method: 'POST', form: {} })).status).toBe(303);
    const reports = `/w/${owner.workspace.slug}/reports`;
    expect((await owner.ask(docs)).headers.location).toBe(`${reports}?f=link:is:${docs.split('/').at(-1)}`);
    expect((await owner.ask(`${docs}/edit`)).status).toBe(404);
    expect(textOf(await owner.ask(reports))).toContain('4 clicks');
  });
});
