import type { Browser, Page } from 'playwright-core';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertLink } from '../../src/links/queries.ts';
import { type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { launchBrowser, type OpenedPage, openPageAs } from '../setup/browser.ts';
import { workspaceIdOf } from '../setup/membership.ts';

let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

/** Opens a person's list of links, logged in as them. */
async function openLinks(person: Person, options: { javaScriptEnabled?: boolean } = {}): Promise<OpenedPage> {
  const opened = await openPageAs(browser, app, person, {
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  await opened.page.goto(`${app.url}/w/${person.workspace.slug}/links`);
  return opened;
}

async function insertLinks(person: Person, titles: string[]): Promise<void> {
  const workspaceId = await workspaceIdOf(app, person);
  for (const title of titles) {
    const input = {
      url: 'https://example.com/',
      slug: null,
      domainId: app.app.instanceDomainId,
      title,
      createdBy: null,
    };
    await insertLink(app.db, workspaceId, input);
  }
}

const rowsOf = (page: Page) => page.locator('#link-rows .link-cell');
const statesIn = async (page: Page) => (await page.locator('#link-states').innerText()).replace(/\s+/g, ' ').trim();
/** What has the focus, as it is called. */
const focused = (page: Page) =>
  page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim(),
  );
const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

describe('in a browser', () => {
  it('a key, an address and Enter make a link: it is copied, its QR code is there, the list knows it', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['An older one']);
    const { page, errors } = await openLinks(ada);
    await page.keyboard.press('c');
    await page.keyboard.type('example.com/a-long-address');
    await page.keyboard.press('Enter');
    await page.getByText('Your link is ready and copied.').waitFor();
    const shortUrl = await page.locator('.created-url').getAttribute('href');
    expect(await copied(page)).toBe(shortUrl);
    expect((await app.visit(new URL(shortUrl ?? '').pathname)).headers.location).toBe(
      'https://example.com/a-long-address',
    );
    const isDrawn = () =>
      page.locator('#create-link .qr-picture').evaluate((image) => (image as HTMLImageElement).naturalWidth > 0);
    await expect.poll(isDrawn).toBe(true);
    await expect.poll(() => rowsOf(page).count()).toBe(2);

    await page.getByText('Create another').click();
    await page.locator('#quick-url').fill('example.com/another');
    await page.keyboard.press('Enter');
    await page.getByText('Your link is ready and copied.').waitFor();
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    expect(errors).toEqual([]);
  });

  it('Enter twice makes one link', async () => {
    const ada = await app.signUp('Ada');
    const { page } = await openLinks(ada);
    await page.locator('#new-url').fill('example.com/once');
    await page.locator('#new-url').evaluate((input: HTMLInputElement) => {
      input.form?.requestSubmit();
      input.form?.requestSubmit();
    });
    await page.getByText('Your link is ready and copied.').waitFor();
    await page.waitForLoadState('networkidle');
    const { rows } = await app.db.execute(
      sql`select count(*)::int from links where workspace_id = ${await workspaceIdOf(app, ada)}`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('words are refused beside the field, and stay in it', async () => {
    const { page, errors } = await openLinks(await app.signUp('Ada'));
    await page.locator('#new-url').fill('please shorten this');
    await page.keyboard.press('Enter');
    await page.locator('.first-link .field-error').waitFor();
    expect(await page.locator('#new-url').inputValue()).toBe('please shorten this');
    expect(await page.locator('#new-url').evaluate((input) => input === document.activeElement)).toBe(true);
    expect(errors).toEqual([]);
  });

  it('a slug is checked while it is typed, and again for another domain', async () => {
    const ada = await app.signUp('Ada');
    const workspaceId = await workspaceIdOf(app, ada);
    const { instanceDomainId: domainId } = app.app;
    const input = { url: 'https://example.com/', slug: 'typed', domainId, title: null, createdBy: null };
    await insertLink(app.db, workspaceId, input);
    await app.db.execute(
      sql`insert into domains (id, host, workspace_id) values ('typed', 'go.typed.example', ${workspaceId})`,
    );
    const { page, errors } = await openLinks(ada);
    await page.keyboard.press('c');
    await page.locator('#create-link summary').click();
    await page.locator('#quick-slug').pressSequentially('typed');
    await page.getByText('"typed" is taken. Try typed-2.').waitFor();
    await page.locator('#create-link select[name=domain]').selectOption('go.typed.example');
    await page.getByText('go.typed.example/typed is free.').waitFor();
    expect(errors).toEqual([]);
  });

  it('a search narrows the list, keeps the cursor in the field, and stands in the address', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['Apples', 'Pears', 'Apple pie']);
    const { page, errors } = await openLinks(ada);
    await page.keyboard.press('/');
    await page.keyboard.type('apple');
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    await expect.poll(() => page.locator('#link-states [aria-current]').textContent()).toBe('Active 2');
    expect(new URL(page.url()).search).toBe('?search=apple');
    expect(await page.locator('#link-search').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.locator('#link-sort').selectOption('oldest');
    await expect.poll(() => new URL(page.url()).search).toBe('?search=apple&sort=oldest');
    await expect.poll(() => rowsOf(page).first().innerText()).toContain('Apples');
    await page.reload();
    expect(await rowsOf(page).count()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('archiving a row leaves the way back in its place', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['To be archived']);
    const { page, errors } = await openLinks(ada);
    await page.getByRole('button', { name: /^Actions for / }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await expect.poll(() => statesIn(page)).toBe('Active 0 Archived 1');
    await expect.poll(() => focused(page)).toBe('Undo');
    await page.keyboard.press('Enter');
    await expect.poll(() => rowsOf(page).innerText()).toContain('To be archived');
    expect(await rowsOf(page).innerText()).not.toContain('Archived');
    await expect.poll(() => statesIn(page)).toBe('Active 1 Archived 0');
    await expect.poll(() => focused(page)).toMatch(/^Actions for /);
    expect(errors).toEqual([]);
  });

  it('more links come below when they are asked for', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(
      ada,
      Array.from({ length: 53 }, (_, index) => `Number ${index}`),
    );
    const { page, errors } = await openLinks(ada);
    expect(await rowsOf(page).count()).toBe(50);
    await page.getByText('Show more').click();
    await expect.poll(() => rowsOf(page).count()).toBe(53);
    const firstNew = rowsOf(page).nth(50).locator('.short-link');
    await expect.poll(() => firstNew.evaluate((link) => link === document.activeElement)).toBe(true);
    expect(await page.getByText('Show more').count()).toBe(0);
    expect(new URL(page.url()).search).toBe('');
    expect(errors).toEqual([]);
  });

  it('all of it works without scripts', async () => {
    const { page } = await openLinks(await app.signUp('Ada'), { javaScriptEnabled: false });
    await page.locator('#new-url').fill('example.com/plain');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/links\/\w+$/);
    expect(await page.locator('.toast').innerText()).toContain('is ready.');
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete link' }).click();
    await page.waitForURL(/\/links$/);
    expect(await page.locator('.toast').innerText()).toContain('is deleted.');
  });
});
