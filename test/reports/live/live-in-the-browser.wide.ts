import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { openStream } from './setup.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const link = pageOf(ada, await makeLink(app, ada, { slug: 'spring' }));

async function open(path: string, options: Parameters<typeof openPageAs>[3] = {}) {
  const opened = await openPageAs(browser, app, ada, options);
  await opened.page.clock.install();
  await opened.page.goto(app.url + path);
  return opened;
}

/** Looks on for so long that the page need not wait before it fetches its report anew. */
async function lookOn(page: Page): Promise<void> {
  await page.locator('[data-live-state="open"]').waitFor();
  await page.clock.fastForward(60_000);
}

const hits = (page: Page) => page.locator('[data-live-hits] > li');

describe('in a browser', () => {
  it('the first click of all turns the empty page into a report', async () => {
    const { page, errors } = await open(`/w/${ada.workspace.slug}/reports`);
    await page.getByText('Nobody has opened your links yet').waitFor();
    await lookOn(page);
    await app.visit('/spring');
    await page.getByText('1 click', { exact: true }).first().waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('a click shows up with 200 others looking on, and the numbers follow', async () => {
    const path = `/w/${ada.workspace.slug}`;
    const others = await Promise.all(
      Array.from({ length: 200 }, () => openStream(app, `${path}/live`, { cookie: ada.cookie })),
    );
    const { page, errors } = await open(`${path}/reports?period=today`);
    await lookOn(page);
    await expect.poll(() => hits(page).count()).toBe(1);
    const number = page.locator('.report-number strong');
    const before = await number.textContent();
    await app.visit('/spring', { headers: { referer: 'https://www.linkedin.com/' } });
    await hits(page).filter({ hasText: 'linkedin.com' }).waitFor();
    await expect.poll(() => others.filter((stream) => stream.text().includes('linkedin.com')).length).toBe(200);
    for (const stream of others) stream.close();
    // Many pages do not fetch their reports at once.
    await page.clock.fastForward(60_000);
    await expect.poll(() => number.textContent()).not.toBe(before);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('the number and the chart follow without a reload, and what is chosen stays', async () => {
    const { page, errors } = await open(`${link}?period=today`);
    await lookOn(page);
    const number = page.locator('.report-number strong');
    const before = await number.textContent();
    await page.locator('input[name="places"][value="city"]').evaluate((input: HTMLInputElement) => input.click());
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await app.visit('/spring');
    await expect.poll(() => number.textContent()).not.toBe(before);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    expect(await page.locator('input[name="places"][value="city"]').isChecked()).toBe(true);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('the report of a campaign follows its own links', async () => {
    await app.db.execute(`
insert into campaigns (id, workspace_id, name, name_key) select 'launch', workspace_id, 'Launch', 'launch' from links limit 1`);
    await app.db.execute(`update links set campaign_id = 'launch'`);
    const { page, errors } = await open(`/w/${ada.workspace.slug}/reports/campaigns/launch?period=today`);
    await lookOn(page);
    const number = page.locator('.report-number strong');
    const before = await number.textContent();
    await app.visit('/spring', { headers: { referer: 'https://campaign.example/' } });
    await hits(page).filter({ hasText: 'campaign.example' }).waitFor();
    await expect.poll(() => number.textContent()).not.toBe(before);
    await page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: 'Realtime' }).click();
    await page.getByText('The last 30 minutes of Launch').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('asks now and then where streams do not get through', async () => {
    const { page } = await open('/account');
    await page.route('**/live', (route) => route.fulfill({ status: 503 }));
    await page.goto(`${app.url}/w/${ada.workspace.slug}/reports`);
    await page.locator('[data-live-state="polling"]').waitFor();
    expect(await hits(page).count()).toBeGreaterThan(0);
    await page.context().close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`axe finds nothing in ${colorScheme}, on a phone too`, async () => {
      const pages = [`/w/${ada.workspace.slug}/realtime`, `${link}/realtime`];
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 375, height: 800 },
      ]) {
        const { page, errors } = await open(pages[0] ?? '', { colorScheme, viewport, bypassCSP: true });
        for (const path of pages) {
          await page.goto(app.url + path);
          await hits(page).first().waitFor();
          expect(await accessibilityProblems(page)).toEqual([]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(overflow).toBeLessThanOrEqual(0);
        }
        expect(errors).toEqual([]);
        await page.context().close();
      }
    });
  }
});
