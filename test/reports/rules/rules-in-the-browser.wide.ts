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
const to = (host: string) => [{ url: `https://${host}.example/`, weight: 1, app: null }];
const ruleOf = (name: string, country: string) => ({
  name,
  when: { what: 'country' as const, is: 'one_of' as const, values: [country] },
  to: to(country.toLowerCase()),
});
const namesOf = async (id: string) =>
  (await getLink(app.db, ada.workspace.id, id)).routes?.map(({ name }) => name) ?? [];

describe('rules of a link', () => {
  it.each(['by keyboard alone', 'without scripts'])('are made, changed, ordered and removed %s', async (way) => {
    const hasScripts = way !== 'without scripts';
    const link = await makeLink(app, ada, { url: 'https://a.example/' });
    const { page, errors } = await openPageAs(browser, app, ada, {
      javaScriptEnabled: hasScripts,
      viewport: { width: 390, height: 844 },
    });
    const main = page.locator('main');
    const press = async (target: Locator) => {
      if (!hasScripts) return target.click();
      await tabTo(page, target);
      return page.keyboard.press('Enter');
    };
    const look = async () => {
      expect(await fits(page)).toBe(true);
      if (!hasScripts) return;
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      }
    };
    await page.goto(`${pageOf(ada, link)}/destinations`);
    await press(main.getByRole('link', { name: 'Add a rule' }));
    await main.getByLabel('Values of condition 1').fill('Germany');
    await press(main.getByRole('button', { name: 'Add a condition' }));
    await main.getByLabel('Condition 2', { exact: true }).selectOption('Time of day');
    await main.getByLabel('Values of condition 2').fill('22:00 to 06:00');
    await main.getByLabel('Address', { exact: true }).fill('https://de.example/');
    await look();
    await press(main.getByRole('button', { name: 'Add the rule' }));
    await main.getByText('it is between 22:00 and 06:00').waitFor();

    await press(main.getByRole('link', { name: 'Add a rule' }));
    await main.getByLabel('Condition 1', { exact: true }).selectOption('System');
    await main.getByLabel('Values of condition 1').fill('iOS');
    await main.getByLabel('Address', { exact: true }).fill('no address');
    await main.locator('#field-name').fill('iPhones');
    await press(main.getByRole('button', { name: 'Add the rule' }));
    await main.locator('.field-error').first().waitFor();
    expect(await main.getByLabel('Values of condition 1').inputValue()).toBe('iOS');
    await look();
    await main.getByLabel('Address', { exact: true }).fill('https://ios.example/');
    await press(main.getByRole('button', { name: 'Add the rule' }));
    await main.getByText('iPhones', { exact: true }).waitFor();
    await look();

    await press(main.getByRole('button', { name: 'Move “iPhones” up' }));
    await expect.poll(() => namesOf(link.id)).toMatchObject(['iPhones', expect.any(String)]);
    await main.locator('li').first().getByText('iPhones').waitFor();
    await press(main.getByRole('button', { name: 'Remove “iPhones”' }));
    await expect.poll(async () => (await namesOf(link.id)).length).toBe(1);
    expect(errors).toEqual([]);
  });

  it('are dragged into another order, which is kept', async () => {
    const link = await makeLink(app, ada, {
      url: 'https://a.example/',
      routes: [ruleOf('First', 'DE'), ruleOf('Second', 'FR'), ruleOf('Third', 'IT')],
    });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${pageOf(ada, link)}/destinations`);
    const rule = (name: string) => page.locator('[data-rule]', { hasText: name });
    await rule('Third').dragTo(rule('First'), { targetPosition: { x: 40, y: 4 } });
    await expect.poll(() => namesOf(link.id)).toEqual(['Third', 'First', 'Second']);
    await page.getByText('The order is saved.').waitFor();
    expect(errors).toEqual([]);
  });

  it('complete values while one types, and offer the comparisons that a fact has', async () => {
    const link = await makeLink(app, ada, { url: 'https://a.example/' });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${pageOf(ada, link)}/destinations/rules/new`);
    const values = page.getByLabel('Values of condition 1');
    await values.pressSequentially('germ');
    await page.getByRole('button', { name: 'Germany', exact: true }).click();
    await values.pressSequentially('austri');
    await page.getByRole('button', { name: 'Austria', exact: true }).click();
    expect(await values.inputValue()).toBe('Germany, Austria, ');
    const offered = () => page.getByLabel('Comparison of condition 1').locator('option:not([hidden])').allInnerTexts();
    expect(await offered()).toEqual(['is', 'is not']);
    await page.getByLabel('Condition 1', { exact: true }).selectOption('Date');
    expect(await offered()).toEqual(['is', 'is not', 'is before', 'is from … on']);
    expect(await values.inputValue()).toBe('');
    expect(errors).toEqual([]);
  });
});
