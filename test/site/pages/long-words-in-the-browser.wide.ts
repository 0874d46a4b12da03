import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPageAs } from '../../setup/browser.ts';
import { focusProblems } from '../../setup/focus-ring.ts';
import { layoutProblems } from '../../setup/layout.ts';
import { fillWithLongWords, type LongWords } from './long-words.ts';

/** The pages that broke with long words before. */

let app: TestApp;
let browser: Browser;
let page: Page;
let made: LongWords;

beforeAll(async () => {
  app = await startTestApp();
  const ada = await app.signUp('Ada');
  made = await fillWithLongWords(app, ada);
  browser = await launchBrowser();
  ({ page } = await openPageAs(browser, app, ada, { reducedMotion: 'reduce' }));
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

async function open(path: string, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.goto(path);
  await page.evaluate('document.fonts.ready');
}

/** Left and right edge of what is drawn. */
const edgesOf = (selector: string) =>
  page.locator(selector).evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right } = range.getBoundingClientRect();
    return { left, right };
  });

describe('long words', () => {
  it.each([768, 1024, 1280])(
    'leave the campaigns with all their numbers and pencils in sight, at %i px',
    async (width) => {
      await open(`${made.home}/campaigns`, width);
      expect(await layoutProblems(page)).toEqual([]);
      await page.getByRole('link', { name: 'Edit Plain' }).click();
      await page.waitForURL(/\/edit$/);
    },
  );

  it.each([390, 1280])('in a title wrap on the page of the link, at %i px', async (width) => {
    await open(`${made.home}/links/${made.long.id}`, width);
    expect(await layoutProblems(page)).toEqual([]);
  });

  it('from right to left keep their distance from the destination', async () => {
    await open(`${made.home}/links`, 1280);
    const row = `tr:has(a[href$="${made.rtl.id}"])`;
    const [short, destination] = [await edgesOf(`${row} .link-short`), await edgesOf(`${row} .destination a`)];
    expect(destination.left - short.right).toBeGreaterThanOrEqual(6);
  });

  it('in the records of a domain are broken between words where there is room', async () => {
    await open(`${made.home}/domains/${made.waitingId}`, 1280);
    const lines = await page.locator('.records td:last-child code').evaluateAll((codes) =>
      codes.map((code) => {
        const range = document.createRange();
        range.selectNodeContents(code);
        return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
      }),
    );
    expect(lines.length).toBeGreaterThan(1);
    expect(lines[0]).toBe(1);
  });
});

it('the ring of the focus is seen on the rows of a breakdown', async () => {
  await open(`${made.home}/reports`, 1280);
  // Rows of bars alone: the wide test looks at all there is.
  await page.evaluate(() =>
    document.querySelectorAll('a, button, input, summary, [tabindex]').forEach((each) => {
      if (!each.closest('.bars')) each.setAttribute('tabindex', '-1');
    }),
  );
  const judged = new Set<string>();
  expect(await focusProblems(page, judged)).toEqual([]);
  expect(judged.size).toBeGreaterThanOrEqual(2);
});

it('a failure carries the sign of one', async () => {
  await open(`${made.home}/links`, 1280);
  await page.context().setOffline(true);
  await page.getByRole('searchbox').first().fill('no way out');
  const toast = page.locator('.toast[data-kind="error"]');
  await toast.waitFor();
  expect(await toast.locator('use').first().getAttribute('href')).toMatch(/#circle-alert$/);
  await page.context().setOffline(false);
});
