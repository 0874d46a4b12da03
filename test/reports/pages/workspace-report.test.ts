import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { countWaiting } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from './pages.ts';

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const slack = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';

let app: TestApp;
let owner: Person;
let reports: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  reports = `/w/${owner.workspace.slug}/reports`;
});

afterAll(async () => {
  await app?.close();
});

describe('a report of a workspace', () => {
  it('leads to the first link before there is one', async () => {
    const page = await owner.ask(reports);
    expect(page.status).toBe(200);
    expect(textOf(page)).toContain('Reports begin with a link');
    expect(page.text).not.toContain('id="report"');
  });

  it('says that nobody has clicked yet', async () => {
    await makeLink(app, owner, { slug: 'spring' });
    expect(textOf(await owner.ask(reports))).toContain('Nobody has opened your links yet.');
  });

  it('explains hits that are no clicks when there is nothing else', async () => {
    expect((await app.visit('/spring', { headers: { 'user-agent': slack } })).status).toBe(302);
    const words = textOf(await owner.ask(reports));
    expect(words).toContain('No clicks');
    expect(words).toContain('1 hit was not counted: link previews.');
    expect(words).not.toContain('Places');
  });

  it('shows clicks at once, and the same after they are rolled up', async () => {
    await makeLink(app, owner, { slug: 'docs' });
    const visitors = [
      { slug: 'spring', agent: phone, address: '203.0.113.7', referrer: 'https://www.linkedin.com/' },
      { slug: 'spring', agent: phone, address: '203.0.113.7', referrer: 'https://www.linkedin.com/' },
      { slug: 'docs', agent: undefined, address: '198.51.100.23', referrer: undefined },
    ];
    for (const { slug, agent, address, referrer } of visitors) {
      const headers: Record<string, string> = { 'x-forwarded-for': address, 'accept-language': 'de-AT' };
      if (agent) headers['user-agent'] = agent;
      if (referrer) headers.referer = referrer;
      expect((await app.visit(`/${slug}?utm_source=news`, { headers })).status).toBe(302);
    }
    const atOnce = textOf(await owner.ask(`${reports}?period=today`));
    expect(atOnce).toContain('3 clicks by 2 visitors');
    expect(atOnce).toContain('1 more hit was not counted: link previews.');
    expect(atOnce).toContain('Mobile 2 clicks 67 %');
    expect(atOnce).toContain('linkedin.com 2 clicks 67 %');
    expect(atOnce).toContain('Direct 1 clicks 33 %');
    expect(atOnce).toContain('German 3 clicks 100 %');
    expect(atOnce).toContain('news 3 clicks 100 %');
    expect(atOnce).toContain('Slack preview 1');
    await app.rollUp();
    expect(await countWaiting(app.db)).toBe(0);
    expect(textOf(await owner.ask(`${reports}?period=today`))).toBe(atOnce);
  });

  it('can be read without JavaScript: the chart as a table, each list behind a radio button', async () => {
    const { text } = await owner.ask(`${reports}?period=7d`);
    expect(text.match(/<table>.*<\/table>/s)?.[0]).toContain('3 clicks');
    expect(text.match(/type="radio" name="places"/g)).toHaveLength(3);
    expect(text).not.toMatch(/ style="|<style|<script(?![^>]+src=)/);
  });

  it('credits the source of the places', async () => {
    const { attribution } = app.fastify.geo.source;
    expect(attribution).toBeTruthy();
    const page = await owner.ask(`${reports}?period=7d`);
    for (const part of attribution?.split(', ') ?? []) expect(page.text).toContain(part);
  });

  it('weighs under 150 KB compressed', async () => {
    const page = await owner.ask(`${reports}?period=30d`, { headers: { 'accept-encoding': 'br' } });
    expect(page.headers['content-encoding']).toBe('br');
    // Read as text, bytes that are no UTF-8 have grown: the page is smaller still.
    expect(Buffer.byteLength(page.text)).toBeLessThan(150_000);
  });
});

describe('who may see it', () => {
  it('asks a visitor without an account to log in', async () => {
    const page = await app.ask(reports);
    expect(page.status).toBe(303);
    expect(page.headers.location).toBe(`/log-in?next=${encodeURIComponent(reports)}`);
  });

  it('does not exist for a stranger', async () => {
    const stranger = await app.signUp('Mallory');
    expect((await stranger.ask(reports)).status).toBe(404);
    const own = textOf(await stranger.ask(`/w/${stranger.workspace.slug}/reports?period=today`));
    expect(own).not.toContain('3 clicks');
  });
});
