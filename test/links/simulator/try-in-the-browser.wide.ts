import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/ground/addresses/route.ts';
import { updateLink } from '../../../src/links/links/queries.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { byTest } from '../../setup/actor.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { makeHits, makeLink, pageOf } from '../../setup/make.ts';

const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');

const to = (...hosts: string[]) =>
  hosts.map((host) => ({ url: `https://${host}.example/spring`, weight: 1, app: null }));
const routes: Route[] = [
  {
    name: 'iPhones on Sundays',
    when: {
      all: [
        { what: 'system', is: 'one_of', values: ['ios'] },
        { what: 'weekday', is: 'one_of', values: ['sun'], timeZone: 'Europe/Madrid' },
        { not: { what: 'query', name: 'ref', is: 'one_of', values: ['newsletter'] } },
      ],
    },
    to: to('a', 'b'),
  },
  { name: 'Spain', when: { what: 'country', is: 'one_of', values: ['ES'] }, to: to('es') },
  { name: 'Munich', when: { what: 'city', is: 'one_of', values: ['munich'] }, to: to('munich') },
];

async function routedLink() {
  const link = await makeLink(app, ada, { url: 'https://own.example/spring', title: 'Spring sale' });
  await updateLink(app.db, ada.workspace.id, byTest, link.id, { routes });
  return link;
}

describe('a made-up visitor', () => {
  it.each([390, 1280])('is tried at %i pixels, with and without scripts', async (width) => {
    const link = await routedLink();
    for (const javaScriptEnabled of [true, false]) {
      const { page, errors } = await openPageAs(browser, app, ada, {
        javaScriptEnabled,
        viewport: { width, height: 900 },
      });
      const main = page.locator('main');
      await page.goto(`${pageOf(ada, link)}/destinations`);
      await main.getByRole('link', { name: 'Try a visitor' }).click();
      await main.getByLabel('Device', { exact: true }).selectOption('iPhone, Safari');
      await main.getByLabel('Country').fill('Spain');
      await main.getByLabel('Date and time').fill('2026-12-07T11:00');
      await main.getByRole('button', { name: 'Try' }).click();
      await main.getByText('by the rule “Spain”').waitFor();
      expect(page.url()).toContain('country=Spain');
      expect(await main.getByLabel('Country').inputValue()).toBe('Spain');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        if (javaScriptEnabled) expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      }
      expect(errors).toEqual([]);
      await page.context().close();
    }
  });

  it('is one who clicked a moment ago', async () => {
    const link = await routedLink();
    await makeHits(app, link, [{ country: 'ES', os: 'iOS', browser: 'Instagram', device: 'mobile', language: 'es' }]);
    const { page, errors } = await openPageAs(browser, app, ada, { viewport: { width: 1280, height: 900 } });
    await page.goto(`${pageOf(ada, link)}/realtime`);
    await page.getByRole('link', { name: 'Why there?' }).click();
    await page.getByText('These are the kept values of the click of').waitFor();
    expect(page.url()).toContain('app=Instagram');
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
