import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelsOfPng, scan } from '../../links/qr/decode.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage } from '../../setup/browser.ts';

/** The main job, from nothing to numbers, as a person does it in a browser. */

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';
const slack = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';
let app: TestApp;
let browser: Browser;
let page: Page;
let errors: string[];
let shortUrl: string;

beforeAll(async () => {
  app = await startTestApp({ SIGN_UP: 'invite' });
  browser = await launchBrowser();
  ({ page, errors } = await openPage(browser, {
    baseURL: app.url,
    permissions: ['clipboard-read', 'clipboard-write'],
    timezoneId: 'Europe/Berlin',
  }));
});

afterAll(async () => {
  await browser.close();
  await app.close();
});

describe.sequential('somebody new', () => {
  it('is led to the first account, and arrives in an empty workspace that says what to do', async () => {
    await page.goto('/');
    expect(new URL(page.url()).pathname).toBe('/sign-up');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill('a long enough password');
    await page.getByLabel('Workspace').fill('Acme');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/w/acme/links');
    expect(await page.getByRole('heading', { level: 1 }).first().innerText()).toBe('Shorten your first link');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shortens a link with one key press and one field, and has it on the clipboard', async () => {
    await page.goto('/w/acme/reports');
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://example.com/spring-sale?colour=green');
    await page.keyboard.press('Enter');
    const copy = page.locator('.create-link [data-copy]');
    await copy.waitFor();
    shortUrl = (await copy.getAttribute('data-copy')) ?? '';
    expect(shortUrl).toMatch(/^http:\/\/go\.localhost:\d+\/[2-9a-z]{7}$/);
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(shortUrl);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shares it: a desktop and a phone follow it, a chat previews it', async () => {
    const path = new URL(shortUrl).pathname;
    const visitors = [
      { 'x-forwarded-for': '81.2.69.142' },
      { 'x-forwarded-for': '8.8.8.8', 'user-agent': phone, referer: 'https://www.instagram.com/' },
      { 'x-forwarded-for': '52.1.2.3', 'user-agent': slack },
    ];
    for (const headers of visitors) {
      const answer = await app.visit(path, { headers });
      expect([answer.status, answer.headers.location]).toEqual([302, 'https://example.com/spring-sale?colour=green']);
    }
  });

  it('sees two clicks by country, device and browser, and one preview that is no click', async () => {
    await page.goto('/w/acme/links');
    await page
      .locator(`a[href^="/w/acme/links/"]`, { hasText: new URL(shortUrl).pathname.slice(1) })
      .first()
      .click();
    await page.waitForURL(/\/w\/acme\/links\/\w{12}$/);
    const report = await page.locator('main').innerText();
    expect(report).toMatch(/2 clicks/);
    expect(report).toMatch(/2 visitors/);
    for (const value of [
      'United Kingdom',
      'United States',
      'Desktop',
      'Mobile',
      'Chrome',
      'Safari',
      'instagram.com',
      'Slack preview',
    ]) {
      expect(await page.locator('main').textContent(), value).toContain(value);
    }
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('changes the period without a reload, keeps the address, and can go back', async () => {
    const before = page.url();
    await page.getByRole('link', { name: '7 days' }).click();
    await page.waitForURL(/period=7d/);
    expect(await page.locator('main').innerText()).toMatch(/2 clicks/);
    await page.goBack();
    await expect.poll(() => page.url()).toBe(before);
  });

  it('has a QR code that a camera can read, and its scan is counted as one', async () => {
    await page.goto('/w/acme/links');
    const address = page.url();
    await page
      .locator(`a[href^="/w/acme/links/"]`, { hasText: new URL(shortUrl).pathname.slice(1) })
      .first()
      .click();
    await page.waitForURL((url) => url.href !== address);
    const picture = await page.locator('img[src^="/qr/"]').first().getAttribute('src');
    const png = await page.request.get((picture ?? '').replace('.svg', '.png'));
    const scanned = scan(pixelsOfPng(await png.body()));
    expect(scanned).toMatch(/^http:\/\/go\.localhost:\d+\//);
    expect(scanned).not.toBe(shortUrl);
    const answer = await app.visit(new URL(scanned ?? '').pathname, {
      headers: { 'x-forwarded-for': '81.2.69.142', 'user-agent': phone },
    });
    expect(answer.headers.location).toBe('https://example.com/spring-sale?colour=green');
    await page.reload();
    expect(await page.locator('main').innerText()).toMatch(/3 clicks/);
    expect(await page.locator('main').textContent()).toContain('QR code');
  });

  it('met no error on any of these pages', () => {
    expect(errors).toEqual([]);
  });
});

describe.sequential('the pages in the dark, and on a phone', () => {
  it.each([
    ['dark', { colorScheme: 'dark' as const, viewport: { width: 1280, height: 900 } }],
    [
      'a phone',
      { colorScheme: 'light' as const, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    ],
  ])('%s: nothing is cut off, nothing is hard to read', async (_name, options) => {
    const storageState = await page.context().storageState();
    const other = await openPage(browser, { baseURL: app.url, storageState, ...options });
    const light = page;
    page = other.page;
    for (const path of [
      '/w/acme/links',
      '/w/acme/reports',
      '/w/acme/links/new',
      '/w/acme/settings',
      '/w/acme/keys',
      '/account',
      '/admin/mail',
    ]) {
      await page.goto(path);
      expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect([path, overflow]).toEqual([path, 0]);
    }
    page = light;
    expect(other.errors).toEqual([]);
    await other.page.context().close();
  });
});

describe.sequential('a narrow phone', () => {
  it('never scrolls sideways, wherever links lead', async () => {
    await page.request.post('/w/acme/campaigns', {
      headers: { origin: app.url },
      form: { name: 'Spring' },
    });
    await page.request.post('/w/acme/keys', { headers: { origin: app.url }, form: { name: 'Newsletter' } });
    const storageState = await page.context().storageState();
    const phonePage = await openPage(browser, { baseURL: app.url, storageState });
    const waiting = ['/w/acme/links'];
    const seen = new Set(waiting);
    const tooWide: string[] = [];
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      await phonePage.page.goto(path);
      for (const width of [390, 320]) {
        await phonePage.page.setViewportSize({ width, height: 700 });
        const scrollWidth = await phonePage.page.evaluate(() =>
          Math.max(
            document.scrollingElement?.scrollWidth ?? Infinity,
            ...[...document.querySelectorAll('.settings-nav > *')].map((place) => place.getBoundingClientRect().right),
          ),
        );
        if (scrollWidth > width) tooWide.push(`${path} on ${width} px: ${scrollWidth}`);
      }
      const hrefs = await phonePage.page
        .locator('a[href]:not([download])')
        .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
      for (const { origin, pathname, search } of hrefs.map((href) => new URL(href))) {
        const isPage = origin === app.url && !/^\/(docs|api|qr|assets)\b|\.\w+$|\/live$/.test(pathname);
        if (!isPage || seen.has(pathname)) continue;
        seen.add(pathname);
        waiting.push(pathname + search);
      }
    }
    expect(tooWide).toEqual([]);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        expect.stringContaining('/w/acme/reports/campaigns/'),
        '/w/acme/reports',
        '/w/acme/realtime',
        '/w/acme/keys',
        '/w/acme/compare',
        '/account',
      ]),
    );
    expect(seen.size).toBeGreaterThan(15);
    const tabs = await phonePage.page
      .locator('.tabbar .tab')
      .evaluateAll((all) => all.map((tab) => tab.getBoundingClientRect().top));
    expect(new Set(tabs).size).toBe(1);
    await phonePage.page.context().close();
  });
});
