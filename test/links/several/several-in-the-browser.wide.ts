import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import type { Person } from '../../setup/app.ts';
import { type OpenedPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();

async function open(person: Person, path: string, options: Parameters<typeof openPageAs>[3] = {}): Promise<OpenedPage> {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const opened = await openPageAs(browser, app, person, { permissions, ...options });
  await opened.page.goto(`${app.url}/w/${person.workspace.slug}${path}`);
  return opened;
}

const urlsOf = async (person: Person) =>
  (
    await app.db.execute<{ url: string }>(
      sql`select url from links where workspace_id = ${person.workspace.id} and archived_at is null order by url`,
    )
  ).rows.map(({ url }) => url);

const looks = [
  ['light, wide', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['dark, on a phone', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' }],
] as const;

describe.each(looks)('several links, %s', (_how, options) => {
  it('of one address and its channels show their final addresses before they are made', async () => {
    const ada = await app.signUp('Ada');
    await makeLink(app, ada);
    const { page, errors } = await open(ada, '/links', options);
    const isPhone = options.viewport.width < 1_000;
    if (isPhone) {
      await page.locator('.tabbar').getByText('Create').click();
      await page.locator('#create-link').getByText('Several at once').click();
    } else {
      await page.getByRole('button', { name: 'Create something else' }).click();
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByRole('link', { name: 'Several links' }).click();
    }
    await page.locator('#field-url').fill('https://example.com/sale?utm_source=old');
    await page.getByText('https://example.com/sale?utm_source=poster&utm_medium=print').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Poster', { exact: true }).check();
    await page.getByLabel('Source of channel 8').fill('partner');
    await page.getByText('https://example.com/sale?utm_source=partner').waitFor();
    await page.getByRole('button', { name: 'Check the links' }).click();
    await page.getByText('Nothing has been made yet.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create 2 links' }).click();
    await page.getByRole('heading', { name: '2 new links' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Copy all 2 short links' }).click();
    await expect
      .poll(async () => (await page.evaluate(() => navigator.clipboard.readText())).split('\n'))
      .toHaveLength(2);
    await page.getByRole('button', { name: 'Archive all' }).click();
    await page.getByText('2 links archived.').waitFor();
    expect((await urlsOf(ada)).filter((url) => url.includes('sale'))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('of a list are mended in place by the keyboard', async () => {
    const ada = await app.signUp('Ada');
    await makeLink(app, ada, { slug: `taken-${options.colorScheme}` });
    const { page, errors } = await open(ada, '/links/several?way=list', options);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('#field-list').focus();
    await page.keyboard.insertText(
      `url,slug,campaign\nexample.com/1,taken-${options.colorScheme},New\nexample.com/2,a b,`,
    );
    await page.getByRole('button', { name: 'Check the links' }).press('Enter');
    await page.getByText('2 rows cannot be made yet.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Slug of row 1');
    expect(await accessibilityProblems(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBe(0);
    for (const name of [`Use taken-${options.colorScheme}-2`, 'Use a-b'])
      await page.getByRole('button', { name }).press('Enter');
    await page.getByLabel('Create campaign “New”').press('Space');
    // The return key in a field looks again, and makes nothing.
    await page.getByLabel('Slug of row 2').press('Enter');
    await page.locator('.field-error').first().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Create 2 links' }).press('Enter');
    await page.getByRole('heading', { name: '2 new links' }).waitFor();
    expect(await urlsOf(ada)).toEqual(expect.arrayContaining(['https://example.com/1', 'https://example.com/2']));
    expect(errors).toEqual([]);
  });
});

describe('without scripts', () => {
  it('a list is checked, made and archived', async () => {
    const ada = await app.signUp('Ada');
    const { page } = await open(ada, '/links/several?way=list', { javaScriptEnabled: false });
    await page.locator('#field-list').fill('example.com/1\ntwo words\nexample.com/3');
    await page.getByRole('button', { name: 'Check the links' }).click();
    await page.getByRole('link', { name: 'Row 2' }).click();
    await page.getByLabel('Leave out row 2').check();
    await page.getByRole('button', { name: 'Create 3 links' }).click();
    await page.getByRole('heading', { name: '2 new links' }).waitFor();
    expect(await urlsOf(ada)).toEqual(['https://example.com/1', 'https://example.com/3']);
    await page.getByRole('button', { name: 'Archive all' }).click();
    await page.getByText('2 links archived.').waitFor();
    expect(await urlsOf(ada)).toEqual([]);
  });
});
