import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage, openPageAs } from '../../setup/browser.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let browser: Browser;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

const isWiderThanWindow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

describe('an admin sets a domain up, and visitors meet it', () => {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const) {
    it(`${colorScheme}, ${width} pixels wide, and axe finds nothing`, async () => {
      const name = `${colorScheme}${width}`;
      const workspaceId = ada.workspace.id;
      const id = await insertDomain(app.db, workspaceId, `${name}.localhost`);
      await makeLink(app, workspaceId, { slug: 'spring', domainId: id });
      const options = { colorScheme, viewport: { width, height: 900 } };
      const { page, errors } = await openPageAs(browser, app, ada, { ...options, bypassCSP: true });
      await page.goto(`${app.url}/w/${ada.workspace.slug}/domains/${id}/settings`);
      await page.getByLabel('Name').fill('Acme Roasters');
      await page.getByLabel('Colour').fill('yellow');
      await page.getByLabel('assetlinks.json').fill('{');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect
        .poll(() => page.locator('.field-error').allTextContents())
        .toEqual([
          'Write a colour like #0f7b5c.',
          'This is not valid JSON. Look for a missing comma, quotation mark or bracket.',
        ]);
      expect(await page.getByLabel('Name').inputValue()).toBe('Acme Roasters');
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByLabel('Colour').fill('#ffd400');
      await page.getByLabel('assetlinks.json').fill('[]');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(`Visitors of ${name}.localhost see this from now on.`).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await isWiderThanWindow(page)).toBe(false);
      await page.getByRole('link', { name: 'Remove this domain' }).click();
      await page.getByRole('button', { name: 'Remove domain' }).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await isWiderThanWindow(page)).toBe(false);
      expect(errors).toEqual([]);

      // With the CSP in force: the brand's colour is no breach of it.
      const visitor = await openPage(browser, options);
      const short = app.url.replace('localhost', `${name}.localhost`);
      for (const path of ['/', '/nobody-has-this', '/spring+']) {
        await visitor.page.goto(short + path);
        const text = await visitor.page.locator('main').textContent();
        expect(text).toContain('Acme Roasters');
      }
      const color = await visitor.page.locator('.brand').evaluate((brand) => getComputedStyle(brand).color);
      expect(color).toBe(colorScheme === 'dark' ? 'rgb(255, 212, 0)' : 'rgb(135, 112, 0)');
      expect(visitor.errors).toEqual([]);
    });
  }

  it('with a logo that is chosen from a file, and no message over what one taps next', async () => {
    const id = await insertDomain(app.db, ada.workspace.id, 'logo.localhost', { brandName: 'Acme' });
    const { page, errors } = await openPageAs(browser, app, ada, {
      viewport: { width: 320, height: 640 },
      bypassCSP: true,
    });
    const shown = page.getByAltText('The logo now');
    const widthOf = (image: Locator) => image.evaluate((img) => (img as HTMLImageElement).naturalWidth);
    // As browsers write them, and not as our tests do.
    for (const type of ['image/webp', 'image/jpeg', 'image/png']) {
      await page.goto(`${app.url}/w/${ada.workspace.slug}/domains/${id}/settings`);
      const url = await page.evaluate(
        `(() => { const c = document.createElement('canvas'); c.width = 120; c.height = 40;
          const d = c.getContext('2d'); d.fillStyle = '#0f7b5c'; d.fillRect(9, 9, 90, 20); return c.toDataURL('${type}'); })()`,
      );
      const buffer = Buffer.from(String(url).split(',')[1] ?? '', 'base64');
      await page.getByLabel(/picture/i).setInputFiles({ name: 'logo.txt', mimeType: 'text/plain', buffer });
      await page.getByText('Visitors see this logo from now on.').waitFor();
      // A message that is pointed at stays.
      await page.locator('.toast').last().hover();
      await expect.poll(() => widthOf(shown)).toBe(120);
    }
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await isWiderThanWindow(page)).toBe(false);

    const visitor = await openPage(browser, { viewport: { width: 320, height: 640 } });
    await visitor.page.goto(`${app.url.replace('localhost', 'logo.localhost')}/nobody-has-this`);
    const logo = visitor.page.getByRole('img', { name: 'Acme' });
    await expect.poll(() => widthOf(logo)).toBe(120);
    expect(visitor.errors).toEqual([]);

    // Scrolled to its end, nothing that can be tapped lies under the message.
    const covered = await page.evaluate(`(() => {
      scrollTo(0, document.documentElement.scrollHeight);
      const toast = document.querySelector('.toast').getBoundingClientRect();
      return [...document.querySelectorAll('main a, main button, main input')].filter((each) => {
        const { top, bottom, height } = each.getBoundingClientRect();
        return height > 0 && bottom > toast.top && top < toast.bottom;
      }).map((each) => each.textContent);
    })()`);
    expect(covered).toEqual([]);
    await page.getByRole('button', { name: 'Remove the logo' }).click();
    await page.getByText('The logo is removed.').waitFor();
    expect(await page.getByAltText('The logo now').count()).toBe(0);
    expect(errors).toEqual([]);
  });
});
