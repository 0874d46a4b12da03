import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage } from '../../setup/browser.ts';

let app: TestApp;
let addresses: { script: string; style: string; reference: string; font: string };

beforeAll(async () => {
  app = await startTestApp();
  const page = (await app.ask('/sign-up')).text;
  const docs = (await app.ask('/docs')).text;
  const found = (text: string, pattern: RegExp) => pattern.exec(text)?.[0] ?? `nothing like ${pattern}`;
  const style = found(page, /\/assets\/app-[0-9a-f]{10}\.css/);
  addresses = {
    style,
    script: found(page, /\/assets\/app-[0-9a-f]{10}\.js/),
    reference: found(docs, /\/assets\/reference-[0-9a-f]{10}\.js/),
    font: `/assets/${found((await app.ask(style)).text, /inter-latin-[0-9a-f]{10}\.woff2/)}`,
  };
});
afterAll(() => app.close());

/** Bytes and headers as they travel. */
async function fetchRaw(path: string, headers: Record<string, string> = {}) {
  const answer = await app.fastify.inject({
    url: path,
    headers: { host: new URL(app.url).host, 'accept-encoding': '', ...headers },
  });
  return { status: answer.statusCode, headers: answer.headers, bytes: answer.rawPayload };
}

/** What has to be compressed once, and what it holds. */
const compressed = () => [
  addresses.style,
  addresses.script,
  addresses.reference,
  '/assets/icons.svg',
  '/assets/visitor.css',
  '/docs',
  '/api/v1/openapi.json',
];

describe('bytes that stay the same', () => {
  it('come in the form that a client takes, each with a tag of its own, and are the same bytes', async () => {
    for (const path of compressed()) {
      const plain = await fetchRaw(path);
      const br = await fetchRaw(path, { 'accept-encoding': 'gzip, deflate, br, zstd' });
      const gzip = await fetchRaw(path, { 'accept-encoding': 'gzip' });
      expect(
        [path, plain, br, gzip].slice(1).map((answer) => (answer as typeof br).headers['content-encoding']),
      ).toEqual([undefined, 'br', 'gzip']);
      expect(brotliDecompressSync(br.bytes).equals(plain.bytes), path).toBe(true);
      expect(gunzipSync(gzip.bytes).equals(plain.bytes), path).toBe(true);
      expect(new Set([plain, br, gzip].map(({ headers }) => headers.etag)).size, path).toBe(3);
      for (const { headers } of [plain, br, gzip]) expect([path, headers.vary]).toEqual([path, 'accept-encoding']);
      expect(br.bytes.length, path).toBeLessThan(gzip.bytes.length);
    }
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['*', 'br'],
    ['BR', 'br'],
    ['x-gzip', 'gzip'],
    ['deflate', undefined],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['gzip;q=0.5, identity', undefined],
    ['br;q=0, gzip;q=0', undefined],
    ['*;q=0, gzip;q=0.001', 'gzip'],
    ['identity;q=0, *', 'br'],
    ['identity;q=0, gzip', 'gzip'],
    [',, ;q=1,br ; q=1 ', 'br'],
    ['br;q=nonsense', undefined],
  ])('Accept-Encoding "%s" gets %s', async (header, coding) => {
    const answer = await app.ask(addresses.style, {
      headers: header === undefined ? {} : { 'accept-encoding': header },
    });
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, coding]);
  });

  it('are refused to a client that takes no form of them (RFC 9110, 12.5.3)', async () => {
    for (const header of ['identity;q=0', '*;q=0', 'br;q=0, gzip;q=0, identity;q=0'])
      expect((await fetchRaw(addresses.style, { 'accept-encoding': header })).status).toBe(406);
  });

  it('are asked for again without being sent again', async () => {
    for (const path of [...compressed(), addresses.font]) {
      const accepts = { 'accept-encoding': 'br' };
      const { headers } = await fetchRaw(path, accepts);
      const etag = String(headers.etag);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await fetchRaw(path, { ...accepts, 'if-none-match': known });
        expect([path, again.status, again.bytes.length, again.headers.etag]).toEqual([path, 304, 0, etag]);
        expect(again.headers['cache-control']).toBe(headers['cache-control']);
      }
      for (const other of ['"other"', etag.slice(1, -1)])
        expect((await fetchRaw(path, { ...accepts, 'if-none-match': other })).status).toBe(200);
    }
    // Whoever has the compressed form has not the plain one.
    const br = await fetchRaw(addresses.style, { 'accept-encoding': 'br' });
    expect((await fetchRaw(addresses.style, { 'if-none-match': String(br.headers.etag) })).status).toBe(200);
  });

  it('are kept for ever under their hash, by pages, styles and the reference alike', async () => {
    for (const path of Object.values(addresses))
      expect((await fetchRaw(path)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('are asked for again without a hash', async () => {
    for (const path of ['/assets/app.css', '/assets/inter-latin.woff2', '/favicon.ico', '/docs'])
      expect((await fetchRaw(path)).headers['cache-control']).toBe('public, no-cache');
  });

  it('stand in for those of another version beside this one, and are not kept under its name', async () => {
    const other = await fetchRaw('/assets/app-0123456789.css');
    expect([other.status, other.headers['cache-control']]).toEqual([200, 'public, no-cache']);
    expect(other.bytes.equals((await fetchRaw(addresses.style)).bytes)).toBe(true);
  });

  it('are those of the build alone', async () => {
    for (const path of ['..%2fpackage.json', '%2e%2e/package.json', 'manifest.json', 'app.css.br', 'none.css', ''])
      expect([path, (await fetchRaw(`/assets/${path}`)).status]).toEqual([path, 404]);
    for (const path of ['app.css', 'openapi.json', '..%2f..%2fpackage.json'])
      expect([path, (await fetchRaw(`/docs/${path}`)).status]).toEqual([path, 404]);
    expect((await fetchRaw('/favicon.ico')).headers['content-type']).toBe('image/png');
  });

  it('are compressed once: the same answer a hundred times is the same piece of memory', async () => {
    const cpu = process.cpuUsage();
    await Promise.all(Array.from({ length: 50 }, () => fetchRaw('/docs', { 'accept-encoding': 'br' })));
    const { user, system } = process.cpuUsage(cpu);
    // Drawing and compressing the page anew takes about 60,000 us, fifty times three seconds.
    expect(user + system).toBeLessThan(1_000_000);
  });

  it('of the reference are limited by network', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.77', 'accept-encoding': 'br' };
    const statuses = new Set<number>();
    for (let i = 0; i < 61; i++) statuses.add((await app.ask('/docs', { headers })).status);
    expect([...statuses]).toEqual([200, 429]);
    // Those of pages are not: a page without its scripts is of no use.
    for (let i = 0; i < 61; i++) expect((await app.ask(addresses.script, { headers })).status).toBe(200);
  });
});

it('while the server has too much to do pages are put off, and what they are made of is not', async () => {
  const busy = await startTestApp({ YIELD_AFTER_MS: '10' });
  const block = setInterval(() => {
    const until = performance.now() + 50;
    while (performance.now() < until);
  }, 60);
  try {
    await expect.poll(async () => (await busy.ask('/sign-up')).status).toBe(503);
    for (const path of [...Object.values(addresses), '/favicon.ico', '/docs', '/api/v1/openapi.json'])
      expect([path, (await busy.ask(path)).status]).toEqual([path, 200]);
  } finally {
    clearInterval(block);
    await busy.close();
  }
});

describe('a page whose scripts do not arrive', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('asks for one script and one for the theme, and says nothing when they are there', async () => {
    const { page, errors } = await openPage(browser);
    const scripts: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname.replace(/-\w{10}/, ''));
    });
    await page.goto(`${app.url}/sign-up`);
    await expect.poll(() => page.locator('#load-notice').count()).toBe(0);
    expect(scripts.sort()).toEqual(['/assets/app.js', '/assets/theme.js']);
    expect(errors).toEqual([]);
  });

  it.each([/\/assets\/app-\w+\.js/, /\/assets\/app-\w+\.css/])(
    'says so and offers to load it again: %s',
    async (file) => {
      const { page } = await openPage(browser);
      await page.route(file, (route) => route.fulfill({ status: 503, body: 'Busy' }));
      await page.goto(`${app.url}/sign-up`);
      const notice = page.getByRole('alert');
      await notice.waitFor();
      expect(await notice.innerText()).toContain('Part of this page did not load');
      await page.unroute(file);
      await notice.getByRole('link', { name: 'Reload' }).click();
      await expect.poll(() => page.locator('#load-notice').count()).toBe(0);
    },
  );

  it('says so after a while where no script arrives at all', async () => {
    const { page } = await openPage(browser);
    await page.route(/\.js$/, (route) => route.fulfill({ status: 503, body: 'Busy' }));
    await page.goto(`${app.url}/sign-up`);
    expect(await page.locator('#load-notice').isVisible()).toBe(false);
    // The clock of animations is moved on instead of waited for.
    await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    await page.getByRole('alert').getByRole('link', { name: 'Reload' }).waitFor();
  });

  it('is whole without scripts, and says nothing of them', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${app.url}/sign-up`);
    expect(await page.locator('#load-notice').evaluate((notice) => getComputedStyle(notice).display)).toBe('none');
    await context.close();
  });
});
