import type { Page } from 'playwright-core';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { getLink, type Link } from '../../../src/links/links/queries.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import type { Person } from '../../setup/app.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const [ada, grace] = [await app.signUp('Ada'), await app.signUp('Grace')];
await joinWorkspace(app, grace, ada, 'member');
const home = `/w/${ada.workspace.slug}`;

const read = ({ id, workspaceId }: Link) => getLink(app.db, workspaceId, id);
const edit = ({ id }: Link, person: Person, form: Record<string, string>) =>
  person.ask(`${home}/links/${id}/edit`, { form });

/** Presses a key until what has the focus is called so. @returns how often */
async function pressUntil(page: Page, key: string, label: RegExp): Promise<number> {
  for (let presses = 1; presses < 80; presses++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '',
    );
    if (label.test(focused)) return presses;
  }
  throw new Error(`${key} leads to nothing that is called ${String(label)}.`);
}

describe('in a browser', () => {
  it('two keys show who changed what, and the keyboard alone undoes it, and that again', async () => {
    const link = await makeLink(app, ada, { url: 'https://example.com/old', slug: 'keys' });
    await edit(link, grace, { url: 'https://example.com/new' });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${home}/links`);
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForURL(`**${home}/history`);
    const first = page.locator('.history-line').first();
    expect((await first.innerText()).replaceAll(/\s+/g, ' ')).toContain(
      `Grace changed the destination of ${link.domain}/keys from https://example.com/old to https://example.com/new`,
    );
    await pressUntil(page, 'Tab', /^Undo: Grace changed the destination/);
    await page.keyboard.press('Enter');
    await page.getByText('Undone.').waitFor();
    expect((await read(link)).url).toBe('https://example.com/old');
    // The focus is on the Undo of the message that answers.
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Undo');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await read(link)).url).toBe('https://example.com/new');
    expect(errors).toEqual([]);
  });

  it('all works without scripts: the message, the page of a change, and undoing it nevertheless', async () => {
    const link = await makeLink(app, ada, { url: 'https://example.com/old', title: 'Old', slug: 'bare' });
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
    await page.goto(`${home}/links/${link.id}/edit`);
    await page.locator('main').getByLabel('Title').fill('New');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`Undone. ${link.domain}/bare is as it was before.`).waitFor();
    expect((await read(link)).title).toBe('Old');

    await edit(link, ada, { url: 'https://example.com/ada' });
    await edit(link, grace, { url: 'https://example.com/grace' });
    await page.goto(`${home}/links/${link.id}/history`);
    await page.getByRole('button', { name: /^Undo: Ada changed the destination/ }).click();
    await page.getByText(/Grace changed the destination since, on/).waitFor();
    expect((await read(link)).url).toBe('https://example.com/grace');
    await page.getByRole('button', { name: 'Undo it nevertheless' }).click();
    await page.getByText('Undone.').waitFor();
    expect((await read(link)).url).toBe('https://example.com/old');
  });

  it('a tab of the link shows what was saved in the drawer above it, and the message undoes it', async () => {
    const link = await makeLink(app, ada, { url: 'https://example.com/old', slug: 'drawn' });
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${home}/links/${link.id}`);
    await page.getByRole('navigation', { name: 'This link' }).getByRole('link', { name: 'History' }).click();
    await page.waitForURL('**/history');
    await page.keyboard.press('e');
    const drawer = page.locator('#edit-link');
    await drawer.getByLabel('Destination').fill('https://example.com/drawn');
    await drawer.getByRole('button', { name: 'Save' }).click();
    await page.getByText('from https://example.com/old to https://example.com/drawn').waitFor();
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone.').waitFor();
    expect([new URL(page.url()).pathname, (await read(link)).url]).toEqual([
      `${home}/links/${link.id}/history`,
      'https://example.com/old',
    ]);
    expect(errors).toEqual([]);
  });

  it('more lines come below those that are shown, and the focus goes on with them', async () => {
    const many = await app.signUp('Many');
    await app.db.execute(sql`
insert into events (workspace_id, what, target_id, target_name, after, actor_kind, actor_name, via)
select ${many.workspace.id}, 'link.created', 'x' || n, 'go.acme.com/' || n, '{}', 'server', 'job', 'job' from generate_series(1, 120) n`);
    const { page, errors } = await openPageAs(browser, app, many);
    await page.goto(`/w/${many.workspace.slug}/history`);
    const lines = page.locator('.history-line');
    expect(await lines.count()).toBe(50);
    await page.getByRole('link', { name: 'Show more' }).click();
    await expect.poll(() => lines.count()).toBe(100);
    expect(await page.locator('.history-day').count()).toBe(1);
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('history-time');
    await page.getByRole('link', { name: 'Show more' }).click();
    await expect.poll(() => lines.count()).toBe(121);
    expect(errors).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('axe finds nothing on its pages (%s)', async (colorScheme) => {
    const link = await makeLink(app, ada, { url: 'https://example.com/old', tags: ['axe'] });
    await edit(link, ada, { url: 'https://example.com/ada', title: 'Ada’s', tags: 'axe, more' });
    await edit(link, grace, { url: 'https://example.com/grace' });
    const { rows } = await app.db.execute<{ id: string; request: string }>(sql`
select id::text, request_id as request from events where target_id = ${link.id} and what = 'link.changed' order by events.id limit 1`);
    const { id = '', request = '' } = rows[0] ?? {};
    const { page, errors } = await openPageAs(browser, app, ada, { colorScheme });
    for (const path of [
      'history',
      'history?of=keys&day=2001-01-01',
      `links/${link.id}/history`,
      `history/${id}`,
      `history/requests/${request}`,
    ]) {
      await page.goto(`${home}/${path}`);
      expect(await accessibilityProblems(page), path).toEqual([]);
    }
    await page.goto(`${home}/links/${link.id}/history`);
    await page.getByRole('button', { name: /^Undo: Ada changed the link/ }).click();
    await page.getByText('Nothing is undone yet.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Undo it nevertheless' }).click();
    await page.getByText('Undone.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
