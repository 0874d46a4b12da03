import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { jumpTo, tabTo } from '../../setup/keyboard.ts';
import { makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const linkId = (await makeLink(app, ada, { slug: 'spring' })).id;
await app.visit('/spring');

describe('a report', () => {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['dark', 375],
  ] as const) {
    it(`is shared, opened and read, ${colorScheme}, ${width} pixels wide, and axe finds nothing`, async () => {
      const { page, errors } = await openPageAs(browser, app, ada, {
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true,
      });
      await page.goto(`${app.url}/w/${ada.workspace.slug}/links/${linkId}`);
      const menu = width < 768 ? 'More about this link' : 'Share';
      await page.getByRole('button', { name: menu, exact: true }).click();
      await page.getByRole('link', { name: 'Share its report' }).click();
      await page.locator('#field-password').fill('correct horse');
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByRole('button', { name: 'Share the report' }).click();
      const url = (await page.locator('#new-share').textContent()) ?? '';
      await page.context().clearCookies();
      await page.goto(url);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.locator('#share-password').fill('correct horse');
      await page.keyboard.press('Enter');
      await page.getByText('1 click', { exact: true }).first().waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(errors).toEqual([]);
      await page.context().close();
    });
  }

  it('is shared by keyboard alone', async () => {
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`/w/${ada.workspace.slug}/links`);
    await jumpTo(page, 'share a report');
    await page.waitForURL('**/shares');
    await tabTo(page, page.locator('#field-title'));
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText('For the board');
    await page.keyboard.press('Enter');
    await page.goto((await page.locator('#new-share').textContent()) ?? '');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('For the board');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is shared without scripts', async () => {
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
    await page.goto(`/w/${ada.workspace.slug}/shares?link=${linkId}`);
    await page.getByRole('button', { name: 'Share the report' }).click();
    await page.goto((await page.locator('#new-share').textContent()) ?? '');
    expect(await page.getByText('1 click', { exact: true }).count()).toBeGreaterThan(0);
    await page.context().close();
  });
});
