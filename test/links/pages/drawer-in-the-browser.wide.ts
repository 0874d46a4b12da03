import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createLink, openClient } from '../../people/keys/client.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink, pageOf } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const client = await openClient(app, ada);

const isOpen = (page: Page) => page.locator('#edit-link').evaluate((drawer) => (drawer as HTMLDialogElement).open);
const focusedId = (page: Page) => page.evaluate(() => document.activeElement?.id);
const said = (page: Page) => page.locator('#toasts').innerText();

describe('the drawer of a link', () => {
  it('changes the destination by a key, a paste and Enter, and the page shows it without leaving', async () => {
    const link = await makeLink(app, ada, { url: 'https://example.com/old', title: 'Spring' });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${pageOf(ada, link)}?period=7d`);
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await page.keyboard.press('e');
    await expect.poll(() => focusedId(page)).toBe('edit-url');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.insertText('https://example.com/new');
    await page.keyboard.press('Enter');
    await expect.poll(() => isOpen(page)).toBe(false);
    expect(await page.locator('#link-head .destination').innerText()).toBe('https://example.com/new');
    expect(await said(page)).toContain('Visitors follow the new destination from now on.');
    expect(await page.getByRole('button', { name: 'Undo' }).isVisible()).toBe(true);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    expect(new URL(page.url()).search).toBe('?period=7d');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('opens at the title, where the pencil beside it was pressed', async () => {
    const link = await makeLink(app, ada, { title: 'Sprng' });
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(`${pageOf(ada, link)}/qr`);
    await page.getByRole('link', { name: 'Edit the title' }).click();
    await expect.poll(() => focusedId(page)).toBe('edit-title');
    await page.keyboard.insertText('Spring');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').innerText()).toBe('Spring');
    const tab = page.getByRole('navigation', { name: 'This link' }).locator('[aria-current="page"]');
    expect(await tab.innerText()).toBe('QR code');
    await page.context().close();
  });

  it('shows what somebody else saved meanwhile, and saves no more than was changed', async () => {
    const { id } = await createLink(client, { title: 'Old', tags: ['one'] });
    const { page, errors } = await openPageAs(browser, app, ada, { viewport: { width: 390, height: 844 } });
    await page.goto(`/w/${ada.workspace.slug}/links/${id}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.locator('#edit-title').fill('Mine');
    await client.ask(`/links/${id}`, { method: 'PATCH', body: { title: 'Theirs', tags: ['two'] } });
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Nothing of yours is saved yet.').waitFor();
    expect(await page.locator('.theirs-value').allTextContents()).toEqual(['Theirs']);
    expect(await page.locator('#edit-tags').inputValue()).toBe('two');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => isOpen(page)).toBe(false);
    expect((await client.ask(`/links/${id}`)).json()).toMatchObject({ title: 'Mine', tags: ['two'] });
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('asks before unsaved changes are left: by Escape, by its button and with the page', async () => {
    const link = await makeLink(app, ada, { title: 'Kept' });
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(pageOf(ada, link));
    await page.keyboard.press('e');
    await page.locator('#edit-title').fill('Changed');
    for (const leave of [
      () => page.keyboard.press('Escape'),
      () => page.keyboard.press('Escape'),
      () => page.locator('#edit-link').getByRole('button', { name: 'Close' }).click(),
      () => page.getByRole('button', { name: 'Cancel' }).click(),
    ]) {
      await leave();
      const question = page.getByRole('alertdialog', { name: 'Leave without saving?' });
      await question.getByRole('heading').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await question.getByRole('button', { name: 'Keep editing' }).press('Enter');
      await question.getByRole('heading').waitFor({ state: 'hidden' });
      expect([await isOpen(page), await page.locator('#edit-title').inputValue()]).toEqual([true, 'Changed']);
    }
    const asked = page.waitForEvent('dialog');
    const closing = page.close({ runBeforeUnload: true });
    expect((await asked).type()).toBe('beforeunload');
    await (await asked).dismiss();
    await closing;
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard changes' }).click();
    await expect.poll(() => isOpen(page)).toBe(false);
    await page.keyboard.press('e');
    await expect.poll(() => page.locator('#edit-title').inputValue()).toBe('Kept');
    await page.keyboard.press('Escape');
    await expect.poll(() => isOpen(page)).toBe(false);
    await page.context().close();
  });

  it('says in a sentence what is refused, puts the cursor there, and cuts nothing off', async () => {
    const link = await makeLink(app, ada);
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(pageOf(ada, link));
    await page.keyboard.press('e');
    await page.locator('#edit-title').fill('x'.repeat(300));
    await page.keyboard.press('Enter');
    await page.getByText('A title has at most 200 characters. This one has 300.').waitFor();
    await expect.poll(() => focusedId(page)).toBe('edit-title');
    await page.locator('#edit-title').fill('Short');
    await page.locator('#edit-campaign').fill('None of ours');
    await page.keyboard.press('Enter');
    await page.locator('#edit-link .field-error', { hasText: 'There is no campaign' }).waitFor();
    await expect.poll(() => focusedId(page)).toBe('edit-campaign');
    expect(await page.locator('#edit-title').inputValue()).toBe('Short');
    await page.context().close();
  });

  it('keeps what was typed where the server does not answer', async () => {
    const link = await makeLink(app, ada);
    const { page } = await openPageAs(browser, app, ada);
    await page.goto(pageOf(ada, link));
    await page.keyboard.press('e');
    await page.locator('#edit-title').fill('Typed');
    await page.context().setOffline(true);
    await page.keyboard.press('Enter');
    await page.locator('#edit-link').getByRole('alert').getByText('That did not reach the server.').waitFor();
    expect(await page.locator('#edit-title').inputValue()).toBe('Typed');
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.locator('h1').innerText()).toBe('Typed');
    await page.context().close();
  });
});

describe('the drawer in a list', () => {
  it('opens for the row that has the focus, by keys alone, and the list stays as it was', async () => {
    const grace = await app.signUp('Grace');
    for (const title of ['Apple pie', 'Pears', 'Apples']) await makeLink(app, grace, { title });
    const { page, errors } = await openPageAs(browser, app, grace);
    await page.goto(`/w/${grace.workspace.slug}/links?search=apple&sort=oldest`);
    const names = page.locator('#link-rows .link-name');
    await names.nth(1).focus();
    await page.keyboard.press('e');
    await expect.poll(() => focusedId(page)).toBe('edit-url');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('Cherries');
    await page.keyboard.press('Enter');
    await expect.poll(() => names.allInnerTexts()).toEqual(['Apple pie', 'Cherries']);
    await expect.poll(() => isOpen(page)).toBe(false);
    expect(new URL(page.url()).search).toBe('?search=apple&sort=oldest');
    await expect.poll(() => names.nth(1).evaluate((name) => name === document.activeElement)).toBe(true);
    await page
      .getByRole('button', { name: /^Actions for / })
      .nth(0)
      .press('Enter');
    await page.getByRole('link', { name: 'Edit' }).press('Enter');
    await expect.poll(() => page.locator('#edit-title').inputValue()).toBe('Apple pie');
    await page.keyboard.press('Escape');
    await expect.poll(() => focusedId(page)).toMatch(/^actions-/);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('finds rows and place again, where one comes back from a link', async () => {
    const lin = await app.signUp('Lin');
    for (let index = 0; index < 120; index++) await makeLink(app, lin, { title: `Number ${index}` });
    const { page, errors } = await openPageAs(browser, app, lin);
    await page.goto(`/w/${lin.workspace.slug}/links?sort=oldest`);
    const names = page.locator('#link-rows .link-name');
    await page.getByText('Show more').click();
    await expect.poll(() => names.count()).toBe(100);
    const name = names.nth(80);
    await name.scrollIntoViewIfNeeded();
    const top = await page.evaluate(() => scrollY);
    expect(top).toBeGreaterThan(1_000);
    await name.click();
    await page.getByRole('link', { name: 'QR code' }).first().click();
    await page.waitForURL(/\/qr$/);
    await page.locator('.back-link').click();
    await page.waitForURL(/\?sort=oldest$/);
    await expect.poll(() => names.count()).toBe(100);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(top - 100);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});

describe('without scripts', () => {
  it('the form is a page, which ends in the list that it began on', async () => {
    const kim = await app.signUp('Kim');
    for (const title of ['Apples', 'Pears']) await makeLink(app, kim, { title });
    const { page } = await openPageAs(browser, app, kim, { javaScriptEnabled: false });
    await page.goto(`/w/${kim.workspace.slug}/links?search=apple`);
    await page.getByRole('button', { name: /^Actions for / }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.waitForURL(/\/edit\?list=/);
    await page.getByRole('textbox', { name: 'Title' }).fill('');
    await page.getByLabel('Destination', { exact: true }).fill('two words');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.field-error').waitFor();
    await page.getByLabel('Destination', { exact: true }).fill('https://example.com/apple');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/\/links\?search=apple$/);
    expect(await said(page)).toContain('is saved.');
    await page.locator('#link-rows .link-name').click();
    expect(await page.locator('.back-link').getAttribute('href')).toMatch(/\/links\?search=apple$/);
    await page.getByRole('link', { name: 'Add the title' }).click();
    expect(new URL(page.url()).hash).toBe('#edit-title');
    await page.getByRole('textbox', { name: 'Title' }).fill('Apples again');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.locator('h1').innerText()).toBe('Apples again');
    await page.context().close();
  });
});
