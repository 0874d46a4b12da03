import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createLink, openClient } from '../../people/keys/client.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { insertDomain } from '../../setup/domains.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const client = await openClient(app, ada);

const isWiderThanWindow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

describe('a form that somebody else saved meanwhile', () => {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 390],
  ] as const) {
    it(`shows both versions, ${colorScheme}, ${width} pixels wide, and axe finds nothing`, async () => {
      const { id } = await createLink(client, { title: 'Old', tags: ['one'] });
      const options = { colorScheme, viewport: { width, height: 900 } };
      const { page, errors } = await openPageAs(browser, app, ada, { ...options, bypassCSP: true });
      await page.goto(`${app.url}/w/${ada.workspace.slug}/links/${id}/edit`);
      const theirs = { url: `https://example.com/${'long'.repeat(80)}`, title: 'Theirs', tags: [] };
      await client.ask(`/links/${id}`, { method: 'PATCH', body: theirs });
      const form = page.locator('form[action$="/edit"]');
      await form.getByLabel('Destination', { exact: true }).fill('https://example.com/mine');
      await form.getByRole('textbox', { name: 'Title' }).fill('Mine');
      await form.getByRole('textbox', { name: 'Tags' }).fill('two');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').getByText('Nothing of yours is saved yet.').waitFor();
      expect(await page.locator('.theirs-value').allTextContents()).toEqual([theirs.url, 'Theirs', 'Nothing']);
      expect(await form.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Mine');
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await isWiderThanWindow(page)).toBe(false);
      await page.getByRole('group', { name: 'Stored now for Title' }).getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('is saved. Visitors follow the new destination from now on.').waitFor();
      expect((await client.ask(`/links/${id}`)).json()).toMatchObject({
        url: 'https://example.com/mine',
        title: 'Theirs',
        tags: ['two'],
      });
      expect(errors).toEqual([]);
      await page.context().close();
    });
  }

  it('does so without scripts, and for boxes and long texts', async () => {
    const id = await insertDomain(app.db, client.workspaceId, 'go.acme.localhost');
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
    await page.goto(`${app.url}/w/${ada.workspace.slug}/domains/${id}/apps`);
    const theirs = { robotsTxt: 'User-agent: *\nDisallow: /theirs', assetLinks: '[]', appleAppSiteAssociation: '{}' };
    expect((await client.ask(`/domains/${id}`, { method: 'PATCH', body: theirs })).status).toBe(200);
    await page.getByLabel('robots.txt').fill('User-agent: *\nDisallow: /mine');
    await page.getByLabel('apple-app-site-association').fill('{ }');
    await page.getByLabel('Search engines may list this domain').check();
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.locator('.theirs-value').allTextContents()).toEqual(['User-agent: *\nDisallow: /theirs\n', '{}']);
    expect(await page.getByLabel('assetlinks.json').inputValue()).toBe('[]');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Visitors of go.acme.localhost see this from now on.').waitFor();
    expect(await page.getByLabel('robots.txt').inputValue()).toContain('/mine');
    expect(await page.getByLabel('Search engines may list this domain').isChecked()).toBe(true);
    await page.context().close();
  });
});
