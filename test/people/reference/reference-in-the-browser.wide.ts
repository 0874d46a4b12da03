import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPage, openPageAs, startInBrowser } from '../../setup/browser.ts';

const { app, browser } = await startInBrowser();

const isInView = (id: string) => {
  const top = document.getElementById(id)?.getBoundingClientRect().top ?? -1;
  return top >= 0 && top < innerHeight / 2;
};

describe('the reference at /docs', () => {
  it.each([
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('has no fault of accessibility at %i px, %s, with all that opens open', async (width, colorScheme) => {
    const { page, errors } = await openPage(browser, { viewport: { width, height: 900 }, colorScheme });
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(`${app.url}/docs`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
    expect(await accessibilityProblems(page)).toEqual([]);
    expect([...hosts]).toEqual([new URL(app.url).host]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('changes the language of every sample, where the reader is, and remembers it', async () => {
    const { page } = await openPage(browser, { viewport: { width: 1280, height: 800 } });
    await page.goto(`${app.url}/docs#updateLink`);
    const operation = page.locator('#updateLink');
    const tabs = operation.getByRole('group', { name: 'Language of the sample: Change a link' });
    const before = await tabs.boundingBox();
    await tabs.getByText('Python').click();
    expect(Math.abs(((await tabs.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
    await operation.getByText('from urllib.request').waitFor();
    expect(await page.locator('#deleteLink [data-sample="curl"]').isVisible()).toBe(false);
    await page.reload();
    expect(await page.locator('#createLink [data-sample="python"]').isVisible()).toBe(true);
    await page.context().close();
  });

  it('shows a key that is typed, copies it with the sample, and forgets it', async () => {
    const { page } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${app.url}/docs`);
    await page.getByLabel('Your key').fill('wm_mine');
    await page.locator('#listTags').getByRole('button', { name: 'Copy for curl: List tags' }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`curl '${app.url}/api/v1/tags' \\\n  --header 'Authorization: Bearer wm_mine'`);
    const stored = await page.evaluate(() => [localStorage, sessionStorage].flatMap((each) => Object.values(each)));
    expect(stored.join(' ')).not.toContain('wm_');
    await page.reload();
    expect(await page.getByLabel('Your key').inputValue()).toBe('');
    expect(await page.locator('#listTags [data-sample="curl"]').innerText()).toContain('wm_YOUR_KEY');
    await page.context().close();
  });

  it('has the key that was just created, as long as its page shows it', async () => {
    const { page } = await openPageAs(browser, app, await app.signUp('Ada'));
    await page.goto('/docs');
    await page.getByRole('link', { name: 'Create a key' }).click();
    await page.getByLabel('Name of a new key').fill('Newsletter');
    await page.keyboard.press('Enter');
    const key = await page.locator('#new-key').innerText();
    const [docs] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Open the API reference with this key' }).click(),
    ]);
    await expect.poll(() => docs.getByLabel('Your key').inputValue()).toBe(key);
    expect(await docs.locator('#createLink [data-sample="curl"]').innerText()).toContain(key);
    await page.reload();
    await docs.reload();
    await docs.getByText('Paste it to see it in the samples below.').waitFor();
    expect(await docs.getByLabel('Your key').inputValue()).toBe('');
    await page.context().close();
  });

  it('is found by the keyboard: a slash, some letters, Enter', async () => {
    const { page } = await openPage(browser, { viewport: { width: 1280, height: 800 } });
    await page.goto(`${app.url}/docs`);
    await page.keyboard.press('/');
    await page.keyboard.type('qr.png');
    const contents = page.getByRole('navigation', { name: 'Contents' });
    await expect.poll(() => contents.getByRole('listitem').count()).toBe(1);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(isInView, 'getLinkQrPNG')).toBe(true);
    await contents
      .getByRole('link', { name: "Get a link's QR code as PNG" })
      .and(page.locator('[aria-current]'))
      .waitFor();
    await contents.getByRole('searchbox').fill('nothing like this');
    await contents.getByText('Nothing has these words.').waitFor();
    await page.context().close();
  });

  it.each([
    ['#tag/links/POST/api/v1/links', 'createLink'],
    ['#tag/links/GET/api/v1/links/{id}/qr.png.query.size', 'getLinkQrPNG'],
    ['#api-1/tag/links/PATCH/api/v1/campaigns/{id}.body.goal', 'updateCampaign'],
    ['#tag/domains', 'domains'],
    ['#description/introduction', 'introduction'],
    ['#model/problem', 'errors'],
    ['#tag/links/GET/api/v1/gone', 'links'],
  ])('leads from the anchor %s of former days to %s', async (old, anchor) => {
    const { page } = await openPage(browser);
    await page.goto(`${app.url}/docs${old}`);
    await page.waitForURL(`**/docs#${anchor}`);
    await expect.poll(() => page.evaluate(isInView, anchor)).toBe(true);
    await page.context().close();
  });

  it('reads whole without scripts, and changes languages', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 800 } });
    const page = await context.newPage();
    await page.goto(`${app.url}/docs`);
    expect(await page.getByLabel('Your key').isVisible()).toBe(false);
    const summary = page.locator('summary', { hasText: 'Contents' });
    expect(await summary.isVisible()).toBe(false);
    await page.getByRole('link', { name: 'Contents' }).click();
    await summary.click();
    await page.getByRole('navigation').getByRole('link', { name: 'Create a link' }).click();
    const operation = page.locator('#createLink');
    await operation.getByText('JavaScript').click();
    await operation.getByText('await fetch').waitFor();
    expect(await operation.locator('[data-sample="curl"]').isVisible()).toBe(false);
    await operation.getByText('Properties', { exact: true }).click();
    await operation.getByText('The short link, ready to share.').waitFor();
    await context.close();
  });
});
