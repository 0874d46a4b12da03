import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Person } from '../../setup/app.ts';
import { type OpenedPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { tabTo } from '../../setup/keyboard.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();

const focusedId = (page: Page) => page.evaluate(() => document.activeElement?.id);

/** Somebody with three links and a campaign, in their list. */
async function openList(options: { javaScriptEnabled?: boolean } = {}): Promise<OpenedPage & { person: Person }> {
  const person = await app.signUp('Ada');
  const workspaceId = person.workspace.id;
  await makeCampaign(app, workspaceId, 'Spring');
  for (const [title, tags] of [
    ['Apples', ['fruit']],
    ['Pears', ['fruit', 'fresh']],
    ['Nuts', []],
  ] as const) {
    await makeLink(app, workspaceId, { title, tags });
  }
  const opened = await openPageAs(browser, app, person, options);
  await opened.page.goto(`${app.url}/w/${person.workspace.slug}/links`);
  return { ...opened, person };
}

describe('in a browser', () => {
  it('all links of a page are selected and tagged with a completed name, and undo takes it back', async () => {
    const { page, errors } = await openList();
    const bar = page.locator('.bulk');
    expect(await bar.isVisible()).toBe(false);
    await page.getByLabel('Select all links on this page').check();
    expect(await bar.getByText('3 selected').isVisible()).toBe(true);
    await bar.getByRole('button', { name: 'Tag', exact: true }).click();
    await page.locator('#bulk-tag-name').pressSequentially('fre');
    const suggestion = page.locator('#bulk-tag-name-suggestions button');
    await expect.poll(() => suggestion.allInnerTexts()).toEqual(['fresh']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.locator('#bulk-tag-name').inputValue()).toBe('fresh');
    await page.keyboard.press('Enter');
    await page.getByText('2 links got the tag “fresh”. 1 had it already.').waitFor();
    const chips = page.locator('.marks .tag', { hasText: 'fresh' });
    await expect.poll(() => chips.count()).toBe(3);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone. 2 links are as they were before.').waitFor();
    await expect.poll(() => chips.count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it('one link is tagged by keyboard alone', async () => {
    const { page, errors } = await openList();
    await tabTo(page, page.getByRole('checkbox', { name: /^Select \S+\/\S+$/ }).first());
    await page.keyboard.press('Space');
    await tabTo(page, page.locator('.bulk').getByRole('button', { name: 'Tag', exact: true }));
    await page.keyboard.press('Enter');
    await expect.poll(() => focusedId(page)).toBe('bulk-tag-name');
    await page.keyboard.insertText('ripe');
    await page.keyboard.press('Enter');
    await page.locator('.marks .tag', { hasText: 'ripe' }).waitFor();
    const undo = page.locator('.toast').getByRole('button', { name: 'Undo' });
    await tabTo(page, undo);
    await page.keyboard.press('Enter');
    await page.getByText(/^Undone\./).waitFor();
    await expect.poll(() => undo.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(errors).toEqual([]);
  });

  it('a campaign that there is not opens its menu again, with a way to make it', async () => {
    const { page, errors } = await openList();
    await page.getByLabel('Select all links on this page').check();
    await page.locator('.bulk').getByRole('button', { name: 'Campaign' }).click();
    await page.keyboard.insertText('Winter');
    await page.keyboard.press('Enter');
    await page.locator('#bulk-campaign').getByText('There is no such campaign yet.').waitFor();
    await expect.poll(() => focusedId(page)).toBe('bulk-campaign-name');
    await page.getByRole('button', { name: 'Create and set it' }).click();
    await page.getByText('3 links joined the campaign “Winter”.').waitFor();
    expect(errors).toEqual([]);
  });

  it('the box above knows none, some and all, and the bar leaves with the last one', async () => {
    const { page, errors } = await openList();
    const all = page.getByLabel('Select all links on this page');
    const boxes = page.locator('.link-table [name="links"]');
    await boxes.first().check();
    expect(await all.evaluate((box: HTMLInputElement) => [box.checked, box.indeterminate])).toEqual([false, true]);
    for (const box of await boxes.all()) await box.check();
    expect(await all.isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Select none' }).click();
    await expect.poll(() => page.locator('.bulk').isVisible()).toBe(false);
    await expect.poll(() => all.isChecked()).toBe(false);
    expect(errors).toEqual([]);
  });

  it('tags and a campaign are typed in the dialog of a new link', async () => {
    const { page, errors } = await openList();
    await page.keyboard.press('c');
    await page.keyboard.type('example.com/new');
    const dialog = page.locator('#create-link');
    await dialog.getByRole('textbox', { name: 'Tags' }).pressSequentially('Mail, fru');
    await dialog.getByRole('button', { name: 'fruit' }).click();
    expect(await dialog.getByRole('textbox', { name: 'Tags' }).inputValue()).toBe('Mail, fruit, ');
    await dialog.getByRole('textbox', { name: 'Campaign' }).pressSequentially('spr');
    await dialog.getByRole('button', { name: 'Spring' }).click();
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.locator('.created-url').waitFor(); // its words change as soon as it is copied
    await page.locator('.marks', { hasText: 'Mail' }).waitFor();
    const marks = (await page.locator('.marks').first().innerText()).split(/\s+/);
    expect(marks).toEqual(expect.arrayContaining(['Spring', 'fruit', 'Mail']));
    expect(errors).toEqual([]);
  });

  it('a filter goes into the address, stays for a search, and comes off again', async () => {
    const { page, errors } = await openList();
    await page.locator('.marks a', { hasText: 'fresh' }).click();
    await page.waitForURL(/\?tag=fresh$/);
    expect(await page.locator('#link-rows .link-cell').count()).toBe(1);
    expect(await page.locator('main').innerText()).not.toContain('undefined');
    await page.getByRole('searchbox').fill('Apples');
    await page.waitForURL(/search=Apples&tag=fresh/);
    await page.getByText('No active links match this filter').waitFor();
    await page.getByLabel('Remove the filter Tag: fresh').click();
    await page.waitForURL(/\?search=Apples$/);
    expect(await page.locator('#link-rows .link-cell').count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it('it all works without scripts', async () => {
    const { page } = await openList({ javaScriptEnabled: false });
    await page.locator('.link-table [name="links"]').first().check();
    await page.getByRole('button', { name: 'Campaign', exact: true }).click();
    await page.locator('#bulk-campaign-name').fill('spring');
    await page.keyboard.press('Enter');
    await page.getByText('1 link joined the campaign “spring”.').waitFor();
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.locator('#filter-campaign').fill('Spring');
    await page.keyboard.press('Enter');
    await page.waitForURL(/campaign=Spring/);
    expect(await page.locator('#link-rows .link-cell').count()).toBe(1);
  });
});
