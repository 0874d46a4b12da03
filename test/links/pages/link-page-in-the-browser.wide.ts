import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { tabTo } from '../../setup/keyboard.ts';
import { hitOf, insertHits, makeLink, pageOf } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

const tabs = (page: Page) => page.getByRole('navigation', { name: 'This link' });

describe('the page of a link', () => {
  it.each(['by keyboard alone', 'without scripts'])('has its QR code %s', async (way) => {
    const link = await makeLink(app, ada);
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: way !== 'without scripts' });
    await page.goto(pageOf(ada, link));
    const press = async (name: string, within = page.locator('main')) => {
      const target = within.getByRole('link', { name });
      if (way === 'without scripts') return target.click();
      await tabTo(page, target);
      return page.keyboard.press('Enter');
    };
    await press('QR code', tabs(page));
    await page.waitForURL(/\/qr$/);
    const download = page.waitForEvent('download');
    await press('SVG, for print');
    expect((await download).suggestedFilename()).toMatch(/-qr\.svg$/);
    await page.context().close();
  });

  it('shares its report with the filters that are on', async () => {
    const link = await makeLink(app, ada);
    await insertHits(app, [hitOf(link), hitOf(link)]);
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(pageOf(ada, link));
    await page.locator('.bars a[hx-get*="f=device"]').first().click();
    await page.waitForURL(/f=device/);
    await page.getByRole('button', { name: 'Share' }).click();
    const share = page.locator('#share-report');
    await page.getByRole('link', { name: 'Share its report' }).waitFor();
    // The tick is for what is copied.
    expect(await page.locator('#share-menu [data-copy] .icon').filter({ visible: true }).count()).toBe(1);
    expect(await share.getAttribute('href')).toMatch(new RegExp(`/shares\\?link=${link.id}&f=device:is:`));
    await page.keyboard.press('e');
    await page.locator('#edit-title').fill('Renamed');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').innerText()).toBe('Renamed');
    expect(await share.getAttribute('href')).toContain('f=device:is:');
    await page.context().close();
  });

  it('has tabs that fit a small phone, and are told apart in high contrast', async () => {
    const link = await makeLink(app, ada, { title: 'A title of some length that wraps on a phone' });
    const { page } = await openPageAs(browser, app, ada, { viewport: { width: 320, height: 640 } });
    await page.goto(pageOf(ada, link));
    await tabs(page).getByRole('link', { name: 'QR code' }).click();
    await page.waitForURL(/\/qr$/);
    expect(await tabs(page).locator('[aria-current="page"]').allInnerTexts()).toEqual(['QR code']);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.emulateMedia({ forcedColors: 'active' });
    const lines = await tabs(page)
      .getByRole('link')
      .evaluateAll((links) => links.map((each) => getComputedStyle(each).borderBlockEndColor));
    expect(new Set(lines).size).toBe(2);
    await page.context().close();
  });

  it('shows the first number on a phone without scrolling, below few buttons', async () => {
    const link = await makeLink(app, ada, { title: 'Spring sale', tags: ['newsletter'] });
    await insertHits(app, [hitOf(link)]);
    const options = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const { page, errors } = await openPageAs(browser, app, ada, options);
    await page.goto(pageOf(ada, link));
    const number = await page.locator('.report-number').boundingBox();
    expect((number?.y ?? Infinity) + (number?.height ?? 0)).toBeLessThan(600);
    const above = await page.locator('main :is(button, .btn, .segments > a, .page-actions a)').evaluateAll(
      (controls, top) =>
        controls.filter((control) => {
          const box = control.getBoundingClientRect();
          return box.width > 0 && box.bottom < top;
        }).length,
      number?.y ?? 0,
    );
    expect(above).toBeLessThanOrEqual(9);
    await page.getByRole('button', { name: 'Period: 30 days' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('#range-menu').getByRole('link', { name: '7 days' }).click();
    await page.waitForURL(/period=7d/);
    await page.getByRole('button', { name: 'Period: 7 days' }).waitFor();
    await page.getByRole('button', { name: 'More about this report' }).click();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('heading', { name: 'Export' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More about this link' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.getByRole('link', { name: 'QR code as PNG' }).isVisible()).toBe(true);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('offers a link that nobody clicked to be copied, opened and printed', async () => {
    const link = await makeLink(app, ada);
    const { page } = await openPageAs(browser, app, ada, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(pageOf(ada, link));
    const empty = page.locator('.empty-state');
    await empty.getByRole('button', { name: 'Copy short link' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(link.shortUrl);
    expect(await empty.getByRole('link', { name: 'Open' }).getAttribute('href')).toContain(link.shortUrl);
    await empty.getByRole('link', { name: 'QR code' }).click();
    await page.waitForURL(/\/qr$/);
    await page.context().close();
  });
});

describe('the list of links', () => {
  it('keeps the button beside the address that it copies, and its lines below each other, on a phone', async () => {
    const kim = await app.signUp('Kim');
    await makeLink(app, kim, { slug: 'a-slug-of-thirty-letters-or-so', title: 'Spring', tags: ['newsletter'] });
    const { page } = await openPageAs(browser, app, kim, { viewport: { width: 390, height: 844 } });
    await page.goto(`/w/${kim.workspace.slug}/links`);
    const row = page.locator('.link-table tbody tr');
    const boxOf = (selector: string) =>
      row
        .locator(selector)
        .first()
        .evaluate((each) => each.getBoundingClientRect());
    const [address, copy] = [await boxOf('.link-slug'), await boxOf('[data-copy]')];
    expect(copy.top).toBeLessThan(address.bottom);
    expect(copy.bottom).toBeGreaterThan(address.top);
    expect((await boxOf('.link-clicks')).left).toBeCloseTo((await boxOf('.link-name')).left, 0);
    await page.context().close();
  });

  it.each([768, 390])('cuts the domain short where there is little room, the slug never, at %i px', async (width) => {
    const kim = await app.signUp('Kim');
    await makeLink(app, kim, { slug: `slug-${'of-some-length-'.repeat(2)}${width}`, title: null });
    const { page } = await openPageAs(browser, app, kim, { viewport: { width, height: 844 } });
    await page.goto(`/w/${kim.workspace.slug}/links`);
    const isWhole = await page
      .locator('.link-slug')
      .evaluate((slug) => slug.scrollWidth <= slug.clientWidth && slug.getBoundingClientRect().width > 100);
    expect(isWhole).toBe(true);
    await page.context().close();
  });
});
