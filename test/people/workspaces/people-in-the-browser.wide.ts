import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { linkIn, openMailbox } from '../accounts/mailbox.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { jumpTo } from '../../setup/keyboard.ts';
import { joinWorkspace } from '../../setup/membership.ts';

const mailbox = await openMailbox();
// The last to be closed.
afterAll(() => mailbox.close());
const { app, browser } = await startInBrowser({ SMTP_URL: mailbox.url, SIGN_UP: 'open' });
const ada = await app.signUp('Ada');

const wide = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

/** What is wrong with a page: faults that axe finds, and how far it is wider than its window. */
async function faultsOf(page: Page): Promise<{ faults: unknown; overflow: number }> {
  const faults = await accessibilityProblems(page);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  return { faults, overflow: Number(overflow) };
}

const fine = { faults: [], overflow: 0 };

describe('inviting somebody', () => {
  it('goes from the members page through the mail to a member with an account', async () => {
    const inside = await openPageAs(browser, app, ada, { viewport: wide });
    await inside.page.goto(`/w/${ada.workspace.slug}/links`);
    await inside.page.getByRole('link', { name: 'Settings' }).first().click();
    await inside.page
      .getByRole('navigation', { name: 'Workspace settings' })
      .getByRole('link', { name: 'Members' })
      .click();
    await inside.page.getByLabel('Invite by e-mail').fill('grace@example.com');
    await inside.page.getByLabel('Role').selectOption('admin');
    await inside.page.getByRole('button', { name: 'Invite', exact: true }).click();
    await inside.page.getByText('grace@example.com is invited as an admin.').waitFor();
    const path = linkIn(await mailbox.take("Ada invites you to Ada's team"));

    const guest = await openPage(browser, { baseURL: app.url, viewport: phone });
    await guest.page.goto(path);
    expect(await faultsOf(guest.page)).toEqual(fine);
    await guest.page.getByRole('link', { name: 'Create your account' }).click();
    await guest.page.getByLabel('Your name').waitFor();
    expect(await faultsOf(guest.page)).toEqual(fine);
    await guest.page.getByLabel('Your name').fill('Grace');
    await guest.page.getByLabel('Password').fill('a nanosecond of wire');
    await guest.page.keyboard.press('Enter');
    await guest.page.waitForURL(`**/w/${ada.workspace.slug}/links`);

    await inside.page.reload();
    const row = inside.page.getByRole('row', { name: /grace@example.com/ });
    expect(await row.innerText()).toContain('Admin');
    expect([...inside.errors, ...guest.errors]).toEqual([]);
  });

  it('is done from anywhere by keyboard alone', async () => {
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`/w/${ada.workspace.slug}/reports`);
    await jumpTo(page, 'invite somebody');
    const field = page.getByLabel('Invite by e-mail');
    await expect.poll(() => field.evaluate((each) => each === document.activeElement)).toBe(true);
    await page.keyboard.insertText('joan@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('joan@example.com is invited as a member.').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });
});

describe('the members page', () => {
  it.each([
    ['on a wide screen', wide, 'light'],
    ['on a phone, in the dark', phone, 'dark'],
  ] as const)('%s: people of every role, and one is made a member', async (_where, viewport, colorScheme) => {
    const host = await app.signUp('Joan');
    await joinWorkspace(app, await app.signUp('Alan'), host, 'admin');
    await joinWorkspace(app, await app.signUp('Vera'), host, 'viewer');
    const form = { email: 'somebody-with-a-rather-long-address@a-long-domain.example.com', role: 'viewer' };
    await host.ask(`/w/${host.workspace.slug}/invitations`, { form });
    const { page, errors } = await openPageAs(browser, app, host, { viewport, colorScheme });
    await page.goto(`/w/${host.workspace.slug}/members`);
    expect(await faultsOf(page)).toEqual(fine);
    await page.getByRole('button', { name: 'Change the role of Vera' }).click();
    await page.getByRole('button', { name: 'Make a member' }).click();
    await page.getByText('Vera is a member now.').waitFor();
    await page.getByRole('button', { name: 'Change the role of Vera' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Remove Vera?' });
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Vera is not in this workspace any more.').waitFor();
    expect(errors).toEqual([]);
  });

  it.each([true, false])('asks before somebody becomes an owner, with scripts: %s', async (javaScriptEnabled) => {
    const host = await app.signUp('Olga');
    await joinWorkspace(app, await app.signUp('Otto'), host, 'admin');
    const { page } = await openPageAs(browser, app, host, { viewport: wide, javaScriptEnabled });
    const roleOf = async () => (await page.getByRole('row', { name: /Otto/ }).innerText()).split('\t')[1];
    await page.goto(`/w/${host.workspace.slug}/members`);
    await page.getByRole('button', { name: 'Change the role of Otto' }).click();
    await page.getByRole('button', { name: 'Make an owner' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Make Otto an owner?' });
    await dialog.getByRole('button', { name: 'Change nothing' }).click();
    expect(await roleOf()).toBe('Admin');
    await page.reload();
    await page.getByRole('button', { name: 'Change the role of Otto' }).click();
    await page.getByRole('button', { name: 'Make an owner' }).click();
    await dialog.getByRole('button', { name: 'Make an owner' }).click();
    await page.getByText('Otto is an owner now.').waitFor();
    expect(await roleOf()).toBe('Owner');
    await page.context().close();
  });
});
