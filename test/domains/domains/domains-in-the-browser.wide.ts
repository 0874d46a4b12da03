import { afterAll, expect, it } from 'vitest';
import { listClaims } from '../../../src/domains/domains/claims.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { jumpTo, tabTo } from '../../setup/keyboard.ts';
import { startDnsServer } from '../dns/dns-server.ts';

const dns = await startDnsServer();
// The last to be closed.
afterAll(() => dns.close());
const { app, browser } = await startInBrowser({ DNS_SERVERS: dns.address });
const ada = await app.signUp('Ada');

async function open(width: number) {
  const { page, errors } = await openPageAs(browser, app, ada, { viewport: { width, height: 900 } });
  const violations = () => accessibilityProblems(page);
  const isTooWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return { page, errors, violations, isTooWide };
}

it('an admin adds a domain, and the page notices by itself that its records are there', async () => {
  const { page, errors, violations } = await open(1280);
  // The page's own clock, so that nobody waits while it does.
  await page.clock.install();
  await page.goto(`/w/${ada.workspace.slug}/settings`);
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Domains' }).click();
  await page.getByRole('heading', { name: 'Your name on every link' }).waitFor();
  expect(await violations()).toEqual([]);
  await page.getByLabel('Add a domain').fill('https://Go.Acme.test/');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'go.acme.test' }).waitFor();
  await page.getByText('Waiting', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText('There is no TXT record at _waymark.go.acme.test.').waitFor();
  expect(await violations()).toEqual([]);

  const [claim] = await listClaims(app.db, ada.workspace.id);
  await page.getByText('Where to set them').click();
  dns.zone['TXT _waymark.go.acme.test'] = [`waymark-verify=${claim?.proofToken}`];
  await page.getByText('go.acme.test does not point anywhere.').waitFor();
  await page.clock.fastForward(10_000);
  await page.getByText('There is no TXT record').waitFor({ state: 'detached' });
  // Looking again leaves what somebody reads as it is.
  expect(await page.getByText('Amazon Route 53').isVisible()).toBe(true);
  dns.zone['CNAME go.acme.test'] = ['go.localhost'];
  await page.clock.fastForward(10_000);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('All records are right.').waitFor();
  const questions = dns.questions.length;
  await page.clock.fastForward(60_000);
  await page.waitForTimeout(500);
  expect(dns.questions.length).toBe(questions);
  expect(await violations()).toEqual([]);
  expect(errors).toEqual([]);
});

it('it fits on a phone', async () => {
  const { page, violations, isTooWide } = await open(360);
  await page.goto(`/w/${ada.workspace.slug}/domains`);
  await page.getByLabel('Add a domain').fill('a-rather-long-name-for-a-domain.of-a-team.acme.test');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText('There is no TXT record').waitFor();
  expect(await isTooWide()).toBe(false);
  expect(await violations()).toEqual([]);
  await page.goto(`/w/${ada.workspace.slug}/domains`);
  expect(await isTooWide()).toBe(false);
});

it('a domain is added and checked by keyboard alone', async () => {
  const { page, errors } = await open(1280);
  await page.goto(`/w/${ada.workspace.slug}/links`);
  await jumpTo(page, 'add a domain');
  const field = page.getByLabel('Add a domain');
  await expect.poll(() => field.evaluate((each) => each === document.activeElement)).toBe(true);
  await page.keyboard.insertText('keys.acme.test');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'keys.acme.test' }).waitFor();
  await tabTo(page, page.getByRole('button', { name: 'Check now' }));
  await page.keyboard.press('Enter');
  await page.getByText('There is no TXT record at _waymark.keys.acme.test.').waitFor();
  expect(errors).toEqual([]);
});

it('a domain is added, checked and removed without scripts', async () => {
  const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false });
  await page.goto(`/w/${ada.workspace.slug}/domains`);
  await page.getByLabel('Add a domain').fill('plain.acme.test');
  await page.getByRole('button', { name: 'Add domain' }).click();
  await page.getByRole('button', { name: 'Check now' }).click();
  expect(await page.getByText('There is no TXT record at _waymark.plain.acme.test.').count()).toBe(1);
  await page.getByRole('link', { name: 'Remove' }).click();
  await page.getByLabel('Type plain.acme.test').fill('plain.acme.test');
  await page.getByRole('button', { name: 'Remove domain' }).click();
  expect(await page.getByRole('link', { name: 'plain.acme.test', exact: true }).count()).toBe(0);
});
