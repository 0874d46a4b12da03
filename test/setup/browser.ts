import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, inject } from 'vitest';
import { type Person, startTestApp, type TestApp } from './app.ts';

/** Starts the browser; it knows no host but this machine, so a test cannot reach out by mistake. */
export async function launchBrowser(): Promise<Browser> {
  const chrome = inject('chrome');
  if (!chrome) throw new Error('No browser comes with npm for this machine: set CHROME_PATH to a Chrome or Chromium.');
  return chromium.launch({
    executablePath: chrome.executablePath,
    env: { ...process.env, ...chrome.env },
    args: [
      '--no-sandbox',
      '--no-pings',
      '--disable-domain-reliability',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1',
    ],
  });
}

/** A server and a browser for a test file, which closes them at its end. @param env of the server, as `startTestApp` takes it */
export async function startInBrowser(
  env: Parameters<typeof startTestApp>[0] = {},
): Promise<{ app: TestApp; browser: Browser }> {
  const [app, browser] = await Promise.all([startTestApp(env), launchBrowser()]);
  afterAll(async () => {
    await browser.close();
    await app.close();
  });
  return { app, browser };
}

export type OpenedPage = {
  page: Page;
  /**
   * What went wrong in the page so far, for `expect(errors).toEqual([])`: script errors, console errors (a breach of
   * the CSP is one), missing scripts, styles and pictures. The status of pages and fetches is the test's own business.
   */
  errors: string[];
};

/** Opens a page in a context of its own: nobody is logged in. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`Script: ${error.message}`));
  page.on('console', (message) => {
    // Chrome's own line on a failed request names no address; the response below does.
    const isAboutResponse = message.text().startsWith('Failed to load resource: the server responded');
    if (message.type() === 'error' && !isAboutResponse) errors.push(`Console: ${message.text()}`);
  });
  page.on('response', (response) => {
    const isOwnBusiness = ['document', 'fetch', 'xhr'].includes(response.request().resourceType());
    if (response.status() >= 400 && !isOwnBusiness) errors.push(`${response.status()}: ${response.url()}`);
  });
  return { page, errors };
}

/** Opens a page in which somebody is logged in. */
export async function openPageAs(
  browser: Browser,
  { url }: TestApp,
  { cookie }: Person,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const opened = await openPage(browser, { baseURL: url, ...options });
  const cookies = cookie.split('; ').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return { name, value, url };
  });
  await opened.page.context().addCookies(cookies);
  return opened;
}
