import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeCampaign, makeLink, makeTemplate } from '../../setup/make.ts';

/** A text that somebody typed is neither cut off nor left behind without a word. */

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
await makeLink(app, ada, { tags: ['spring'] });
await makeTemplate(app, ada, 'Mail');
await makeCampaign(app, ada, 'Spring');
const { page } = await openPageAs(browser, app, ada);

/** Whether leaving asks: pages ask nobody who has pressed nothing yet. */
async function asksToLeave(path: string, typed: { into: string; text: string } | null): Promise<boolean> {
  await page.goto(`/w/${ada.workspace.slug}/${path}`);
  const field = page.locator(`#main ${typed?.into ?? 'h1'}`).first();
  await field.click();
  if (typed) await page.keyboard.insertText(typed.text);
  let asks = false;
  const note = (dialog: { type(): string; accept(): Promise<void> }) => {
    asks = dialog.type() === 'beforeunload';
    void dialog.accept();
  };
  page.on('dialog', note);
  await page.goto(`/w/${ada.workspace.slug}/reports`);
  page.off('dialog', note);
  return asks;
}

const idIn = async (table: 'tags' | 'campaigns' | 'link_templates') =>
  (await app.db.execute<{ id: string }>(sql`select id from ${sql.identifier(table)}`)).rows[0]?.id ?? '';

const forms: [string, () => Promise<string> | string, string][] = [
  ['a new link', () => 'links/new', '[name="url"]'],
  ['several links', () => 'links/several', '[name="list"], #main [name="url"]'],
  ['a new template', () => 'templates/new', '[name="name"]'],
  ['a template', async () => `templates/${await idIn('link_templates')}`, '[name="name"]'],
  ['a tag', async () => `tags/${await idIn('tags')}`, '[name="name"]'],
  ['a new campaign', () => 'campaigns/new', '[name="name"]'],
  ['a campaign', async () => `campaigns/${await idIn('campaigns')}/edit`, '[name="name"]'],
  ['the workspace', () => 'settings', '[name="name"]'],
];

describe('a form with something that is not saved', () => {
  it.each(forms)('asks before it is left, and otherwise does not: %s', async (_name, path, into) => {
    const at = await path();
    expect(await asksToLeave(at, null)).toBe(false);
    expect(await asksToLeave(at, { into, text: 'https://example.com/' })).toBe(true);
  });
});

describe('a text that is too long', () => {
  it('stays whole, and its field says so at once', async () => {
    for (const [path, name, most] of [
      ['settings', 'name', 60],
      ['keys', 'name', 80],
      ['members', 'email', 254],
    ] as const) {
      await page.goto(`/w/${ada.workspace.slug}/${path}`);
      const field = page.locator(`#main [name="${name}"]`).first();
      await field.fill('');
      await page.keyboard.insertText(`${'x'.repeat(most + 2)}  `);
      await page.getByText(`At most ${most} characters: 2 too many.`).waitFor();
      expect((await field.inputValue()).trim(), path).toHaveLength(most + 2);
    }
  });
});
