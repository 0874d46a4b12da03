import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage } from '../../setup/browser.ts';

let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

describe('the reference at /docs', () => {
  it('shows the operations, loads nothing from elsewhere and breaks no policy', async () => {
    const { page, errors } = await openPage(browser);
    const hosts = new Set<string>();
    page.on('request', (request) => {
      if (/^https?:/.test(request.url())) hosts.add(new URL(request.url()).host);
    });
    await page.goto(`${app.url}/docs`);
    await page.getByRole('heading', { name: 'Create a link' }).first().waitFor();
    await page.getByRole('heading', { name: 'Count clicks and visitors' }).first().waitFor();
    await page.waitForLoadState('networkidle');
    expect([...hosts]).toEqual([new URL(app.url).host]);
    expect(errors).toEqual([]);
  });

  it('says so when its program does not arrive, and where the description is', async () => {
    const { page } = await openPage(browser);
    await page.route(/scalar-/, (route) => route.fulfill({ status: 503, body: '' }));
    await page.goto(`${app.url}/docs`);
    await page.getByRole('alert').getByRole('link', { name: 'Reload' }).waitFor();
    await page.unroute(/scalar-/);
    await page.getByRole('link', { name: 'Reload' }).click();
    await page.locator('#app *').first().waitFor({ state: 'attached' });
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
