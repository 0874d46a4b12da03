import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { domains } from '../../../src/ground/db/schema.ts';
import { getOwnDomain } from '../../../src/domains/domains/settings.ts';
import { sampleNames } from '../../../src/visitors/redirect/samples.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPage, openPageAs, startInBrowser } from '../../setup/browser.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeLink } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

const isWiderThanWindow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

const colors = { light: 'rgb(135, 112, 0)', dark: 'rgb(255, 212, 0)' } as const;

/** A domain of its own, and its page with somebody logged in. */
async function open(host: string, options: BrowserContextOptions = {}) {
  const id = await insertDomain(app.db, ada.workspace.id, host);
  const path = `/w/${ada.workspace.slug}/domains/${id}`;
  return { id, path, ...(await openPageAs(browser, app, ada, options)) };
}

const tab = (page: Page, name: string) =>
  page
    .getByRole('navigation', { name: 'This domain' })
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .click();
const frameOf = (page: Page) => page.frameLocator('iframe[name="visitor-page"]');
const widthOf = (image: Locator) => image.evaluate((img) => (img as HTMLImageElement).naturalWidth);

/** A picture as browsers write it. */
async function draw(page: Page, type: string) {
  const url = await page.evaluate(
    `(() => { const c = document.createElement('canvas'); c.width = 120; c.height = 40;
      const d = c.getContext('2d'); d.fillStyle = '#0f7b5c'; d.fillRect(9, 9, 90, 20); return c.toDataURL('${type}'); })()`,
  );
  const buffer = Buffer.from(String(url).split(',')[1] ?? '', 'base64');
  return { name: 'logo.txt', mimeType: 'text/plain', buffer };
}

describe('an admin sets a domain up, and visitors meet it', () => {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const) {
    it(`${colorScheme}, ${width} pixels wide, and axe finds nothing`, async () => {
      const name = `${colorScheme}${width}`;
      const options = { colorScheme, viewport: { width, height: 900 } };
      const { id, path, page, errors } = await open(`${name}.localhost`, { ...options, bypassCSP: true });
      await makeLink(app, ada.workspace.id, { slug: 'spring', domainId: id });
      const expectNoFaults = async () => {
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await isWiderThanWindow(page)).toBe(false);
      };
      await page.goto(`${app.url}${path}`);
      await expectNoFaults();

      await tab(page, 'Visitor pages');
      await page.getByLabel('Name').fill('Acme Roasters');
      await page.locator('#field-brandColor').fill('yellow');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => page.locator('.field-error').allTextContents()).toEqual(['Write a colour like #0f7b5c.']);
      expect(await page.getByLabel('Name').inputValue()).toBe('Acme Roasters');
      // The frame shows what is typed here, though it was refused.
      await frameOf(page).getByText('Acme Roasters').waitFor();
      await expectNoFaults();
      await page.locator('#field-brandColor').fill('#ffd400');
      await page.getByText('Too pale for text on light pages').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(`Visitors of ${name}.localhost see this from now on.`).waitFor();
      await expectNoFaults();

      await tab(page, 'Redirects');
      await page.getByLabel('A link that does not exist').fill('ftp://example.com');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => page.locator('.field-error').count()).toBe(1);
      await expectNoFaults();
      await tab(page, 'Search engines');
      await page.getByLabel('assetlinks.json').fill('{');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('This is not valid JSON.').waitFor();
      await page.getByLabel('assetlinks.json').fill('[]');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(`Visitors of ${name}.localhost see this from now on.`).waitFor();
      await expectNoFaults();
      await tab(page, 'Report');
      await page.getByRole('heading', { name: `${name}.localhost` }).waitFor();
      await expectNoFaults();
      await page.getByRole('link', { name: 'Remove' }).click();
      await page.getByRole('button', { name: 'Remove domain' }).waitFor();
      await expectNoFaults();
      expect(errors).toEqual([]);

      // With the CSP in force: the brand's colour is no breach of it.
      const visitor = await openPage(browser, options);
      const short = app.url.replace('localhost', `${name}.localhost`);
      for (const address of ['/', '/nobody-has-this', '/spring+', '/100%']) {
        await visitor.page.goto(short + address);
        expect(await visitor.page.locator('main').textContent()).toContain('Acme Roasters');
        expect(await isWiderThanWindow(visitor.page)).toBe(false);
      }
      const color = await visitor.page.locator('.brand').evaluate((brand) => getComputedStyle(brand).color);
      expect(color).toBe(colors[colorScheme]);
      expect(visitor.errors).toEqual([]);
      await Promise.all([page.context().close(), visitor.page.context().close()]);
    });
  }
});

describe('the page that visitors would see', () => {
  it('follows what is typed, picked and chosen, and nothing is saved before Save', async () => {
    const { id, path, page, errors } = await open('live.localhost', { viewport: { width: 1280, height: 900 } });
    await page.goto(`${app.url}${path}/brand`);
    const frame = frameOf(page);
    const steps = await page.evaluate('history.length');
    await frame.getByRole('heading', { name: 'Where this link leads' }).waitFor();
    const text = page.locator('#field-brandColor');
    const picker = page.getByLabel('Pick a colour');

    await page.getByLabel('Name').pressSequentially('Acme');
    await frame.getByText('Acme', { exact: true }).waitFor();
    await text.fill('1B1464');
    expect(await picker.inputValue()).toBe('#1b1464');
    await page.getByText('Text becomes').waitFor();
    const brand = () => frame.locator('.brand').evaluate((line) => getComputedStyle(line).color);
    await expect.poll(brand).toBe('rgb(27, 20, 100)');
    await picker.fill('#ffd400');
    expect(await text.inputValue()).toBe('#ffd400');
    await page.getByText('Too pale for text on light pages').waitFor();
    await expect.poll(brand).toBe(colors.light);
    await page.getByRole('group', { name: 'Look' }).getByText('Dark').click();
    await expect.poll(brand).toBe(colors.dark);
    await page.getByRole('button', { name: 'Plum' }).click();
    expect([await text.inputValue(), await picker.inputValue()]).toEqual(['#8a3f8f', '#8a3f8f']);

    for (const [label, heading] of [
      ['A link that does not exist', 'There is no link here'],
      ['A link that has ended', 'This link has ended'],
      ['Too many wrong links', 'One moment, please'],
    ] as const) {
      await page.getByLabel('Page', { exact: true }).selectOption({ label });
      await frame.getByRole('heading', { name: heading }).waitFor();
    }
    await page.getByLabel(/^Logo/).setInputFiles(await draw(page, 'image/webp'));
    await expect.poll(() => widthOf(frame.getByAltText('Acme'))).toBe(120);
    // A change that is not saved is not left without a question; a page that is looked at is none.
    expect(
      await page.evaluate("document.querySelector('form[data-guarded] select').selectedOptions[0].defaultSelected"),
    ).toBe(true);
    // A step back is not one for each key.
    expect(await page.evaluate('history.length')).toBe(steps);
    expect((await getOwnDomain(app.db, ada.workspace.id, id)).brandName).toBeNull();

    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Visitors of live.localhost see this from now on.').waitFor();
    const saved = await getOwnDomain(app.db, ada.workspace.id, id);
    expect(saved).toMatchObject({ brandName: 'Acme', brandColor: '#8a3f8f', logoType: 'image/webp' });
    // The page and the look that were chosen stay.
    await frame.getByRole('heading', { name: 'One moment, please' }).waitFor();
    expect(await page.getByRole('group', { name: 'Look' }).getByLabel('Dark').isChecked()).toBe(true);
    await page.getByLabel('Remove the logo').check();
    await frame.getByText('Acme', { exact: true }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('cannot be typed into something that runs', async () => {
    const { path, page, errors } = await open('hostile.localhost');
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await page.goto(`${app.url}${path}/brand`);
    const name = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
    await page.getByLabel('Name').fill(name);
    await frameOf(page).getByText(name).waitFor();
    expect(await frameOf(page).locator('script, img').count()).toBe(0);
    expect([dialogs, errors]).toEqual([0, []]);
    await page.context().close();
  });

  it('says that a picture is too large before it is sent', async () => {
    const { path, page } = await open('large.localhost');
    await page.goto(`${app.url}${path}/brand`);
    const logo = page.getByLabel(/^Logo/);
    await logo.setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.alloc(300_000) });
    const message = () => logo.evaluate((input) => (input as HTMLInputElement).validationMessage);
    expect(await message()).toBe('This file is too large. At most 200 kB fit here.');
    await logo.setInputFiles(await draw(page, 'image/png'));
    expect(await message()).toBe('');
    await page.context().close();
  });

  it('is tried out and saved without scripts, logo included', async () => {
    const { path, page } = await open('plain.localhost', { javaScriptEnabled: false });
    const picture = await draw((await openPage(browser)).page, 'image/png');
    await page.goto(`${app.url}${path}/brand`);
    expect(await page.getByLabel('Pick a colour').isVisible()).toBe(false);
    await page.getByLabel('Name').fill('Acme');
    await page.locator('#field-brandColor').fill('#0f7b5c');
    await page.getByLabel(/^Logo/).setInputFiles(picture);
    await page.getByLabel('Page', { exact: true }).selectOption('ended');
    await page.getByRole('button', { name: 'Preview' }).click();
    await frameOf(page).getByRole('heading', { name: 'This link has ended' }).waitFor();
    expect(await frameOf(page).getByAltText('Acme').getAttribute('src')).toMatch(/^data:image\/png;base64,/);
    // The form is as it was, its file too.
    expect(await page.getByLabel('Name').inputValue()).toBe('Acme');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Visitors of plain.localhost see this from now on.').waitFor();
    await page.getByAltText('The logo now').waitFor();
    await page.getByLabel('Remove the logo').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Shown instead of the name.').waitFor();
    await page.context().close();
  });
});

describe('a logo', () => {
  it('is chosen on a phone, as each browser writes it, and covers nothing', async () => {
    const { path, page, errors } = await open('logo.localhost', {
      viewport: { width: 320, height: 640 },
      bypassCSP: true,
    });
    const shown = page.getByAltText('The logo now');
    for (const type of ['image/webp', 'image/jpeg', 'image/png']) {
      await page.goto(`${app.url}${path}/brand`);
      await page.getByLabel('Name').fill('Acme');
      await page.getByLabel(/^Logo/).setInputFiles(await draw(page, type));
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Visitors of logo.localhost see this from now on.').waitFor();
      await expect.poll(() => widthOf(shown)).toBe(120);
    }
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await isWiderThanWindow(page)).toBe(false);
    const visitor = await openPage(browser, { viewport: { width: 320, height: 640 } });
    await visitor.page.goto(`${app.url.replace('localhost', 'logo.localhost')}/nobody-has-this`);
    await expect.poll(() => widthOf(visitor.page.getByRole('img', { name: 'Acme' }))).toBe(120);
    expect([errors, visitor.errors]).toEqual([[], []]);
  });
});

describe('pages of visitors', () => {
  for (const look of ['light', 'dark'] as const) {
    it(`have nothing that axe finds, as they are framed in the settings: ${look}`, async () => {
      const { id, path, page } = await open(`axe-${look}.localhost`, {
        viewport: { width: 390, height: 800 },
        bypassCSP: true,
      });
      // Every page in one colour, and the one with most on it in others, its button under the pointer.
      const pages = [
        ...sampleNames.map((name) => ({ name, brandColor: '#ffd400' })),
        ...['#808080', '#000000', '#ffffff', null].map((brandColor) => ({ name: sampleNames[0], brandColor })),
      ];
      for (const { name, brandColor } of pages) {
        await app.db.update(domains).set({ brandName: 'Acme', brandColor }).where(eq(domains.id, id));
        await page.goto(`${app.url}${path}/visitor-page?page=${name}&look=${look}`);
        if (brandColor !== '#ffd400') await page.locator('.button').hover();
        expect([name, brandColor, await accessibilityProblems(page)]).toEqual([name, brandColor, []]);
      }
      await page.context().close();
    });
  }
});
