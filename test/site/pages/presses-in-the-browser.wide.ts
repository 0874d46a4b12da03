import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeLink, pageOf } from '../../setup/make.ts';

/** What the daily work costs. Each key, each click and each paste counts one. */

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const home = `/w/${ada.workspace.slug}`;

/** Hands that count. Words are typed letter by letter, and are beside the count: nobody can shorten them. */
function handsOn(page: Page) {
  let presses = 0;
  const counted = (work: Promise<void>): Promise<void> => {
    presses += 1;
    return work;
  };
  return {
    press: (key: string) => counted(page.keyboard.press(key)),
    paste: (text: string) => counted(page.keyboard.insertText(text)),
    click: (place: Locator) => counted(place.click()),
    type: (words: string) => page.keyboard.type(words),
    presses: () => presses,
  };
}

async function open(path: string) {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const { page, errors } = await openPageAs(browser, app, ada, { permissions });
  await page.goto(path);
  return { page, errors, hands: handsOn(page), copied: () => page.evaluate(() => navigator.clipboard.readText()) };
}

const addressOf = (page: Page) => page.locator('.create-link [data-copy]').getAttribute('data-copy');

describe('presses', () => {
  it.each(['reports', 'campaigns', 'tags', 'members', 'history'])(
    'three make a link from %s, and copy it',
    async (place) => {
      const { page, errors, hands, copied } = await open(`${home}/${place}`);
      await hands.press('c');
      await hands.paste(`https://example.com/${place}`);
      await hands.press('Enter');
      await page.getByText('Your link is ready and copied.').waitFor();
      expect(hands.presses()).toBe(3);
      expect(await copied()).toBe(await addressOf(page));
      expect(errors).toEqual([]);
    },
  );

  it('three make another link where one was just made', async () => {
    const { page, errors, hands, copied } = await open(`${home}/reports`);
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://example.com/one');
    await page.keyboard.press('Enter');
    await page.getByText('Your link is ready and copied.').waitFor();
    const first = await addressOf(page);
    await hands.press('c');
    await page.locator('#quick-url').waitFor();
    await hands.paste('https://example.com/another');
    await hands.press('Enter');
    await page.getByText('leads to https://example.com/another').waitFor();
    expect(hands.presses()).toBe(3);
    await expect.poll(copied).toBe(await addressOf(page));
    expect(await copied()).not.toBe(first);
    expect(errors).toEqual([]);
  });

  it('one takes what is typed along to the form of several links', async () => {
    const { page, errors, hands } = await open(`${home}/reports`);
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://example.com/many');
    await page.locator('#quick-tags').fill('spring');
    await hands.click(page.locator('#create-link').getByRole('link', { name: 'Several at once' }));
    await page.waitForURL('**/links/several?**');
    expect(await page.getByLabel('Where should they lead?').inputValue()).toBe('https://example.com/many');
    expect(await page.locator('[name="allTags"]').inputValue()).toBe('spring');
    expect(errors).toEqual([]);
  });

  it('two make the second link of a series', async () => {
    const { page, errors, hands } = await open(`${home}/reports`);
    await page.keyboard.press('c');
    await page.keyboard.insertText('https://example.com/1');
    await page.keyboard.press('Shift+Enter');
    await page.getByText('Your link is ready.').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('quick-url');
    await hands.paste('https://example.com/2');
    await hands.press('Shift+Enter');
    await page.getByText('2 links are ready.').waitFor();
    expect(hands.presses()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('at most four change where a link leads, from its page', async () => {
    const link = await makeLink(app, ada);
    const { page, errors, hands } = await open(pageOf(ada, link));
    await hands.press('e');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('edit-url');
    await hands.paste('https://example.com/moved');
    await hands.press('Enter');
    await page.getByText('Visitors follow the new destination from now on.').waitFor();
    expect(hands.presses()).toBeLessThanOrEqual(4);
    expect((await app.visit(`/${link.slug}`)).headers.location).toBe('https://example.com/moved');
    expect(errors).toEqual([]);
  });

  it('two fetch the QR code of a link as PNG, from its page', async () => {
    const { page, errors, hands } = await open(pageOf(ada, await makeLink(app, ada, { slug: 'coded' })));
    await hands.click(page.getByRole('button', { name: 'QR code' }));
    const download = page.waitForEvent('download');
    await hands.click(page.getByRole('link', { name: 'PNG, 1024 pixels' }));
    expect((await download).suggestedFilename()).toBe('coded-qr.png');
    expect(hands.presses()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('at most three and a word of its title lead to a link, from anywhere', async () => {
    const link = await makeLink(app, ada, { title: 'The tulip festival' });
    for (let n = 0; n < 8; n++) await makeLink(app, ada, { title: `Harvest ${n}` });
    const { page, errors, hands } = await open(`${home}/members`);
    await hands.press('Control+k');
    await hands.type('tulip');
    const found = page.locator('#jump').getByRole('option');
    await expect.poll(async () => (await found.allInnerTexts()).length).toBe(1);
    await hands.press('Enter');
    await page.waitForURL(`**${pageOf(ada, link)}`);
    expect(hands.presses()).toBeLessThanOrEqual(3);
    expect(errors).toEqual([]);
  });

  it('at most four and the address invite somebody, from anywhere, and one more copies the link', async () => {
    const { page, errors, hands, copied } = await open(`${home}/reports`);
    await hands.click(page.getByRole('link', { name: 'Settings' }).first());
    await hands.click(page.getByRole('link', { name: 'Members' }).first());
    await hands.click(page.getByLabel('Invite by e-mail'));
    await hands.type('grace@example.com');
    await hands.press('Enter');
    await page.locator('#new-invitation').waitFor();
    expect(hands.presses()).toBeLessThanOrEqual(4);
    await hands.press('Enter');
    await expect.poll(copied).toBe(await page.locator('#new-invitation').textContent());
    expect(errors).toEqual([]);
  });
});
