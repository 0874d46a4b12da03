import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from './pages.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

let app: TestApp;
let owner: Person;
let link: string;
let reports: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  link = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
  reports = `/w/${owner.workspace.slug}/reports`;
  const visits = [
    { 'x-forwarded-for': '203.0.113.1', referer: 'https://www.google.com/' },
    { 'x-forwarded-for': '203.0.113.2', referer: 'https://news.example/' },
    { 'x-forwarded-for': '203.0.113.3', 'user-agent': iphone, referer: 'https://news.example/' },
    { 'x-forwarded-for': '203.0.113.4', 'user-agent': iphone },
  ];
  for (const headers of visits) await app.visit('/spring?utm_term=a&utm_content=b', { headers });
  await makeLink(app, owner, { slug: 'docs' });
  await app.visit('/docs', {
    headers: { 'x-forwarded-for': '203.0.113.1' },
  });
});

afterAll(async () => {
  await app?.close();
});

const read = async (path: string) => textOf(await owner.ask(path));

describe('filters of a report', () => {
  it('keep what is, what is not, and what contains', async () => {
    expect(await read(`${link}?f=device:is:mobile`)).toContain('2 clicks by 2 visitors');
    expect(await read(`${link}?f=device:not:mobile`)).toContain('2 clicks by 2 visitors');
    expect(await read(`${link}?f=referrer:contains:NEWS`)).toContain('2 clicks by 2 visitors');
    expect(await read(`${link}?f=referrer:is:`)).toContain('1 click by 1 visitor');
    expect(await read(`${link}?f=device:is:mobile&f=referrer:contains:news`)).toContain('1 click by 1 visitor');
    expect(await read(`${link}?f=device:is:mobile&f=device:is:desktop`)).toContain('4 clicks by 4 visitors');
  });

  it('stand in words beside the report, and each can be taken away or turned around', async () => {
    const page = await owner.ask(`${link}?period=7d&f=device:is:mobile&f=referrer:contains:news`);
    expect(textOf(page)).toMatch(/Device is Mobile .*Referrer contains “news”/);
    expect(page.text).toContain(`href="${link}?period=7d&amp;f=referrer:contains:news"`);
    expect(page.text).toContain(`href="${link}?period=7d&amp;f=referrer:contains:news&amp;f=device:not:mobile"`);
    expect(page.text).toContain(`href="${link}?period=30d&amp;f=device:is:mobile&amp;f=referrer:contains:news"`);
    expect(textOf(page)).toContain('With filters, a visitor counts where that first click passes them.');
  });

  it('are added by a click on a bar, on the report of the workspace too', async () => {
    expect((await owner.ask(link)).text).toContain(`href="${link}?period=30d&amp;f=device:is:mobile"`);
    const ofAll = await owner.ask(`${reports}?f=os:is:iOS`);
    expect(textOf(ofAll)).toContain('2 clicks by 2 visitors');
    expect(ofAll.text).toContain(`${reports}?period=30d&amp;f=os:is:iOS&amp;f=device:is:mobile`);
  });

  it('say so when nothing fits', async () => {
    expect(await read(`${link}?f=country:is:ZZ`)).toContain('No clicks match these filters');
  });

  it.each([
    ['f=colour:is:red', 'A filter reads like country:is:DE'],
    ['f=country:like:D', 'After country comes is, not or contains.'],
    ['f=country:contains:D', 'Countries are chosen from a list'],
    ['f=referrer:contains:', 'Say what the referrer contains.'],
    ['f=class:is:human', 'A filter reads like'],
    [`f=os:is:${'x'.repeat(501)}`, 'up to 500 characters'],
    [Array.from({ length: 11 }, (_, n) => `f=os:is:${n}`).join('&'), 'Use up to 10 filters at once.'],
  ])('are refused with a sentence: %s', async (query, sentence) => {
    for (const path of [link, reports, `${link}/values`]) {
      const answer = await owner.ask(`${path}?${query}${path.endsWith('values') ? '&by=os' : ''}`);
      expect(answer.status).toBe(422);
      expect(textOf(answer)).toContain(sentence);
    }
  });
});

describe('the lists of a report', () => {
  it('name the links of a workspace, each with its own report', async () => {
    const page = await owner.ask(`${reports}?period=7d`);
    expect(textOf(page)).toMatch(/\/spring 4 clicks .*\/docs 1 clicks/);
    expect(page.text).toContain(`href="${link}?period=7d"`);
    expect(await read(`${reports}?f=link:is:${link.split('/').at(-1)}`)).toContain('4 clicks by 4 visitors');
    expect(textOf(await owner.ask(link))).not.toContain('Links by');
  });

  it('show terms and contents', async () => {
    expect(await read(link)).toMatch(/UTM by .*Term Content/);
  });

  it('are whole on a page of their own, with search', async () => {
    const page = await owner.ask(`${link}/values?by=referrer&period=7d&f=device:not:tv`);
    expect(page.status).toBe(200);
    expect(textOf(page)).toMatch(/news\.example Leave out 2 2 50 %/);
    expect(page.text).toContain(`href="${link}?period=7d&amp;f=device:not:tv&amp;f=referrer:is:news.example"`);
    const found = await owner.ask(`${link}/values?by=referrer&q=goo`);
    expect(textOf(found)).toContain('1 value with “goo”');
    expect(textOf(found)).not.toContain('news.example');
    expect(found.text).toContain(`href="${link}?f=referrer:contains:goo"`);
    expect((await owner.ask(`${link}/values?by=colour`)).status).toBe(422);
    expect(await read(`${reports}/values?by=link`)).toContain('2 links');
  });

  it('have pages', async () => {
    for (let n = 0; n < 60; n++)
      await app.visit(`/spring?utm_source=s${n}`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    const first = await owner.ask(`${link}/values?by=utm_source`);
    expect(first.text).toContain(`href="${link}/values?by=utm_source&amp;page=2"`);
    expect(textOf(await owner.ask(`${link}/values?by=utm_source&page=2`))).toContain('Back');
    expect((await owner.ask(`${link}/values?by=utm_source&page=99`)).status).toBe(200);
  });
});
