import { PNG } from 'pngjs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLink } from '../../../src/links/links/queries.ts';
import { endings } from '../../../src/visitors/redirect/endings.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Ask, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;

const host = 'go.acme.example';
const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
  const domainId = await insertDomain(app.db, workspaceId, host, {
    brandName: 'محمصة <i>',
    brandColor: '#ffd400',
    isIndexed: true,
    logo: PNG.sync.write(new PNG({ width: 4, height: 4 })),
    logoType: 'image/png',
  });
  await makeLink(app, workspaceId, { slug: 'spring', domainId });
  await archiveLink(app.db, workspaceId, byTest, (await makeLink(app, workspaceId, { slug: 'over', domainId })).id);
});
afterAll(() => app.close());

/** As a browser asks for what somebody typed. */
const open = (path: string, ask: Ask = {}) => app.visit(path, { host, ...ask, headers: { accept, ...ask.headers } });

const expectBrand = ({ text, headers }: Answer) => {
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).toContain('alt="محمصة &lt;i&gt;"');
  expect(text).toContain('href="/assets/brand/ffd400.css"');
  expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(headers['content-security-policy']).not.toContain('script');
  expect(text).not.toMatch(/<script|<style| style=| on\w+=/);
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(headers['set-cookie']).toBeUndefined();
};

describe('pages of visitors carry the brand of their domain', () => {
  it.each([
    ['a preview', '/spring+', {}, 200, 'Where this link leads'],
    ['an unknown slug', '/none', {}, 404, 'There is no link here'],
    ['a deeper path', '/a/b', {}, 404, 'There is no link here'],
    ['a file that is not there', '/assets/none.css', {}, 404, 'There is no link here'],
    ['an ended link', '/over', {}, 410, 'This link has ended'],
    ['a form that is sent', '/spring', { form: { a: 'b' } }, 405, 'This address can only be opened'],
    ['a method that no route knows', '/spring', { method: 'PROPFIND' }, 405, 'This address can only be opened'],
    ['a cut escape', '/100%', {}, 400, 'This address cannot be read'],
    ['bad UTF-8', '/%ff%fe', {}, 400, 'This address cannot be read'],
  ] satisfies [string, string, Ask, number, string][])('%s', async (_what, path, ask, status, heading) => {
    const answer = await open(path, ask);
    expect([answer.status, /<h1>(.*)<\/h1>/.exec(answer.text)?.[1]]).toEqual([status, heading]);
    expectBrand(answer);
    expect(answer.headers['x-robots-tag']).toBe('noindex');
    expect(answer.text).toContain('<meta name="robots" content="noindex">');
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(answer.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });

  it('their root, which alone may be listed by search engines', async () => {
    const answer = await open('/');
    expect(answer.status).toBe(200);
    expectBrand(answer);
    expect(answer.headers['x-robots-tag']).toBeUndefined();
    expect(answer.text).not.toContain('noindex');
  });

  it('one for those who asked for too much, and says when to come back', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.77' };
    for (let n = 0; n < 100; n++) await open(`/guess-${n}`, { headers });
    const answer = await open('/one-more', { headers });
    expect(answer.status).toBe(429);
    expectBrand(answer);
    expect(answer.text).toContain(`Try again in ${answer.headers['retry-after']} seconds.`);
  });

  it('one while the database does not answer', async () => {
    await open('/');
    const lock = new Client(app.databaseUrl);
    await lock.connect();
    await lock.query('begin');
    await lock.query('lock table slugs in access exclusive mode');
    try {
      const answer = await open('/not-in-memory');
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
      expectBrand(answer);
      expect(answer.text).toContain('The link itself is safe.');
      expect(answer.headers['x-robots-tag']).toBe('noindex');
    } finally {
      await lock.end();
    }
  });

  it('and weigh less than 15 kB with all that they load but the logo', async () => {
    for (const path of ['/spring+', '/none', '/over', '/']) {
      const { text } = await open(path);
      const files = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file = '']) => file);
      expect(files.filter((file) => !file.includes('/logo/'))).toHaveLength(2);
      const sheets = await Promise.all(files.filter((file) => file.endsWith('.css')).map((file) => open(file)));
      expect(sheets.map(({ status }) => status)).toEqual([200, 200]);
      const bytes = [text, ...sheets.map((sheet) => sheet.text)].reduce(
        (sum, body) => sum + Buffer.byteLength(body),
        0,
      );
      expect([path, bytes < 15_000]).toEqual([path, true]);
      for (const sheet of sheets) expect(sheet.text).not.toMatch(/url\(|@import/);
    }
  });
});

describe('whoever asks for no page', () => {
  it.each([
    ['/spring', { method: 'POST' }, 405, 'Method not allowed\n'],
    ['/100%', {}, 400, 'Bad request\n'],
    ['/.well-known/none', {}, 404, undefined],
  ] satisfies [string, Ask, number, string | undefined][])('gets a line: %s', async (path, ask, status, line) => {
    for (const accepts of ['*/*', 'application/json']) {
      const answer = await app.visit(path, { host, ...ask, headers: { accept: accepts } });
      expect(answer.status).toBe(status);
      if (line !== undefined)
        expect([answer.text, answer.headers['content-type']]).toEqual([line, 'text/plain; charset=utf-8']);
    }
  });
});

describe('a host that is nobody’s', () => {
  it('has no page, whatever is asked', async () => {
    for (const [path, ask] of [
      ['/spring', {}],
      ['/spring', { method: 'POST' }],
      ['/100%', {}],
      ['/assets/visitor.css', {}],
    ] satisfies [string, Ask][]) {
      const answer = await open(path, { ...ask, host: 'nobody.example' });
      expect([path, answer.status >= 400, answer.headers['content-type']]).toEqual([
        path,
        true,
        'text/plain; charset=utf-8',
      ]);
    }
  });
});

describe('the words for links that are over', () => {
  it('follow the address, and tell nobody who ended it', () => {
    for (const [why, { heading, says }] of Object.entries(endings)) {
      expect([why, heading]).toEqual([why, expect.stringMatching(/^This link (?:is|has) \w+$/)]);
      expect(says, why).toMatch(/^[a-z].*\.$/);
      expect(says).not.toMatch(/archive|delete|retire|workspace/);
    }
  });
});
