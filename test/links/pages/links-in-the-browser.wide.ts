import type { Page } from 'playwright-core';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import type { Person } from '../../setup/app.ts';
import { type OpenedPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();

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
  for (const title of titles) await makeLink(app, person, { title });
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
    const shortUrl = await page.locator('#create-link [data-copy]').getAttribute('data-copy');
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

  it('a key and Enter make a link in place once the page has loaded, also where timers come late', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['An older one']);
    const { page } = await openLinks(ada);
    await page.addInitScript(() => {
      const later = window.setTimeout.bind(window);
      Object.assign(window, { setTimeout: (run: () => void, ms = 0) => later(run, ms + 5_000) });
    });
    await page.reload();
    await page.keyboard.press('c');
    await page.keyboard.type('example.com/at-once');
    await page.keyboard.press('Enter');
    await page.locator('#create-link [data-copy]').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/w/${ada.workspace.slug}/links`);
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
      sql`select count(*)::int from links where workspace_id = ${ada.workspace.id}`,
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

  it('a refused form has the cursor in its first refused field, and keeps it where one types', async () => {
    const ada = await app.signUp('Ada');
    const { page, errors } = await openLinks(ada);
    const focusedId = () => page.evaluate(() => document.activeElement?.id);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns`);
    await page.keyboard.press('c');
    await page.locator('#quick-url').fill('https://example.com/');
    await page.locator('#quick-campaign').fill('None of ours');
    await page.keyboard.press('Enter');
    const sentence = page.locator('#quick-create .field-error', { hasText: 'There is no campaign' });
    await sentence.waitFor();
    await expect.poll(focusedId).toBe('quick-campaign');
    await page.keyboard.type('!');
    expect([await sentence.count(), await page.locator('#quick-create [aria-invalid]').count()]).toEqual([0, 0]);
    await page.locator('#quick-slug').fill('fine');
    await page.getByText('/fine is free.').waitFor();
    expect(await focusedId()).toBe('quick-slug');
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns/new`);
    await page.locator('#field-name').fill('Spring');
    await page.locator('#field-startsOn').fill('2026-05-02');
    await page.locator('#field-endsOn').fill('2026-05-01');
    await page.locator('#field-goal').fill('abc');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.field-error').count()).toBe(2);
    await expect.poll(focusedId).toBe('field-endsOn');
    expect(errors).toEqual([]);
  });

  it('a slug is checked while it is typed, and again for another domain', async () => {
    const ada = await app.signUp('Ada');
    const workspaceId = ada.workspace.id;
    await makeLink(app, ada, { slug: 'typed' });
    await app.db.execute(
      sql`insert into domains (id, host, workspace_id) values ('typed', 'go.typed.example', ${workspaceId})`,
    );
    const { page, errors } = await openLinks(ada);
    await page.keyboard.press('c');
    await page.locator('#quick-slug').pressSequentially('typed');
    await page.getByText('"typed" is taken by a link of this workspace.').waitFor();
    await page.locator('#create-link select[name=domain]').selectOption('go.typed.example');
    await page.getByText('go.typed.example/typed is free.').waitFor();
    await page.locator('#create-link select[name=domain]').selectOption(app.shortHost);
    const offer = page.getByRole('button', { name: 'Use typed-2' });
    await offer.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await offer.click();
    expect(await page.locator('#quick-slug').inputValue()).toBe('typed-2');
    await page.getByText(`${app.shortHost}/typed-2 is free.`).waitFor();
    expect(errors).toEqual([]);
  });

  it('a slash leads to the search of the links from anywhere, also from a ticked row', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['Apples']);
    const { page, errors } = await openLinks(ada);
    const hasFocus = () => page.locator('#link-search').evaluate((field) => field === document.activeElement);
    await page.locator('#link-rows [name=links]').check();
    await page.keyboard.press('/');
    expect(await hasFocus()).toBe(true);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns`);
    await page.keyboard.press('/');
    await page.waitForURL(/\/links#link-search$/);
    await expect.poll(hasFocus).toBe(true);
    await page.keyboard.type('apple');
    await expect.poll(() => new URL(page.url()).search).toBe('?search=apple');
    expect(errors).toEqual([]);
  });

  it('the arrow keys are a field’s own in an open menu, and choose among its items elsewhere', async () => {
    const ada = await app.signUp('Ada');
    await makeCampaign(app, ada, 'Spring');
    const { page, errors } = await openLinks(ada);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns`);
    await page.locator('[popovertarget="range-menu"]').click();
    const day = page.locator('#range-menu input[type="date"]').first();
    await day.fill('2026-05-05');
    await day.press('ArrowUp');
    expect(await day.inputValue()).not.toBe('2026-05-05');
    expect(await day.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.locator('[popovertarget="range-menu"]').focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.matches('#range-menu .menu-item:first-of-type'))).toBe(
      true,
    );
    expect(errors).toEqual([]);
  });

  it('without a clipboard, as on plain http, a link is copied all the same', async () => {
    const { page, errors } = await openLinks(await app.signUp('Ada'));
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.reload();
    await page.locator('#new-url').fill('example.com/plain-http');
    await page.keyboard.press('Enter');
    const shortUrl = (await page.locator('.created-link ~ * [data-copy]').getAttribute('data-copy')) ?? '';
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Your link is ready and copied.').waitFor();
    await expect.poll(() => focused(page)).toBe('Copy');
    await page.keyboard.press('c');
    await page.locator('#quick-url').press('Control+v');
    expect(await page.locator('#quick-url').inputValue()).toBe(shortUrl);
    expect(errors).toEqual([]);
  });

  it('where nothing may be copied, it says so', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['Apples']);
    const { page, errors } = await openLinks(ada);
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    });
    await page.reload();
    await page.locator('#link-rows .copy').click();
    await page.locator('.toast[data-kind="error"]', { hasText: 'Your browser did not allow copying.' }).waitFor();
    await page.keyboard.press('c');
    await page.keyboard.type('example.com/by-hand');
    await page.keyboard.press('Enter');
    await page.getByText('Your link is ready.').waitFor();
    await page.locator('#create-link [data-copy]').click();
    await page.locator('#create-link').getByText('Select the text and copy it yourself.').waitFor();
    expect(errors).toEqual([]);
  });

  it('the form of a new link, open as it is without scripts, is no second banner', async () => {
    const ada = await app.signUp('Ada');
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns`);
    // As its button opens it without scripts, which axe cannot do without.
    await page.locator('#create-link').evaluate((dialog: HTMLElement) => dialog.showPopover());
    await page.locator('#quick-url').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('the QR code in its menu is large enough to be shown to somebody', async () => {
    const ada = await app.signUp('Ada');
    await insertLinks(ada, ['Apples']);
    const { page, errors } = await openLinks(ada);
    await page.locator('#link-rows .link-name').click();
    await page.getByRole('button', { name: 'QR code' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    const picture = page.locator('#qr-menu .qr-picture');
    const box = await picture.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThan(200);
    expect(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0)).toBe(true);
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
    expect(await page.locator('#link-export').getAttribute('href')).toMatch(/\/links\.csv\?search=apple$/);
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
    const firstNew = rowsOf(page).nth(50).locator('.link-name');
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
