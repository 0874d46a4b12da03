import { describe, expect, it } from 'vitest';
import { getLink } from '../../../src/links/links/queries.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
await makeLink(app, ada);

const splitOf = async (path: string) =>
  (await getLink(app.db, ada.workspace.id, path.split('/').at(-1) ?? '')).split?.versions;

describe('an A/B test', () => {
  it('takes three presses beside those of a link: the chip, the second address, the return key', async () => {
    const { page, errors } = await openPageAs(browser, app, ada);
    await page.goto(`${app.url}/w/${ada.workspace.slug}/campaigns`);
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://a.example/');
    await page.locator('#quick-create .chip > summary', { hasText: 'A/B test' }).click();
    await page.keyboard.insertText('https://b.example/');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const report = page.getByRole('link', { name: 'Report', exact: true }).last();
    const path = (await report.getAttribute('href')) ?? '';
    expect(await splitOf(path)).toEqual([
      { url: null, weight: 1 },
      { url: 'https://b.example/', weight: 1 },
    ]);
    expect(errors).toEqual([]);
  });

  it('has more addresses, in their order, without scripts', async () => {
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
    await page.goto(`${app.url}/w/${ada.workspace.slug}/links/new?url=https://a.example/`);
    const form = page.locator('#new-create');
    await form.locator('summary', { hasText: 'A/B test' }).click();
    await form.getByLabel('A/B test: address B').fill('https://b.example/');
    await form.getByLabel('Share of B').fill('30');
    await form.getByText('Add another').first().click();
    await form.getByLabel('A/B test: address C').fill('https://c.example/');
    await form.getByLabel('Share of C').fill('20');
    const [above, below] = await Promise.all(
      ['B', 'C'].map((letter) => form.getByLabel(`A/B test: address ${letter}`).boundingBox()),
    );
    expect(above?.y).toBeLessThan(below?.y ?? 0);
    await form.getByLabel('Share of C').press('Enter');
    await page.waitForURL(/\/links\/\w{12}$/);
    expect(await splitOf(new URL(page.url()).pathname)).toEqual([
      { url: null, weight: 50 },
      { url: 'https://b.example/', weight: 30 },
      { url: 'https://c.example/', weight: 20 },
    ]);
  });
});
