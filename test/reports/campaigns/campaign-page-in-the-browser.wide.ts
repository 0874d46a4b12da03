import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

const linksOf = ({ id }: { id: string }) => `/w/${ada.workspace.slug}/campaigns/${id}/links`;

describe('the page of a campaign', () => {
  it('makes a link in it by keyboard alone, and the list behind shows it', async () => {
    const campaign = await makeCampaign(app, ada, 'By & keyboard');
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(linksOf(campaign));
    await page.locator('.page-actions').getByRole('link', { name: 'Create link' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Create a link' });
    await expect.poll(() => dialog.locator('[name="campaign"]').inputValue()).toBe('By & keyboard');
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('url');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.type('example.com/made-by-keyboard');
    await page.keyboard.press('Enter');
    await dialog.locator('.created-url').waitFor();
    await page.locator('#link-rows').getByText('example.com/made-by-keyboard').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('#campaign-facts').innerText()).toBe('1 link');
    expect(await page.locator('#link-states').innerText()).toContain('1');
    // A second one begins with the campaign too: no other form comes beside it.
    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/links/new') && asked.push(request.url()));
    await page.locator('.page-actions').getByRole('link', { name: 'Create link' }).click();
    await expect.poll(() => dialog.locator('[name="campaign"]').inputValue()).toBe('By & keyboard');
    expect(asked).toEqual([expect.stringContaining('campaign=By%20%26%20keyboard')]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is changed in a drawer by keyboard, and shows it without leaving its tab', async () => {
    const campaign = await makeCampaign(app, ada, 'Drawn');
    await makeLink(app, ada, { campaignId: campaign.id });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(linksOf(campaign));
    await page.keyboard.press('e');
    const drawer = page.getByRole('dialog', { name: 'Edit campaign' });
    await drawer.locator('#field-goal').fill('many');
    await page.keyboard.press('Enter');
    await drawer.getByText('A goal is a whole number').waitFor();
    await drawer.locator('#field-goal').fill('500');
    await page.keyboard.press('Enter');
    await page.getByText('0 % of the goal').waitFor();
    await drawer.waitFor({ state: 'hidden' });
    expect(new URL(page.url()).pathname).toBe(linksOf(campaign));
    expect(await accessibilityProblems(page)).toEqual([]);
    // The drawer of its links is another one.
    await page.locator('#link-rows [aria-label^="Actions for"]').click();
    await page.locator('.menu:popover-open').getByRole('link', { name: 'Edit' }).click();
    await page.locator('#edit-title').fill('Renamed in the tab');
    await page.keyboard.press('Enter');
    await page.locator('#link-rows').getByText('Renamed in the tab').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('works without scripts: a link is made in it, its tabs are pages, and it is deleted', async () => {
    const campaign = await makeCampaign(app, ada, 'Without');
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
    await page.goto(`/w/${ada.workspace.slug}/reports/campaigns/${campaign.id}`);
    await page.locator('.empty-state').getByRole('link', { name: 'Create link' }).click();
    await page.locator('#new-url').fill('example.com/without');
    await page.locator('#new-url').press('Enter');
    await page.goto(`/w/${ada.workspace.slug}/reports/campaigns/${campaign.id}`);
    await page.getByRole('link', { name: 'Links', exact: true }).last().click();
    await page.waitForURL((url) => url.pathname === linksOf(campaign));
    await page.locator('#link-rows').getByText('example.com/without').waitFor();
    await page.getByRole('button', { name: 'More about this campaign' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete campaign' }).click();
    await page.getByText('“Without” is deleted. 1 link left it').waitFor();
    await page.context().close();
  });
});
