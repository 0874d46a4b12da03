import { brotliCompressSync } from 'node:zlib';
import type { Locator } from 'playwright-core';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { hitOf, insertHits, makeLink, pageOf } from '../../setup/make.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const { app, browser } = await startInBrowser();
const owner = await app.signUp('Ada');
const link = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
await app.db.execute(sql`update links set created_at = now() - interval '200 days'`);
for (const [address, agent] of [
  ['81.2.69.142', iphone],
  ['8.8.8.8', undefined],
  ['203.0.113.7', iphone],
]) {
  await app.visit('/spring?utm_term=x', {
    headers: { 'x-forwarded-for': address ?? '', ...(agent ? { 'user-agent': agent } : {}) },
  });
}
const { page, errors } = await openPageAs(browser, app, owner);

const number = () => page.locator('.report-number').innerText();

/** Whether nothing that scrolls hides any of it. */
const isInSight = (element: Locator) =>
  element.evaluate(
    (node) =>
      new Promise<boolean>((resolve) => {
        new IntersectionObserver(([seen]) => resolve(seen?.intersectionRatio === 1)).observe(node);
      }),
  );

describe.sequential('a report in the browser', () => {
  it('is filtered by a click on a bar, without a reload, and back again', async () => {
    await page.goto(link);
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await page.locator('.bars a', { hasText: 'Mobile' }).click();
    await page.waitForURL(/f=device:is:mobile/);
    await expect.poll(number).toMatch(/^2 clicks/);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    await page.getByRole('link', { name: 'is: turn around' }).click();
    await expect.poll(number).toMatch(/^1 click/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('link', { name: /^Remove the filter Device is not Mobile/ }).click();
    await expect.poll(number).toMatch(/^3 clicks/);
  });

  it('shows all values in a dialog, with search', async () => {
    await page.locator('.lists a[data-opens]').first().click();
    const dialog = page.locator('#values-dialog');
    await dialog.getByRole('heading', { name: 'Countries' }).waitFor();
    expect(await dialog.locator('tbody tr').count()).toBeGreaterThan(1);
    await dialog.getByRole('searchbox').fill('kingdom');
    await expect.poll(() => dialog.locator('tbody tr').count()).toBe(1);
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('link', { name: 'Leave out United Kingdom' }).click();
    await page.waitForURL(/f=country:not:GB/);
    await expect.poll(number).toMatch(/^2 clicks/);
  });

  it('turns pages of all values: each begins at its top, and the keyboard stays where it was', async () => {
    const made = await makeLink(app, owner, { slug: 'many' });
    await insertHits(
      app,
      Array.from({ length: 60 }, (_, index) => hitOf(made, { referrer: `site-${index}.example`, channel: 'referral' })),
    );
    await page.goto(pageOf(owner, made));
    await page.locator('a[data-opens][href*="by=referrer"]').click();
    const dialog = page.locator('#values-dialog');
    const more = dialog.getByRole('link', { name: 'More' });
    const title = dialog.getByRole('heading', { name: 'Referrers' });
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await more.scrollIntoViewIfNeeded();
    expect(await isInSight(title)).toBe(false);
    await more.press('Enter');
    await expect.poll(() => dialog.locator('tbody tr').count()).toBe(10);
    await expect.poll(() => isInSight(title)).toBe(true);
    expect(await more.getAttribute('aria-disabled')).toBe('true');
    await expect.poll(focused).toBe('values-more');
    await dialog.getByRole('link', { name: 'Back' }).press('Enter');
    await expect.poll(() => dialog.locator('tbody tr').count()).toBe(50);
    await expect.poll(focused).toBe('values-back');
  });

  it('changes its period by keys, and keeps its filters', async () => {
    await page.goto(`${link}?f=country:not:GB`);
    await page.keyboard.press('w');
    await page.waitForURL(/period=7d&f=country:not:GB/);
    await page.keyboard.press('d');
    await page.waitForURL(/period=today/);
    await expect.poll(number).toMatch(/^2 clicks/);
    await page.keyboard.press('?');
    expect(await page.locator('#shortcuts').innerText()).toContain('Report of today');
    await page.keyboard.press('Escape');
  });

  it('goes back and forth by its own length, on a phone too', async () => {
    await page.setViewportSize({ width: 320, height: 800 });
    await page.goto(`${link}?period=7d&f=device:is:mobile`);
    expect(await page.getByRole('button', { name: 'Later' }).isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'Earlier' }).click();
    await page.waitForURL(/from=.*&to=.*&f=device:is:mobile/);
    const before = page.url();
    await page.getByText('No clicks match these filters').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await page.getByRole('link', { name: 'Later' }).click();
    await expect.poll(number).toMatch(/^2 clicks/);
    expect(page.url()).not.toBe(before);
    await page.getByRole('button', { name: /Period: / }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await page.getByRole('link', { name: 'Last week' }).click();
    await page.waitForURL(/period=last-week&f=device:is:mobile/);
    await page.locator('.report-period', { hasText: 'Last week' }).waitFor();
    expect(await page.locator('#range-menu').isVisible()).toBe(false);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('has keys for the periods of campaigns', async () => {
    const campaigns = `/w/${owner.workspace.slug}/campaigns`;
    await owner.ask(campaigns, { form: { name: 'Launch', startsOn: '', endsOn: '', goal: '' } });
    await page.goto(campaigns);
    await page.keyboard.press('q');
    await page.waitForURL(/campaigns\?period=90d/);
  });

  it('compares links', async () => {
    // The period that was chosen last is kept.
    await page.goto(`${link}?period=30d`);
    await page.locator('main').getByRole('link', { name: 'Compare' }).click();
    await page.waitForURL(/compare\?period=.*&link=/);
    expect(await page.locator('.compare-table').innerText()).toMatch(/spring\s+3\s+3/);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const)('is fit for everybody: %s at %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const reports = `/w/${owner.workspace.slug}`;
    for (const path of [
      `${reports}/reports`,
      `${link}?f=device:is:mobile`,
      `${link}/values?by=city`,
      `${reports}/compare`,
    ]) {
      const answer = await page.goto(path);
      expect(await accessibilityProblems(page), path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
      expect(brotliCompressSync((await answer?.body()) ?? '').length, path).toBeLessThan(150_000);
    }
  });

  it('met no error on any of these pages', () => {
    expect(errors).toEqual([]);
  });
});
