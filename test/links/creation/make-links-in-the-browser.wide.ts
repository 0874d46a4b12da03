import { sql } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import type { Person } from '../../setup/app.ts';
import { type OpenedPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeCampaign, makeLink, makeTemplate } from '../../setup/make.ts';

/** Making links as people do; what it costs is counted in test/site/pages/presses-in-the-browser.wide.ts. */

const { app, browser } = await startInBrowser();

async function open(person: Person, path: string, options: Parameters<typeof openPageAs>[3] = {}): Promise<OpenedPage> {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const opened = await openPageAs(browser, app, person, { permissions, ...options });
  await opened.page.goto(`${app.url}/w/${person.workspace.slug}${path}`);
  return opened;
}

async function linksOf(person: Person): Promise<{ url: string; slug: string }[]> {
  const { rows } = await app.db.execute<{ url: string; slug: string }>(sql`
select l.url, s.slug from links l join slugs s on s.link_id = l.id and s.kind = 'primary'
where l.workspace_id = ${person.workspace.id} order by l.created_at, l.id`);
  return rows;
}

const focusedId = (page: Page) => page.evaluate(() => document.activeElement?.id);

describe('a link', () => {
  it('is followed by the next of a series, which keeps all but the slug', async () => {
    const ada = await app.signUp('Ada');
    await makeLink(app, ada);
    const { page, errors } = await open(ada, '/campaigns');
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://example.com/1');
    await page.locator('#quick-tags').fill('series');
    await page.locator('#quick-slug').fill('first-of-series');
    await page.keyboard.press('Shift+Enter');
    await page.getByText('Your link is ready.').waitFor();
    await expect.poll(() => focusedId(page)).toBe('quick-url');
    await page.keyboard.insertText('https://example.com/2');
    await page.keyboard.press('Shift+Enter');
    await page.getByText('2 links are ready.').waitFor();
    await expect.poll(() => focusedId(page)).toBe('quick-url');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.insertText('https://example.com/3');
    await page.keyboard.press('Enter');
    await page.getByText('Your link is ready and copied.').waitFor();
    expect((await linksOf(ada)).slice(1).map(({ url }) => url)).toEqual(
      [1, 2, 3].map((n) => `https://example.com/${n}`),
    );
    const { rows } = await app.db.execute(sql`
select 1 from link_tags lt join tags t on t.id = lt.tag_id where t.workspace_id = ${ada.workspace.id} and t.name = 'series'`);
    expect(rows).toHaveLength(3);
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await expect.poll(() => page.locator('#quick-tags').inputValue()).toBe('');
    expect(errors).toEqual([]);
  });

  it('is the first of a workspace, and the heading says so', async () => {
    const { page } = await open(await app.signUp('Ada'), '/links');
    const heading = page.getByRole('heading', { level: 1 });
    expect(await heading.innerText()).toBe('Shorten your first link');
    await page.locator('#new-url').fill('example.com/first');
    await page.keyboard.press('Enter');
    await expect.poll(() => heading.innerText()).toBe('Your first link is ready');
    expect(await page.getByText('Paste a long address.').isVisible()).toBe(false);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe.each([
  ['light, wide', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['dark, on a phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
] as const)('the form, %s', (_how, options) => {
  it('says what it knows while one types, by keyboard alone, and axe finds nothing', async () => {
    const ada = await app.signUp('Ada');
    await makeCampaign(app, ada, 'Spring');
    await makeLink(app, ada, { slug: `old-${options.colorScheme}`, url: 'https://shop.example.com/sale' });
    const { page, errors } = await open(ada, '/tags', options);
    await page.keyboard.press('c');
    expect(await accessibilityProblems(page)).toEqual([]);
    const blank = (await page.locator('#create-link > div').boundingBox())?.height ?? 0;
    await page.keyboard.insertText('SHOP.example.com/sale');
    await page.getByText('You have a link to this address:').waitFor();
    expect((await page.locator('#create-link > div').boundingBox())?.height ?? 0).toBeGreaterThan(blank);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain(`old-${options.colorScheme}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain(`/old-${options.colorScheme}`);
    await page.keyboard.press('Tab');
    expect(await focusedId(page)).toBe('quick-slug');
    await page.keyboard.type(`spring ${options.colorScheme}`);
    const slug = `spring-${options.colorScheme}`;
    await page.getByRole('button', { name: `Use ${slug}` }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(`/${slug} is free.`).waitFor();
    expect([await page.locator('#quick-slug').inputValue(), await focusedId(page)]).toEqual([slug, 'quick-slug']);
    await page.locator('#quick-campaign').focus();
    await page.keyboard.type('Autumn');
    await page.getByLabel('Create campaign “Autumn”').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await focusedId(page)).toBe('quick-title');
    await page.keyboard.insertText('t'.repeat(203));
    await page.getByText('At most 200 characters: 3 too many.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('A title has at most 200 characters.').waitFor();
    expect(await page.locator('#quick-create [aria-invalid]').count()).toBe(1);
    expect([await focusedId(page), await page.getByLabel('Create campaign “Autumn”').isChecked()]).toEqual([
      'quick-title',
      true,
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('#quick-title').fill('Short');
    expect(await page.locator('#quick-create [aria-invalid]').count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.getByText('You have another link to this address:').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('.created-link').waitFor();
    expect(errors).toEqual([]);
  });
});

describe('a template', () => {
  it.each([true, false])('fills the form and keeps what is typed, with scripts %s', async (javaScriptEnabled) => {
    const ada = await app.signUp('Ada');
    const campaign = await makeCampaign(app, ada, 'Spring');
    await makeLink(app, ada);
    await makeTemplate(app, ada, 'Newsletter', { tags: ['mail'], campaignId: campaign.id });
    const { page, errors } = await open(ada, '/links/new', { javaScriptEnabled });
    await page.locator('#new-url').fill('example.com/typed');
    await page.getByRole('button', { name: 'Template' }).click();
    await page.locator('#new-templates').getByText('Newsletter').click();
    await page.getByRole('button', { name: 'Template: Newsletter' }).waitFor();
    expect(
      await Promise.all(['url', 'tags', 'campaign'].map((name) => page.locator(`#new-${name}`).inputValue())),
    ).toEqual(['example.com/typed', 'mail', 'Spring']);
    if (javaScriptEnabled) expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('#new-url').press('Enter');
    await page.getByText(javaScriptEnabled ? 'Your link is ready and copied.' : 'is ready.').waitFor();
    expect(await linksOf(ada)).toHaveLength(2);
    expect(errors).toEqual([]);
  });
});

describe('without scripts', () => {
  it('all of the form is there, and a series goes on', async () => {
    const ada = await app.signUp('Ada');
    await makeLink(app, ada, { slug: 'old-plain', url: 'https://plain.example.com/' });
    const { page } = await open(ada, '/links/new', { javaScriptEnabled: false });
    await page.locator('#new-create .chip summary', { hasText: 'Title' }).click();
    await page.locator('#new-title').fill('By hand');
    await page.locator('#new-url').fill('plain.example.com');
    await page.locator('#new-slug').fill('by hand');
    await page.locator('#new-campaign').fill('Autumn');
    await page.keyboard.press('Enter');
    await page.locator('.link-form').getByText('You have a link to this address:').waitFor();
    await page.getByLabel('Create campaign “Autumn”').check();
    await page.getByRole('button', { name: 'Use by-hand' }).click();
    await page.waitForURL(/\/links\/\w{12}$/);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/links/new?tags=kept`);
    await page.locator('#new-url').fill('example.com/next');
    await page.getByRole('button', { name: 'Create and next' }).click();
    await page.waitForURL(/\/links\/new\?/);
    expect([await focusedId(page), await page.locator('#new-tags').inputValue()]).toEqual(['new-url', 'kept']);
    expect((await linksOf(ada)).map(({ slug }) => slug)).toContain('by-hand');
  });
});
