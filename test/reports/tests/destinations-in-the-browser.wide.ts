import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { getLink } from '../../../src/links/links/queries.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { tabTo } from '../../setup/keyboard.ts';
import { makeLink, pageOf } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

const fits = (page: Page) => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
const themes = ['light', 'dark'] as const;

describe('the tab Destinations', () => {
  it.each(['by keyboard alone', 'without scripts'])('starts, changes and ends a test %s', async (way) => {
    const link = await makeLink(app, ada, { url: 'https://a.example/' });
    const { page, errors } = await openPageAs(browser, app, ada, {
      javaScriptEnabled: way !== 'without scripts',
      viewport: { width: 390, height: 844 },
    });
    const main = page.locator('main');
    const press = async (target: Locator, key = 'Enter') => {
      if (way === 'without scripts') return target.click();
      await tabTo(page, target);
      return page.keyboard.press(key);
    };
    const look = async () => {
      expect(await fits(page)).toBe(true);
      if (way === 'without scripts') return;
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme });
        expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      }
    };
    await page.goto(`${pageOf(ada, link)}/destinations`);
    await look();
    await main.getByLabel('B, the second address').fill('https://b.example/');
    await press(main.getByRole('button', { name: 'Start, half and half' }));
    await main.getByText('Running').waitFor();
    await look();

    await press(main.getByText('Change the test'));
    await press(main.getByRole('button', { name: 'Add another' }));
    await main.getByLabel('C, address').fill('https://c.example/');
    await look();
    await press(main.getByRole('button', { name: 'Save the test' }));
    await expect.poll(() => main.getByRole('row').count()).toBe(4);
    await press(main.getByRole('button', { name: 'Pause' }));
    await main.getByRole('button', { name: 'Go on' }).waitFor();

    await press(main.getByText('End the test', { exact: true }).first());
    // Arrows move within radio buttons, from the one that is chosen.
    if (way === 'without scripts') await main.getByRole('radio', { name: /^B wins/ }).click();
    else await press(main.getByRole('radio', { name: /^No winner/ }), 'ArrowUp');
    if (way !== 'without scripts') await page.keyboard.press('ArrowUp');
    expect(await main.getByRole('radio', { name: /^B wins/ }).isChecked()).toBe(true);
    await main.getByLabel('Reason').fill('Shorter');
    await look();
    await press(main.getByRole('button', { name: 'End the test' }));
    await main.getByText('B won').waitFor();
    expect(await getLink(app.db, ada.workspace.id, link.id)).toMatchObject({ url: 'https://b.example/', split: null });
    await look();
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
