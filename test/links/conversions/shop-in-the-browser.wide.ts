import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { conversionsByDestination } from '../../../src/visitors/conversions/counts.ts';
import { insertGoal } from '../../../src/visitors/conversions/goals.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { byTest } from '../../setup/actor.ts';
import { openPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';

/** A shop on another site, as its makers would build it by the page of goals. */

const shop = http.createServer((request, response) => {
  const { searchParams, pathname } = new URL(request.url ?? '', 'http://shop');
  const pixel = `<img alt="" src="${app.url}/px/pixel.gif?cid=${searchParams.get('wm_cid')}&amp;goal=Landing">`;
  response.setHeader('content-type', 'text/html');
  response.end(
    pathname === '/'
      ? `<title>Shop</title><script src="${app.url}/px/script.js"></script>${pixel}`
      : '<title>-</title>',
  );
});
await new Promise<void>((resolve) => void shop.listen(0, '127.0.0.1', resolve));
const shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`;

// Once the browser is gone, which keeps connections open.
afterAll(() => new Promise((resolve) => shop.close(resolve)));
const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

it('counts by script and pixel, and leaves nothing in the browser', async () => {
  const link = await makeLink(app, ada, { slug: 'shop', url: shopUrl, clickIdName: 'wm_cid' });
  const [sale, landing] = [
    await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Purchase', isServerOnly: false }),
    await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Landing', isServerOnly: false }),
  ];
  const userAgent =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
  const { page, errors } = await openPage(browser, { userAgent });
  await page.goto(`http://${app.shortHost}/shop`);
  expect(new URL(page.url()).searchParams.get('wm_cid')).toMatch(/^[\w-]{48}$/);
  const sent = `waymark('Purchase', { externalId: 'order-1', value: 1250, currency: 'EUR' })`;
  expect(await page.evaluate(sent)).toEqual({ accepted: true, isRepeat: false });
  expect(await page.evaluate(sent)).toEqual({ accepted: true, isRepeat: true });
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
  const isCounted = async (goalId: string) => {
    const [row] = await conversionsByDestination(app.db, ada.workspace.id, { linkId: link.id, goalId });
    return row?.conversions ?? 0;
  };
  await expect.poll(() => isCounted(sale.id), { timeout: 20_000 }).toBe(1);
  await expect.poll(() => isCounted(landing.id), { timeout: 20_000 }).toBe(1);
  expect(errors).toEqual([]);
});

it.each([
  [1280, 'light'],
  [390, 'dark'],
] as const)('the pages of goals are readable at %i px, %s', async (width, colorScheme) => {
  const { page, errors } = await openPageAs(browser, app, ada, { viewport: { width, height: 900 }, colorScheme });
  const home = `${app.url}/w/${ada.workspace.slug}/conversions`;
  const name = `Goal of ${width}`;
  const { id } = await insertGoal(app.db, ada.workspace.id, byTest, { name, isServerOnly: false });
  for (const way of ['server', 'postback', 'pixel', 'script'])
    for (const path of ['', `/${id}`]) {
      await page.goto(`${home}${path}?way=${way}`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), way).toBe(true);
      // A long line of code scrolls in its box, and the box is in the page.
      const snippet = page.locator('pre').first();
      if (width === 390) expect(await snippet.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
    }
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete goal' }).click();
  await page.waitForURL(home);
  expect(await page.getByRole('link', { name, exact: true }).count()).toBe(0);
  await page.goto(`${home}?way=postback`);
  const address = await page.locator('pre').textContent();
  await page.getByRole('button', { name: 'Replace the address' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Replace the address' }).click();
  await page.getByText('The postback address is a new one.').waitFor();
  expect(await page.locator('pre').textContent()).not.toBe(address);
  expect(errors).toEqual([]);
});
