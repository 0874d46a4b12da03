import { sql } from 'drizzle-orm';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPageAs } from '../../setup/browser.ts';
import { rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let owner: Person;
let browser: Browser;
let home: string;
let code: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  home = `/w/${owner.workspace.slug}`;
  await app.db.execute(sql`
insert into domains (id, host, workspace_id, state, proof_token)
select 'own', 'a-rather-long-name-for-links.acme.example', id, 'live', 'token' from workspaces where slug = ${owner.workspace.slug}`);
  await makeLink(app, owner, { slug: 'spring' });
  const [slug] = await rowsOf<{ slug: string }>(app.db, sql`select slug from slugs where kind = 'qr'`);
  code = slug?.slug ?? '';
  await app.visit('/spring', { headers: { 'x-forwarded-for': '203.0.113.1' } });
  await app.visit(`/${code}`, { headers: { 'x-forwarded-for': '203.0.113.2' } });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await app?.close();
});

it.each(['light', 'dark'] as const)(
  'leads from a domain and from a QR code to their reports, on a phone, %s',
  async (colorScheme) => {
    const { page, errors } = await openPageAs(browser, app, owner, {
      viewport: { width: 320, height: 800 },
      colorScheme,
    });
    const expectFine = async () => {
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    };

    await page.goto(`${home}/domains`);
    await expectFine();
    await page.getByRole('link', { name: 'Report of a-rather-long-name-for-links.acme.example' }).click();
    await page.getByRole('heading', { name: 'No clicks yet' }).waitFor();
    await page.getByText('No visits yet.').waitFor();
    await page.goto(`${home}/domains`);
    await page.getByRole('link', { name: 'see its report' }).click();
    expect(await page.locator('.report-number').innerText()).toMatch(/^2 clicks/);
    await expectFine();

    await page.goto(`${home}/links`);
    await page
      .getByRole('link', { name: /\/spring$/ })
      .first()
      .click();
    await page.getByRole('navigation', { name: 'This link' }).getByRole('link', { name: 'QR code' }).press('Enter');
    expect(await page.locator('.qr-page-scans').innerText()).toMatch(
      /Last 30 days\s+1 by 1 visitor\s+All time\s+1 by 1/,
    );
    await expectFine();
    await page.getByRole('link', { name: 'Report of the scans' }).press('Enter');
    await page.getByRole('heading', { name: `/spring (${code})` }).waitFor();
    expect(await page.locator('.report-number').innerText()).toMatch(/^1 click/);
    await expectFine();

    await page.goto(`${home}/reports`);
    await page.getByRole('group', { name: 'Links by' }).getByText('QR codes').click();
    await page.getByRole('link', { name: `/spring (${code})` }).click();
    await page.waitForURL(/f=qr:is:/);
    expect(await page.locator('.filter-chip').innerText()).toContain('QR code');
    await expectFine();
    expect(errors).toEqual([]);
    await page.context().close();
  },
);
