import { sql } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import type { Person } from '../../setup/app.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

/** From an empty workspace to a team, and back to nothing, by pointer, without scripts, on a phone. No mail is set up. */

const { app, browser } = await startInBrowser();

const kinds = [
  ['at a desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['on a phone, in the dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
  ['without scripts', { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false }],
] as const;

type Kind = (typeof kinds)[number][1];

async function open(person: Person, kind: Kind) {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const opened = await openPageAs(browser, app, person, { ...kind, permissions });
  const { page } = opened;
  await page.goto(`/w/${person.workspace.slug}/links`);
  return { ...opened, hasScripts: !('javaScriptEnabled' in kind) };
}

/** axe is a script itself. */
async function expectFine(page: Page, hasScripts: boolean): Promise<void> {
  if (!hasScripts) return;
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
}

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

describe.each(kinds)('the first run, %s:', (_where, kind) => {
  it('the checklist leads to an invitation, whose link is copied', async () => {
    const ada = await app.signUp('Ada');
    const { page, errors, hasScripts } = await open(ada, kind);
    const checklist = page.getByRole('region', { name: 'Set up Waymark' });
    await checklist.waitFor();
    await expectFine(page, hasScripts);
    await checklist.getByRole('link', { name: 'Invite somebody' }).click();
    await page.getByLabel('Invite by e-mail').fill('grace@example.com');
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    const link = (await page.locator('#new-invitation').textContent()) ?? '';
    expect(link).toMatch(/\/invitations\/[\w-]{43}$/);
    await expectFine(page, hasScripts);
    if (hasScripts) {
      await page.getByRole('button', { name: 'Copy the link for grace@example.com' }).first().click();
      await expect.poll(() => copied(page)).toBe(link);
    }

    // Later, from the list.
    await page.goto(`/w/${ada.workspace.slug}/members`);
    const row = page.getByRole('row', { name: /grace@example.com/ });
    if (hasScripts) {
      await page.evaluate(() => navigator.clipboard.writeText(''));
      await row.getByRole('button', { name: 'Copy link for grace@example.com' }).click();
      await expect.poll(() => copied(page)).toBe(link);
    } else expect(await row.getByRole('textbox').inputValue()).toBe(link);

    await page.goto(`/w/${ada.workspace.slug}/links`);
    expect(await checklist.getByRole('listitem').filter({ hasText: 'Your team' }).innerText()).toContain('done');
    await checklist.getByRole('button', { name: 'Hide this checklist' }).click();
    await page.waitForURL('**/links');
    await expect.poll(() => checklist.count()).toBe(0);
    await page.goto(`/w/${ada.workspace.slug}/settings`);
    await page.getByRole('button', { name: 'Show it again' }).click();
    await checklist.waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('a shared report is copied again', async () => {
    const ada = await app.signUp('Ada');
    await ada.ask(`/w/${ada.workspace.slug}/shares`, { form: { title: 'Spring' } });
    const { page, errors, hasScripts } = await open(ada, kind);
    await page.goto(`/w/${ada.workspace.slug}/shares`);
    await expectFine(page, hasScripts);
    const row = page.getByRole('row', { name: /Spring/ });
    let link: string;
    if (hasScripts) {
      await row.getByRole('button', { name: 'Copy link to Spring' }).click();
      await expect.poll(() => copied(page)).toMatch(/\/r\/[\w-]{32}$/);
      link = await copied(page);
    } else link = await row.getByRole('textbox').inputValue();
    await page.goto(link);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Spring');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('a workspace is given its day of deletion by its name, and is kept', async () => {
    const ada = await app.signUp('Ada');
    const { slug } = await makeLink(app, ada);
    const { page, errors, hasScripts } = await open(ada, kind);
    await page.goto(`/w/${ada.workspace.slug}/settings`);
    await page.getByRole('link', { name: 'Delete workspace' }).click();
    await expectFine(page, hasScripts);
    await page.getByLabel("Type Ada's team").fill('something else');
    await page.getByRole('button', { name: 'Delete in 7 days' }).click();
    await page.getByText("Type Ada's team to delete this workspace.").waitFor();
    await expectFine(page, hasScripts);
    await page.getByLabel("Type Ada's team").fill("Ada's team");
    await page.getByRole('button', { name: 'Delete in 7 days' }).click();
    await page.waitForURL('**/settings#delete');
    await page.goto(`/w/${ada.workspace.slug}/links`);
    await page.getByText("Ada's team will be deleted on").waitFor();
    await expectFine(page, hasScripts);
    expect((await app.visit(`/${slug}`)).status).toBe(302);
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByText("Ada's team stays.").waitFor();
    await page.goto(`/w/${ada.workspace.slug}/links`);
    expect(await page.getByText('will be deleted on').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('an account is given its day of deletion, says what depends on it, and is kept', async () => {
    const ada = await app.signUp('Ada');
    const grace = await app.signUp('Grace');
    // Of all accounts one looks after the server, and may not go.
    await app.db.execute(sql`update users set is_admin = false where email = ${ada.email}`);
    await joinWorkspace(app, grace, ada, 'member');
    const { page, errors, hasScripts } = await open(ada, kind);
    await page.goto('/account/security');
    await expectFine(page, hasScripts);
    await page.getByRole('link', { name: 'Delete account' }).click();
    await page.getByText('You are the only owner of').waitFor();
    await expectFine(page, hasScripts);
    await app.db.execute(sql`
update members set role = 'owner' where user_id = (select id from users where email = ${grace.email})`);
    await page.reload();
    await expectFine(page, hasScripts);
    await page.getByLabel(`Type ${ada.email}`).fill(ada.email);
    await page.getByLabel('Your password').fill(ada.password);
    await page.getByRole('button', { name: 'Delete in 7 days' }).click();
    await page.getByRole('button', { name: 'Keep my account' }).waitFor();
    await expectFine(page, hasScripts);
    await page.goto(`/w/${ada.workspace.slug}/links`);
    await expectFine(page, hasScripts);
    await page.getByRole('button', { name: 'Keep my account' }).click();
    await page.getByText('Your account stays.').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });
});

describe('people who may not change settings', () => {
  it('read them as text, and axe finds nothing', async () => {
    const [ada, vera] = [await app.signUp('Ada'), await app.signUp('Vera')];
    await joinWorkspace(app, vera, ada, 'viewer');
    const { page } = await openPageAs(browser, app, vera, { viewport: { width: 1280, height: 900 } });
    await page.goto(`/w/${ada.workspace.slug}/settings`);
    await page.getByText('Admins and owners can change this.').waitFor();
    expect(await page.locator('#main').getByRole('textbox').count()).toBe(0);
    await expectFine(page, true);
    await page.context().close();
  });
});
