import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const { app, browser } = await startInBrowser();
const owner = await app.signUp('Ada');
const home = `/w/${owner.workspace.slug}`;
for (const slug of ['spring', 'summer']) {
  const link = (await makeLink(app, owner, { slug })).id;
  const named = sql`select ${slug}, workspace_id, ${`Our ${slug} sale in all of the shops`}, ${slug}`;
  await app.db.execute(sql`insert into campaigns (id, workspace_id, name, name_key) ${named} from links limit 1`);
  await app.db.execute(
    sql`insert into tags (id, workspace_id, name, name_key, colour) ${named}, 'grey' from links limit 1`,
  );
  await app.db.execute(sql`update links set campaign_id = ${slug} where id = ${link}`);
}
for (const slug of ['spring', 'spring']) await app.visit(`/${slug}`);
await app.visit('/summer', { headers: { 'user-agent': iphone } });
const { page, errors } = await openPageAs(browser, app, owner);

const number = () => page.locator('.report-number').innerText();

describe.sequential('saved views', () => {
  it('save what was filtered without a reload, by keyboard, and open it with one click', async () => {
    await page.goto(`${home}/reports?period=7d`);
    await page.locator('.bars a', { hasText: 'Mobile' }).click();
    await expect.poll(number).toMatch(/^1 click/);
    await page.getByRole('button', { name: 'Views' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Phones only');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('“Phones only” is saved.').waitFor();
    expect(page.url()).toMatch(/reports\?period=7d&f=device:is:mobile$/);
    await page.goto(`${home}/reports`);
    await expect.poll(number).toMatch(/^3 clicks/);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.locator('#views-menu').getByRole('link', { name: 'Phones only' }).click();
    await expect.poll(number).toMatch(/^1 click/);
    await page.getByRole('button', { name: 'View: Phones only' }).waitFor();
  });

  it.each(['reports', 'reports?period=7d&f=device:is:mobile'])('stand in one line at 1280 pixels: %s', async (path) => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`${home}/${path}`);
    await page.evaluate('document.fonts.ready');
    const parts = await page.locator('.report-bar > *').all();
    const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
    expect(boxes.length).toBe(3);
    expect(new Set(boxes.map((box) => box && Math.round(box.y + box.height / 2))).size).toBe(1);
  });

  it('come back when they were deleted', async () => {
    await page.goto(`${home}/views`);
    await page.getByRole('button', { name: 'Delete Phones only' }).click();
    await page.getByRole('heading', { name: 'No saved views yet' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'Phones only', exact: true }).click();
    await expect.poll(number).toMatch(/^1 click/);
  });
});

describe.sequential('comparing', () => {
  it('begins with rows of the page of campaigns', async () => {
    await page.goto(`${home}/campaigns?period=7d`);
    await page.getByRole('checkbox', { name: 'Compare Our spring sale' }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('checkbox', { name: 'Compare Our summer sale' }).check();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Compare up to 5' }).click();
    await page.waitForURL(/compare\?of=campaign&period=7d&campaign=spring&campaign=summer/);
    expect(await page.locator('.compare-table').innerText()).toMatch(/spring sale[^]*2[^]*summer sale[^]*1/);
    await page.keyboard.press('m');
    await page.waitForURL(/campaign=spring&campaign=summer&period=30d/);
    await page.getByRole('link', { name: 'Remove Our spring sale' }).click();
    await page.getByLabel('Campaign', { exact: true }).selectOption({ label: 'Our spring sale in all of the shops' });
    await page.getByRole('button', { name: 'Add' }).click();
    await page.waitForURL(/campaign=summer&period=30d&campaign=spring/);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 320],
  ] as const)('is fit for everybody, and views are: %s at %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    for (const path of ['compare?campaign=spring&campaign=summer', 'compare?of=tag', 'views', 'campaigns', 'tags']) {
      await page.goto(`${home}/${path}`);
      expect(await accessibilityProblems(page), path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
    }
    await page.goto(`${home}/reports`);
    await page.getByRole('button', { name: 'Views' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    const box = await page.locator('#views-menu').boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
  });

  it('met no error on any of these pages', () => {
    expect(errors).toEqual([]);
  });
});
