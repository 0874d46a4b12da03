import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../src/links/links/queries.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPageAs } from '../../setup/browser.ts';
import { makeCampaign, makeLink, pageOf } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

/** The ways around: the search over everything, the sidebar, and the bars of narrow windows. */

let app: TestApp;
let browser: Browser;
let ada: Person;
let viewer: Person;
let link: Link;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  viewer = await app.signUp('Viewer');
  await joinWorkspace(app, viewer, ada, 'viewer');
  home = `/w/${ada.workspace.slug}`;
  link = await makeLink(app, ada, {
    slug: 'lenz',
    title: 'Tulip festival',
    url: 'https://shop.example/a',
    tags: ['messe'],
  });
  for (let n = 0; n < 12; n++) await makeLink(app, ada, { title: `Harvest ${n}` });
  await makeCampaign(app, ada, 'Night run');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

const wide = { width: 1280, height: 800 };
const tablet = { width: 768, height: 900 };
const phone = { width: 390, height: 844 };

async function open(path: string, options: BrowserContextOptions = {}, person = ada) {
  const opened = await openPageAs(browser, app, person, { viewport: wide, reducedMotion: 'reduce', ...options });
  await opened.page.goto(path);
  const { page } = opened;
  return {
    ...opened,
    /** A dialog has no box of its own, and what is in it has. */
    field: page.locator('#jump-input'),
    option: (name: string) => page.locator('#jump').getByRole('option', { name }),
    current: () => page.locator('#jump [aria-selected="true"] .result-label').allInnerTexts(),
    focused: () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName),
    pathname: () => new URL(page.url()).pathname,
  };
}

/** Holds answers to some words back. @returns lets them go */
async function holdAnswers(page: Page, words: string): Promise<() => void> {
  let letGo = () => {};
  const isFree = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`**/search?q=${words}`, async (route) => {
    await isFree;
    await route.continue();
  });
  return letGo;
}

describe('the search over everything, by keyboard alone', () => {
  it('opens a link by two keys and a word of its title', async () => {
    const { page, field, pathname, errors } = await open(`${home}/reports`);
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText('festival');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${pageOf(ada, link)}`);
    expect(pathname()).toBe(pageOf(ada, link));
    expect(await field.isVisible()).toBe(false);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('waits for what was typed, however fast the Enter', async () => {
    const { page, option } = await open(`${home}/reports`);
    await page.keyboard.press('Meta+k');
    await option('Harvest 11').waitFor();
    const answer = await holdAnswers(page, 'tulip');
    await page.keyboard.insertText('tulip');
    await page.keyboard.press('Enter');
    answer();
    await page.waitForURL(`**${pageOf(ada, link)}`);
    await page.context().close();
  });

  it('moves through the options by arrow keys, around both ends, while the focus stays in the field', async () => {
    const { page, current, focused } = await open(`${home}/reports`);
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText('harvest');
    // Some of the same stand in the list before one types.
    await page.locator('#jump-results [data-for="harvest"]').waitFor();
    await expect.poll(current).toEqual(['Harvest 11']);
    await page.keyboard.press('ArrowDown');
    expect(await current()).toEqual(['Harvest 10']);
    for (const _ of [1, 2]) await page.keyboard.press('ArrowUp');
    expect(await current()).toEqual(['Search the list of links']);
    expect(await focused()).toBe('jump-input');
    const active = await page.locator('#jump-input').getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).innerText()).toContain('Search the list of links');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/links?search=harvest');
    await page.context().close();
  });

  it('gives the focus back when it is closed, by Escape or its own keys, and forgets its words', async () => {
    const { page, field, focused, option } = await open(`${home}/links`);
    await page.locator('#link-search').focus();
    for (const key of ['Escape', 'Control+k']) {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('tulip');
      await option('Tulip festival').waitFor();
      await page.keyboard.press(key);
      await field.waitFor({ state: 'hidden' });
      expect(await focused()).toBe('link-search');
    }
    expect(await page.locator('#link-search').inputValue()).toBe('');
    await page.keyboard.press('Control+k');
    expect(await page.locator('#jump-input').inputValue()).toBe('');
    await option('Harvest 11').waitFor();
    await page.context().close();
  });

  it('is opened from the sidebar by Tab and Enter, which has the focus again afterwards', async () => {
    const { page, field } = await open(`${home}/links`);
    const opener = page.locator('.sidebar-search');
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press('Tab');
      if (await opener.evaluate((element) => element === document.activeElement)) break;
    }
    await page.keyboard.press('Enter');
    await field.waitFor();
    expect(new URL(page.url()).pathname).toBe(`${home}/links`);
    await page.keyboard.press('Escape');
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.context().close();
  });

  it('opens the form of a new link, filled with an address, and the list of keys', async () => {
    const { page, option } = await open(`${home}/reports`);
    const pick = async (words: string, name: string) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.insertText(words);
      await option(name).waitFor();
      await page.keyboard.press('Enter');
    };
    await pick('create a link', 'Create a link');
    await expect.poll(() => page.locator('#quick-url').isVisible()).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('quick-url');
    await page.keyboard.press('Escape');
    await pick('shortcuts', 'Keyboard shortcuts');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await pick('new.example/page', 'Create a link to new.example/page');
    await page.waitForURL('**/links/new?url=new.example%2Fpage');
    expect(await page.locator('#new-url').inputValue()).toBe('new.example/page');
    await page.context().close();
  });

  it('logs out', async () => {
    const person = await app.signUp('Leaver');
    const { page, option } = await open(`/w/${person.workspace.slug}/links`, {}, person);
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText('log out');
    await option('Log out').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/log-in');
    await page.context().close();
  });

  it('logs nobody out by a part of the words', async () => {
    const { page, current } = await open(`${home}/links`);
    for (const words of ['sign', 'log', 'log o']) {
      await page.goto(`${home}/links`);
      await page.keyboard.press('Control+k');
      await page.locator('#jump-input').fill(words);
      await page.locator(`#jump-results [data-for="${words}"]`).waitFor();
      await page.getByRole('option', { name: 'Log out' }).waitFor();
      expect(await current()).not.toContain('Log out');
    }
    // Nothing else is found for the last words, so that Enter does nothing.
    expect(await current()).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await page.locator('#jump-input').isVisible()).toBe(true);
    await page.goto(`${home}/links`);
    expect(new URL(page.url()).pathname).toBe(`${home}/links`);
    await page.context().close();
  });

  it('forgets an Enter whose answer comes after Escape', async () => {
    const { page, option, pathname } = await open(`${home}/reports`);
    await page.keyboard.press('Control+k');
    await option('Harvest 11').waitFor();
    const answer = await holdAnswers(page, 'tulip');
    const asked = page.waitForRequest('**/search?q=tulip');
    await page.keyboard.insertText('tulip');
    await page.keyboard.press('Enter');
    await asked;
    await page.keyboard.press('Escape');
    answer();
    await page.locator('#jump-results [data-for="tulip"]').waitFor({ state: 'attached' });
    expect(pathname()).toBe(`${home}/reports`);
    await page.context().close();
  });

  it('opens by the key’s place where the layout has no Latin letters, and once while it is held', async () => {
    const { page, field } = await open(`${home}/links`);
    const press = (isRepeat: boolean) =>
      page.evaluate(
        (repeat) =>
          document.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'л', code: 'KeyK', ctrlKey: true, repeat, cancelable: true }),
          ),
        isRepeat,
      );
    expect(await press(false)).toBe(false);
    await field.waitFor();
    expect(await press(true)).toBe(false);
    expect(await field.isVisible()).toBe(true);
    await page.context().close();
  });

  it('gives the focus to the button of a menu that was open', async () => {
    const { page, field } = await open(`${home}/links`);
    await page.locator('[popovertarget="user-menu"]:visible').click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Control+k');
    await field.waitFor();
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('popovertarget'))).toBe('user-menu');
    await page.context().close();
  });

  it('says in its list that the server cannot be reached', async () => {
    const { page, option } = await open(`${home}/links`);
    await page.keyboard.press('Control+k');
    await option('Harvest 11').waitFor();
    await page.route('**/search?**', (route) => route.abort());
    await page.keyboard.insertText('tulip');
    await page.locator('#jump').getByText('The search did not reach the server').first().waitFor();
    expect(await page.locator('#jump').getByRole('option').count()).toBe(0);
    await page.context().close();
  });

  it('does not open above another dialog, where something may be typed', async () => {
    const { page, field } = await open(`${home}/links`);
    await page.keyboard.press('c');
    await page.locator('#quick-url').waitFor();
    await page.keyboard.press('Control+k');
    expect(await field.isVisible()).toBe(false);
    await page.context().close();
  });

  it('says what it found to screen readers, and offers a viewer nothing to create', async () => {
    const { page } = await open(`${home}/links`, {}, viewer);
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText('nothing of the kind');
    const status = page.locator('#jump-status');
    await expect.poll(() => status.innerText()).toBe('Nothing found for “nothing of the kind”');
    expect(await page.locator('#jump').getByRole('option').count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.locator('#jump-input').fill('tulip');
    await expect.poll(() => status.innerText()).toBe('1 result for “tulip”');
    await page.context().close();
  });
});

describe('the ways around without scripts', () => {
  it('lead to the page of the search, which finds, and to every place', async () => {
    const { page, pathname } = await open(`${home}/reports`, { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'Search or jump' }).first().click();
    expect(pathname()).toBe(`${home}/search`);
    await page.locator('main').getByLabel('Search or jump').fill('tulip');
    await page.locator('main').getByRole('button', { name: 'Search' }).click();
    await page.locator('main').getByRole('link', { name: 'Tulip festival' }).click();
    expect(pathname()).toBe(pageOf(ada, link));
    await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Tags' }).click();
    expect(pathname()).toBe(`${home}/tags`);
    expect(await page.locator('[data-sidebar-switch]').isVisible()).toBe(false);
    expect(await page.locator('.ways').evaluate((sidebar) => sidebar.clientWidth)).toBeGreaterThan(200);
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page.getByRole('button', { name: 'your account' }).click();
    await page.getByRole('link', { name: 'Account' }).click();
    expect(pathname()).toBe('/account');
    await page.context().close();
  });

  it('open on a phone from the bar below', async () => {
    const { page, pathname } = await open(`${home}/links`, { javaScriptEnabled: false, viewport: phone });
    const bar = page.getByRole('navigation', { name: 'Main, at the bottom' });
    await bar.getByRole('button', { name: 'More' }).click();
    await page.locator('#more-menu').getByRole('link', { name: 'Members' }).click();
    expect(pathname()).toBe(`${home}/members`);
    await bar.getByRole('button', { name: 'Create' }).click();
    expect(await page.locator('#quick-url').isVisible()).toBe(true);
    await page.context().close();
  });
});

describe('the sidebar', () => {
  const widthOf = (page: Awaited<ReturnType<typeof open>>['page']) =>
    page.locator('.ways').evaluate((sidebar) => sidebar.getBoundingClientRect().width);

  it('becomes narrow by its button or key, and stays so on the next page from its first paint', async () => {
    const { page } = await open(`${home}/links`);
    const button = page.locator('[data-sidebar-switch]');
    await expect
      .poll(async () => [await widthOf(page), await button.getAttribute('aria-expanded')])
      .toEqual([232, 'true']);
    await button.click();
    await expect
      .poll(async () => [await widthOf(page), await button.getAttribute('aria-expanded')])
      .toEqual([60, 'false']);
    // Before any module has run: the choice is on the page when it is painted.
    await page.route('**/app-*.js', (route) => route.abort());
    await page.goto(`${home}/campaigns`);
    expect(await widthOf(page)).toBe(60);
    await page.unroute('**/app-*.js');
    await page.goto(`${home}/reports`);
    await expect
      .poll(async () => [await widthOf(page), await button.getAttribute('aria-expanded')])
      .toEqual([60, 'false']);
    const places = page.getByRole('navigation', { name: 'Main', exact: true });
    expect(await places.getByRole('link', { name: 'Realtime' }).isVisible()).toBe(true);
    await page.keyboard.press('b');
    await expect.poll(() => widthOf(page)).toBe(232);
    await page.reload();
    await expect.poll(() => widthOf(page)).toBe(232);
    await page.context().close();
  });

  it('has each place a key after G, also where it is not shown', async () => {
    const { page } = await open(`${home}/links`, { viewport: phone });
    for (const [key, place] of Object.entries({
      t: 'tags',
      d: 'domains',
      s: 'settings',
      c: 'campaigns',
      r: 'reports',
    })) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForURL(`**${home}/${place}`);
    }
    await page.context().close();
  });

  it('comes after the skip link and before the page, and is alone on a wide window', async () => {
    const { page } = await open(`${home}/links`);
    const stops: string[] = [];
    for (let press = 0; press < 24; press++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          return ['.skip-link', '.ways', '.topbar', '.tabbar', 'main'].find((part) => at?.closest(part)) ?? '';
        }),
      );
    }
    expect([...new Set(stops)]).toEqual(['.skip-link', '.ways', 'main']);
    expect(stops.lastIndexOf('.ways')).toBeLessThan(stops.indexOf('main'));
    await page.context().close();
  });

  it('shows in high contrast where one is, as the bars do', async () => {
    for (const [viewport, selector] of [
      [wide, '.sidebar-link'],
      [tablet, '.topbar-nav .nav-link'],
      [phone, '.tab'],
    ] as const) {
      const { page } = await open(`${home}/links`, { viewport, forcedColors: 'active' });
      const outlineOf = (current: string) =>
        page
          .locator(`${selector}${current}`)
          .first()
          .evaluate((place) => getComputedStyle(place).outlineStyle);
      expect([selector, await outlineOf('[aria-current]')]).toEqual([selector, 'solid']);
      expect([selector, await outlineOf(':not([aria-current])')]).toEqual([selector, 'none']);
      await page.context().close();
    }
  });
});

describe.each([
  ['phone', phone],
  ['tablet', tablet],
  ['wide window', wide],
])('on a %s', (_name, viewport) => {
  it.each(['light', 'dark'] as const)('nothing is hard to reach or to read, %s', async (colorScheme) => {
    const { page, errors, option } = await open(`${home}/links`, { viewport, colorScheme });
    const problems = async (what: string) => [
      ...(await accessibilityProblems(page)).map((problem) => `${what}: ${problem}`),
      ...((await page.evaluate('document.documentElement.scrollWidth > innerWidth')) ? [`${what}: too wide`] : []),
    ];
    const found = await problems('list');
    await page.keyboard.press('Control+k');
    await option('Harvest 11').waitFor();
    found.push(...(await problems('before one types')));
    await page.locator('#jump-input').fill('messe');
    await option('messe').waitFor();
    found.push(...(await problems('found')));
    await page.locator('#jump-input').fill('nothing of the kind');
    await option('Create a link called').waitFor();
    found.push(...(await problems('nothing found')));
    await page.keyboard.press('Escape');
    for (const menu of ['workspace-menu', 'user-menu', ...(viewport === wide ? [] : ['more-menu'])]) {
      await page.locator(`[popovertarget="${menu}"]:visible`).first().click();
      found.push(...(await problems(menu)));
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('b');
    found.push(...(await problems('narrow')));
    for (const path of [
      `${home}/search`,
      `${home}/search?q=harvest`,
      `${home}/search?q=zzz`,
      '/account',
      '/admin/mail',
    ]) {
      await page.goto(path);
      found.push(...(await problems(path)));
    }
    expect(found).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
