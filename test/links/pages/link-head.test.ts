import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLink, type Link } from '../../../src/links/links/queries.ts';
import { statusOf } from '../../../src/links/pages/status.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  link = await makeLink(app, workspaceId, { title: 'A "title"' });
});
afterAll(() => app.close());

const cookiesOf = (answer: Answer) => (answer.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');
const backOf = (text: string) => /<a class="back-link" href="([^"]*)"/.exec(text)?.[1];

describe('the head of a link', () => {
  it('stands above each of its tabs, which are addresses', async () => {
    const page = pageOf(ada, link);
    for (const [path, label] of [
      [page, 'Report'],
      [`${page}/qr`, 'QR code'],
    ]) {
      const answer = await ada.ask(path ?? '');
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('<h1><bdi>A &quot;title&quot;</bdi>');
      expect(answer.text).toMatch(new RegExp(`<a href="${path}" aria-current="page">${label}</a>`));
      expect(answer.text.match(/aria-current="page">/g)?.length).toBeGreaterThan(0);
    }
    expect((await ada.ask(`${page}x/qr`)).status).toBe(404);
    expect((await ada.ask(`${page}/qr`, { headers: { cookie: '' } })).status).toBe(303);
  });

  it('says how the link stands for its visitors', async () => {
    const stands = (text: string) => /<span class="badge"[^>]*>([^<]*)</.exec(text)?.[1];
    const other = await makeLink(app, workspaceId);
    expect(stands((await ada.ask(pageOf(ada, other))).text)).toBe('Live');
    const archived = await archiveLink(app.db, workspaceId, byTest, other.id);
    expect(stands((await ada.ask(pageOf(ada, other))).text)).toBe('Archived');
    expect(statusOf(archived, new Date(), 'UTC')).toMatchObject({
      label: 'Archived',
      variant: 'secondary',
      isLive: false,
    });
  });

  it('says how many rules it has, here and in the list', async () => {
    const rule = { name: 'All', when: { all: [] }, to: [{ url: 'https://b.example/', weight: 1, app: null }] };
    const routed = await makeLink(app, workspaceId, { routes: [rule] });
    for (const path of [pageOf(ada, routed), `/w/${ada.workspace.slug}/links`])
      expect((await ada.ask(path)).text).toContain('>1 rule</span>');
  });

  it('offers a viewer nothing that is refused', async () => {
    const viewer = await app.signUp('Vic');
    await joinWorkspace(app, viewer, ada, 'viewer');
    for (const path of ['', '/qr']) {
      const { text } = await viewer.ask(`${pageOf(ada, link)}${path}`);
      expect(text).toContain('Copy short link');
      expect(text).not.toMatch(
        /\/(edit|archive|delete|restore)[#"?]|\/links\/new|\/shares\?|\/mailings\?|id="edit-link"/,
      );
    }
  });

  it('leads back to the search, filters and order of the list that was seen last', async () => {
    const list = `/w/${ada.workspace.slug}/links`;
    const page = pageOf(ada, link);
    expect(backOf((await ada.ask(page)).text)).toBe(list);
    const seen = cookiesOf(await ada.ask(`${list}?search=a%20%26%20b&tag=news&sort=clicks`));
    const headers = { cookie: `${ada.cookie}; ${seen}` };
    const back = `${list}?search=a+%26amp;+b&amp;tag=news&amp;sort=clicks`.replace('%26amp;', '%26');
    expect(backOf((await ada.ask(page, { headers })).text)).toBe(back);
    expect(backOf((await ada.ask(`${page}/qr`, { headers })).text)).toBe(back);
    const emptied = await ada.ask(list, { headers });
    expect(String(emptied.headers['set-cookie'])).toMatch(/_list=;/);
    const grace = await app.signUp('Grace');
    const hers = await makeLink(app, grace);
    const both = { cookie: `${grace.cookie}; ${seen}` };
    expect(backOf((await grace.ask(pageOf(grace, hers), { headers: both })).text)).toMatch(/\/links$/);
  });
});

describe('an edit that began in a list', () => {
  it('ends there, and one that began on the page of the link on that page', async () => {
    const path = `${pageOf(ada, link)}/edit`;
    const home = `/w/${ada.workspace.slug}/links`;
    const list = 'search=title&sort=clicks';
    const form = await ada.ask(`${path}?list=${encodeURIComponent(list)}`);
    expect(form.text).toContain('<input type="hidden" name="list" value="search=title&amp;sort=clicks">');
    expect(backOf(form.text)).toBe(`${home}?search=title&amp;sort=clicks`);
    const refused = await ada.ask(path, { form: { url: 'two words', list } });
    expect(refused.text).toContain('<input type="hidden" name="list" value="search=title&amp;sort=clicks">');
    expect((await ada.ask(path, { form: { title: 'New', list } })).headers.location).toBe(`${home}?${list}`);
    expect((await ada.ask(path, { form: { title: 'Newer', list: '' } })).headers.location).toBe(home);
    expect((await ada.ask(path, { form: { title: 'Newest' } })).headers.location).toBe(pageOf(ada, link));
  });

  it('answers the drawer with what it changed: the head on the page of the link, the row in a list', async () => {
    const path = `${pageOf(ada, link)}/edit`;
    const asked = (at: string) => ({ 'hx-request': 'true', 'hx-current-url': `${app.url}${at}` });
    const form = await ada.ask(path, { headers: asked(pageOf(ada, link)) });
    expect(form.text).toMatch(/^\s*<form [^>]*hx-post=/);
    const head = await ada.ask(path, { headers: asked(`${pageOf(ada, link)}/qr?x=1`), form: { title: 'On its page' } });
    expect(head.headers['hx-trigger']).toBe('link-saved');
    expect(head.text).toMatch(/<hx-partial hx-target="#link-head"[^]*On its page/);
    expect(head.text).toMatch(/aria-current="page">QR code</);
    expect(head.text).not.toContain('<html');
    const row = await ada.ask(path, {
      headers: asked(`/w/${ada.workspace.slug}/links?sort=clicks`),
      form: { title: 'In a list' },
    });
    expect(row.text).toMatch(new RegExp(`<hx-partial hx-target="#link-${link.id}"[^]*In a list`));
    expect(row.text).toContain('/edit?list=sort%3Dclicks"');
    const refused = await ada.ask(path, { headers: asked(pageOf(ada, link)), form: { url: 'two words' } });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('data-guarded="changed"');
  });
});
