import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage, openPageAs } from '../../setup/browser.ts';
import { focusProblems } from '../../setup/focus-ring.ts';
import { layoutProblems } from '../../setup/layout.ts';
import { fillWithLongWords, type LongWords } from './long-words.ts';

/** Every page of ours with words as long as they may be: nothing is cut off, covered or out of reach at any width. */

const widths = [320, 390, 768, 1024, 1280, 1920];
/** Where menus and dialogs are opened too, and focus rings looked at. */
const closely = new Set([390, 1280]);

type Where = (made: LongWords) => string;

const ofWorkspace: Record<string, Where> = {
  'list of links': ({ home }) => `${home}/links`,
  'archived links': ({ home }) => `${home}/links?state=archived`,
  'links that are found': ({ home, unbroken }) => `${home}/links?q=${unbroken.slice(0, 40)}`,
  'links that are not found': ({ home }) => `${home}/links?q=${'x'.repeat(150)}`,
  'new link': ({ home, unbroken }) =>
    `${home}/links/new?url=${encodeURIComponent('javascript:alert(1)')}&title=${unbroken}`,
  'link with long words': ({ home, long }) => `${home}/links/${long.id}`,
  'link that is edited': ({ home, long }) => `${home}/links/${long.id}/edit`,
  'values of a link': ({ home, long }) => `${home}/links/${long.id}/values?by=referrer`,
  'link with words from right to left': ({ home, rtl }) => `${home}/links/${rtl.id}`,
  'archived link': ({ home, archived }) => `${home}/links/${archived.id}`,
  'link without clicks': ({ home, untouched }) => `${home}/links/${untouched.id}`,
  campaigns: ({ home }) => `${home}/campaigns`,
  'new campaign': ({ home }) => `${home}/campaigns/new`,
  'campaign that is edited': ({ home, campaigns }) => `${home}/campaigns/${campaigns[0]}/edit`,
  'report of a campaign': ({ home, campaigns }) => `${home}/reports/campaigns/${campaigns[0]}`,
  'values of a campaign': ({ home, campaigns }) => `${home}/reports/campaigns/${campaigns[0]}/values?by=link`,
  'report of a tag': ({ home, tagId }) => `${home}/reports/tags/${tagId}`,
  'values of a tag': ({ home, tagId }) => `${home}/reports/tags/${tagId}/values?by=city`,
  'report of a domain': ({ home, domainId }) => `${home}/reports/domains/${domainId}`,
  'values of a domain': ({ home, domainId }) => `${home}/reports/domains/${domainId}/values?by=browser`,
  'report of a QR code': ({ home, long }) => `${home}/reports/qr-codes/${long.qrSlugId}`,
  'values of a QR code': ({ home, long }) => `${home}/reports/qr-codes/${long.qrSlugId}/values?by=os`,
  report: ({ home }) => `${home}/reports`,
  'report of today': ({ home }) => `${home}/reports?period=today`,
  'filtered report': ({ home, filter }) => `${home}/reports?${filter}&f=country:not:DE&f=browser:contains:WWW`,
  'report of a period that cannot be': ({ home }) => `${home}/reports?from=2026-02-30&to=2026-01-01`,
  'values of the report': ({ home }) => `${home}/reports/values?by=utm_campaign`,
  'realtime view': ({ home }) => `${home}/realtime`,
  'realtime view of a link': ({ home, long }) => `${home}/links/${long.id}/realtime`,
  'realtime view of a campaign': ({ home, campaigns }) => `${home}/reports/campaigns/${campaigns[0]}/realtime`,
  'realtime view of a tag': ({ home, tagId }) => `${home}/reports/tags/${tagId}/realtime`,
  'realtime view of a domain': ({ home, domainId }) => `${home}/reports/domains/${domainId}/realtime`,
  'realtime view of a QR code': ({ home, long }) => `${home}/reports/qr-codes/${long.qrSlugId}/realtime`,
  'comparison of links': ({ home, long, rtl }) => `${home}/compare?link=${long.id}&link=${rtl.id}`,
  'comparison of campaigns': ({ home, campaigns }) =>
    `${home}/compare?campaign=${campaigns[0]}&campaign=${campaigns[1]}`,
  'nothing to compare': ({ home }) => `${home}/compare`,
  'saved views': ({ home }) => `${home}/views`,
  'view that is renamed': ({ home, viewId }) => `${home}/views/${viewId}`,
  tags: ({ home }) => `${home}/tags`,
  'one tag': ({ home, tagId }) => `${home}/tags/${tagId}`,
  settings: ({ home }) => `${home}/settings`,
  members: ({ home }) => `${home}/members`,
  domains: ({ home }) => `${home}/domains`,
  'domain that is live': ({ home, domainId }) => `${home}/domains/${domainId}`,
  'domain that waits': ({ home, waitingId }) => `${home}/domains/${waitingId}`,
  'settings of a domain': ({ home, domainId }) => `${home}/domains/${domainId}/settings`,
  'domain that is removed': ({ home, domainId }) => `${home}/domains/${domainId}/remove`,
  'API keys': ({ home }) => `${home}/keys`,
  'shared reports': ({ home }) => `${home}/shares`,
  'report that is shared': ({ home, long }) => `${home}/shares?link=${long.id}`,
  'reports by mail': ({ home }) => `${home}/mailings`,
  'report that is mailed': ({ home, campaigns }) => `${home}/mailings?campaign=${campaigns[0]}`,
  profile: () => '/profile',
  'mail of the server': () => '/admin/mail',
  'new workspace': () => '/workspaces/new',
  'page that there is not': ({ home, unbroken }) => `${home}/${unbroken}`,
  'workspace of others': ({ unbroken }) => `/w/${unbroken.toLowerCase()}/links`,
};

const ofStrangers: Record<string, Where> = {
  'log-in': () => '/log-in',
  'sign-up': () => '/sign-up',
  'forgotten password': () => '/forgot-password',
  'confirmation of an address': () => '/confirm-email?token=gone',
  'new password': () => '/reset-password?token=gone',
  invitation: ({ invited }) => `/invitations/${invited}`,
  'shared report': ({ shared }) => `/r/${shared}`,
  'shared report with a password': ({ locked }) => `/r/${locked}`,
  'shared report that is over': () => `/r/${'w'.repeat(32)}`,
  'what a reader of mailed reports decides': ({ mailing }) => `/mailings/${mailing}`,
  'preview of a short link': ({ short, rtl }) => `${short}/${rtl.slug}+`,
  'short link that has ended': ({ short, archived }) => `${short}/${archived.slug}`,
  'short link that there is not': ({ short, unbroken }) => `${short}/${unbroken}`,
  'bare short host': ({ short }) => `${short}/`,
};

const ofNewcomers = [
  'links',
  'campaigns',
  'reports',
  'tags',
  'views',
  'shares',
  'mailings',
  'domains',
  'members',
  'keys',
];

/** Answers that are no pages: files, programs, parts of pages, and ways on. */
const noPages =
  /^\/(api|assets|internal|health|metrics|docs|qr|\.well-known)\b|\.(csv|ico|txt|json)$|\/(suggest|slug-check|logo|hits|stream|export)$|\/live\b|^\/$|^\/w\/:workspace$|\*/;

const collected: RouteOptions[] = [];
const watchRoutes = (message: unknown) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRoute', (route) => void collected.push(route));
};

let app: TestApp;
let browser: Browser;
let made: LongWords;
let owner: Page;
let newcomer: Page;
let newHome: string;
let stranger: Page;
const visited = new Set<string>();
const seen = { light: new Set<string>(), dark: new Set<string>() };

beforeAll(async () => {
  subscribe('fastify.initialization', watchRoutes);
  app = await startTestApp();
  unsubscribe('fastify.initialization', watchRoutes);
  // The first account looks after the server.
  const ada = await app.signUp('Ada');
  const empty = await app.signUp('Nobody');
  newHome = `/w/${empty.workspace.slug}`;
  made = await fillWithLongWords(app, ada);
  browser = await launchBrowser();
  const options = { reducedMotion: 'reduce', viewport: { width: 1280, height: 900 } } as const;
  ({ page: owner } = await openPageAs(browser, app, ada, options));
  ({ page: newcomer } = await openPageAs(browser, app, empty, options));
  ({ page: stranger } = await openPage(browser, { baseURL: app.url, ...options }));
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** All that opens on a page, by its id; of those that look alike, such as the menus of rows, one. */
const popoversOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const alike = new Map<string, string>();
    for (const { id, className } of document.querySelectorAll('[popover][id]'))
      alike.set(`${className} ${id.replace(/-?(?=\w*\d)\w{12,}$/, '')}`, id);
    return [...alike.values()];
  });

const setOpen = (page: Page, id: string, isOpen: boolean) =>
  page.evaluate(
    ([name, opens]) => {
      const element = document.getElementById(name);
      if (opens) element?.showPopover();
      else element?.hidePopover();
      return element?.checkVisibility() ?? false;
    },
    [id, isOpen] as const,
  );

async function problemsOf(page: Page, address: string): Promise<string[]> {
  visited.add(new URL(address, app.url).pathname);
  const problems: string[] = [];
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(address);
  await page.evaluate('document.fonts.ready');
  await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
  const popovers = await popoversOf(page);
  const note = (where: string, found: string[]) => problems.push(...found.map((problem) => `${where}: ${problem}`));
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    note(`${width} px`, await layoutProblems(page));
    if (!closely.has(width)) continue;
    for (const id of popovers) {
      if (await setOpen(page, id, true)) note(`${width} px, #${id}`, await layoutProblems(page, `#${id}`));
      await setOpen(page, id, false);
    }
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const look = (where: string) =>
        focusProblems(page, seen[colorScheme]).then((found) => note(`${width} px, ${colorScheme}${where}`, found));
      await look('');
      for (const id of popovers) {
        if (await setOpen(page, id, true)) await look(`, #${id}`);
        await setOpen(page, id, false);
      }
    }
  }
  return problems;
}

describe.sequential('a page fits, and shows where the focus is', () => {
  it.each(Object.entries(ofWorkspace))('%s', async (_name, where) => {
    expect(await problemsOf(owner, where(made))).toEqual([]);
  });

  it.each(Object.entries(ofStrangers))('%s, without an account', async (_name, where) => {
    expect(await problemsOf(stranger, where(made))).toEqual([]);
  });

  it.each(ofNewcomers)('%s of an empty workspace', async (name) => {
    expect(await problemsOf(newcomer, `${newHome}/${name}`)).toEqual([]);
  });

  it('was among these, whichever it is', () => {
    const patterns = collected
      .filter(({ method, url }) => [method].flat().includes('GET') && !noPages.test(url))
      .map(({ url }) => url);
    const isVisited = (pattern: string) => {
      const shape = new RegExp(`^${pattern.replaceAll(/:\w+(\([^)]*\))?/g, '[^/]+')}$`);
      return [...visited].some((address) => shape.test(address));
    };
    expect(patterns.filter((pattern) => !isVisited(pattern))).toEqual([]);
  });
});
