import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPage, openPageAs } from '../../setup/browser.ts';
import { focusProblems } from '../../setup/focus-ring.ts';
import { layoutProblems } from '../../setup/layout.ts';
import { openWeighed } from '../../setup/weight.ts';
import { ofNewcomers, ofStrangers, ofWorkspace } from './every-page.ts';
import { fillWithLongWords, type LongWords } from './long-words.ts';

/** Every page of ours with words as long as they may be: nothing is cut off, covered, out of reach, hard to read or heavy. */

/** Menus and dialogs are opened too, and rings of the focus looked at, where a width is looked at closely. */
const phone = { colorScheme: 'dark', widths: [320, 390], closely: 390 } as const;
const desk = { colorScheme: 'light', widths: [768, 1024, 1920, 1280], closely: 1280 } as const;

type Kind = typeof phone | typeof desk;
/** A window in which pages are walked. Both of somebody's are walked at the same time. */
type Walker = { page: Page; kind: Kind };

/** Answers that are no pages: files, programs, parts of pages, and ways on. */
const noPages =
  /^\/(api|assets|internal|health|metrics|qr|pb|px|\.well-known)\b|\.(csv|css|ico|txt|json)$|\/(suggest|rule-values|slug-check|same-destination|addresses|logo|hits|stream|export|brand\/colour|:id\/settings)$|\/live\b|^\/(profile|admin|docs\/keys)?$|^\/w\/:workspace$|\*/;

const collected: RouteOptions[] = [];
const watchRoutes = (message: unknown) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRoute', (route) => void collected.push(route));
};

let app: TestApp;
let browser: Browser;
let made: LongWords;
let owner: Walker[];
let newcomer: Walker[];
let newHome: string;
let stranger: Walker[];
const visited = new Set<string>();
/** What stands on many pages is looked at once in a kind of window. */
const seen = new Map<Kind, { controls: Set<string>; popovers: Set<string> }>(
  [phone, desk].map((kind) => [kind, { controls: new Set(), popovers: new Set() }]),
);

async function openWalkers(person?: Person): Promise<Walker[]> {
  return Promise.all(
    [phone, desk].map(async (kind) => {
      const options = { colorScheme: kind.colorScheme, reducedMotion: 'reduce', baseURL: app.url } as const;
      const { page } = person ? await openPageAs(browser, app, person, options) : await openPage(browser, options);
      return { page, kind };
    }),
  );
}

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
  owner = await openWalkers(ada);
  newcomer = await openWalkers(empty);
  stranger = await openWalkers();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** All that opens on a page, by its id, and what tells it from others: of menus of rows that look alike, one is opened. */
const popoversOf = (page: Page): Promise<[look: string, id: string][]> =>
  page.evaluate(() => [
    ...new Map(
      [...document.querySelectorAll('[popover][id]')].map(({ id, className, textContent }) => {
        const kind = id.replace(/-?(?=\w*\d)\w{12,}$/, '');
        return [`${className} ${kind} ${kind === id ? textContent : location.pathname}`, id] as [string, string];
      }),
    ),
  ]);

const setOpen = (page: Page, id: string, isOpen: boolean) =>
  page.evaluate(
    ([name, opens]) => {
      const element = document.getElementById(name);
      // As our scripts open it: a dialog is modal.
      if (element instanceof HTMLDialogElement) {
        if (opens) element.showModal();
        else element.close();
      } else if (opens) element?.showPopover();
      else element?.hidePopover();
      return element?.checkVisibility() ?? false;
    },
    [id, isOpen] as const,
  );

async function walk({ page, kind }: Walker, address: string): Promise<string[]> {
  const problems: string[] = [];
  const { controls = new Set<string>(), popovers = new Set<string>() } = seen.get(kind) ?? {};
  const note = (where: string, found: string[]) => problems.push(...found.map((problem) => `${where}: ${problem}`));
  await page.setViewportSize({ width: kind.widths[0], height: 900 });
  await page.goto(address);
  await page.evaluate('document.fonts.ready');
  await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
  for (const width of kind.widths) {
    await page.setViewportSize({ width, height: 900 });
    note(`${width} px`, await layoutProblems(page));
  }
  await page.setViewportSize({ width: kind.closely, height: 700 });
  note(`${kind.closely} px`, await accessibilityProblems(page));
  note(`${kind.closely} px`, await focusProblems(page, controls));
  for (const [look, id] of await popoversOf(page)) {
    if (popovers.has(look)) continue;
    popovers.add(look);
    if (await setOpen(page, id, true)) {
      const where = `${kind.closely} px, #${id}`;
      note(where, await layoutProblems(page, `#${id}`));
      note(where, await accessibilityProblems(page));
      note(where, await focusProblems(page, controls));
    }
    await setOpen(page, id, false);
  }
  return problems;
}

const kB = 1_000;
/** The reference is one page, so that the browser's own search finds all of it. */
const most = (pathname: string) =>
  pathname === '/docs' ? { cold: 140 * kB, warm: 1 * kB } : { cold: 160 * kB, warm: 50 * kB };

/** Weighs a page as somebody loads it for the first time, and again. */
async function weightProblems(page: Page, address: string): Promise<string[]> {
  const [cold, warm] = [await openWeighed(page, address, 'cold'), await openWeighed(page, address, 'warm')];
  const bound = most(new URL(address, app.url).pathname);
  const scripts = cold.scripts.filter((path) => !/^\/assets\/(theme|reference)-/.test(path));
  return [
    ...(cold.bytes > bound.cold ? [`${cold.bytes} bytes the first time`] : []),
    ...(warm.bytes > bound.warm ? [`${warm.bytes} bytes the second time`] : []),
    ...(scripts.length > 1 ? [`several scripts: ${scripts.join(' ')}`] : []),
    ...warm.hashed.map((path) => `${path} was asked for again`),
  ];
}

async function problemsOf(walkers: Walker[], address: string): Promise<string[]> {
  visited.add(new URL(address, app.url).pathname);
  const problems = (await Promise.all(walkers.map((each) => walk(each, address)))).flat();
  const [first] = walkers;
  return first ? [...problems, ...(await weightProblems(first.page, address))] : problems;
}

describe.sequential('a page fits, shows where the focus is, can be read, and is light', () => {
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
    expect(patterns.length).toBeGreaterThan(40);
    expect(patterns.filter((pattern) => !isVisited(pattern))).toEqual([]);
  });

  it('was looked at for its rings, which were there to be seen', () => {
    for (const { controls, popovers } of seen.values()) {
      expect(controls.size).toBeGreaterThan(100);
      expect(popovers.size).toBeGreaterThan(10);
    }
  });
});
