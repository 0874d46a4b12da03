import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPageAs } from '../../setup/browser.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let browser: Browser;
let ada: Person;
let home: string;
const links: string[] = [];

beforeAll(async () => {
  [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
  ada = await app.signUp('Ada');
  home = `/w/${ada.workspace.slug}`;
  for (const slug of ['spring', 'summer']) {
    links.push((await makeLink(app, ada, { slug })).id);
    for (let visit = 0; visit < 8; visit++) await app.visit(`/${slug}`);
  }
  const workspaceId = ada.workspace.id;
  // A line needs more than one day: most of the clicks came some days ago.
  await app.rollUp();
  await app.db.execute(sql`
with hit as (
  insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, is_first_on_link, is_first_in_workspace)
  select n, now() - make_interval(days => n % 6 + 1), l.id, 'x', ${workspaceId}, 'human', 'human:browser', 1, 'direct', false, false
  from (select id, (row_number() over (order by id))::int as nth from links where workspace_id = ${workspaceId}) l,
       generate_series(1, 40 * nth) n
  returning *
)
insert into clicks_pending select * from hit`);
  await app.db.execute(
    sql`insert into campaigns (id, workspace_id, name, name_key) values ('launch', ${workspaceId}, 'Launch & <more>', 'launch')`,
  );
  await app.db.execute(sql`update links set campaign_id = 'launch' where workspace_id = ${workspaceId}`);
});

afterAll(async () => {
  await browser.close();
  await app.close();
});

async function open(path: string, colorScheme: 'light' | 'dark', width = 1280) {
  const opened = await openPageAs(browser, app, ada, {
    colorScheme,
    viewport: { width, height: 900 },
    acceptDownloads: true,
  });
  await opened.page.goto(app.url + path);
  return opened;
}

/** Presses a button by the keyboard and reads what it downloads. */
async function take(page: Page, label: string): Promise<{ name: string; file: Buffer }> {
  const begun = page.waitForEvent('download');
  await page.getByRole('button', { name: label }).focus();
  await page.keyboard.press('Enter');
  const download = await begun;
  return { name: download.suggestedFilename(), file: await readFile(await download.path()) };
}

/** How many pixels have a colour, about. */
function countPixels({ data }: PNG, hex: string): number {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (wanted.every((part, index) => Math.abs(part - (data[at + index] ?? 0)) <= 3)) count++;
  return count;
}

/** The picture as a parser of XML sees it: throws when it is not well-formed. */
const parsed = (page: Page, svg: string) =>
  page.evaluate((text) => {
    const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    if (root.querySelector('parsererror') ?? root.localName !== 'svg') throw new Error(root.textContent ?? '');
    return {
      width: Number(root.getAttribute('width')),
      height: Number(root.getAttribute('height')),
      texts: [...root.querySelectorAll('text')].map((each) => each.textContent ?? ''),
      ground: root.querySelector('rect')?.getAttribute('fill') ?? '',
      strokes: [...root.querySelectorAll('path[stroke]')].map((each) => each.getAttribute('stroke') ?? ''),
    };
  }, svg);

const pages = [
  ['the report of a campaign', () => `${home}/reports/campaigns/launch?period=7d`, 'light', 1280, 'Launch & <more>', 2],
  [
    'the filtered report of a link',
    () => `${home}/links/${links[0]}?period=7d&f=channel:is:direct`,
    'dark',
    375,
    '/spring',
    2,
  ],
  ['links compared', () => `${home}/compare?link=${links[0]}&link=${links[1]}&period=7d`, 'light', 1280, 'Links of', 2],
] as const;

describe.each(pages)('the chart of %s', (_name, path, scheme, width, title, lines) => {
  it(`is downloaded as PNG and SVG, ${scheme}, ${width} pixels wide`, async () => {
    const { page, errors } = await open(path(), scheme, width);
    // On a phone the button is in a menu.
    for (const name of ['More about this report', 'Export']) {
      const button = page.getByRole('button', { name });
      if (await button.isVisible()) await button.press('Enter');
    }
    const svg = await take(page, 'Chart, as SVG');
    const text = svg.file.toString();
    expect(svg.name).toMatch(/\.svg$/);
    expect(text).not.toMatch(/class=|var\(|oklch|light-dark|style=|href/);
    const picture = await parsed(page, text);
    expect(picture.width).toBe(1200);
    const words = picture.texts.join('\n');
    expect(words).toContain(title);
    expect(words).toContain('Last 7 days');
    expect(words).toMatch(/Counted by Waymark for Ada's team\. Days and hours are those of UTC\. Drawn on \d/);
    if (path().includes('channel')) expect(words).toContain('Channel is Direct');
    expect(new Set(picture.strokes.filter((stroke) => stroke !== 'none')).size).toBeGreaterThanOrEqual(lines);
    expect(picture.ground > '#808080').toBe(scheme === 'light');

    const { name, file } = await take(page, 'Chart, as PNG');
    expect(name).toBe(svg.name.replace(/svg$/, 'png'));
    const png = PNG.sync.read(file);
    expect([png.width, png.height]).toEqual([2 * picture.width, 2 * picture.height]);
    expect(countPixels(png, picture.ground)).toBeGreaterThan(0.5 * png.width * png.height);
    for (const stroke of new Set(picture.strokes.filter((each) => each !== 'none')))
      expect(countPixels(png, stroke), `pixels of ${stroke}`).toBeGreaterThan(500);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 40_000);
});

it('a name of characters that are cut short is no half one', async () => {
  // Where they are cut depends on the width of what stands before.
  const ids = ['n', 'ni', 'nii', 'niii', 'niiii'];
  const workspaceId = ada.workspace.id;
  for (const id of ids)
    await app.db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values (${id}, ${workspaceId}, ${id + '👍🏽'.repeat(13)}, ${id})`);
  const asked = ids.map((id) => `campaign=${id}`).join('&');
  const { page, errors } = await open(`${home}/compare?${asked}&period=7d`, 'light');
  const { file } = await take(page, 'Chart, as SVG');
  const cut = (await parsed(page, file.toString())).texts.filter((text) => text.endsWith('…'));
  expect(cut).toHaveLength(5);
  for (const text of cut) expect(text).toMatch(/^ni*(?:👍🏽)+…$/u);
  expect((await take(page, 'Chart, as PNG')).name).toMatch(/\.png$/);
  expect(errors).toEqual([]);
  await page.context().close();
});

it('without scripts the same button gives the picture that the server draws', async () => {
  const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false, acceptDownloads: true });
  await page.goto(`${app.url}${home}/reports/campaigns/launch?period=7d`);
  await page.getByRole('button', { name: 'Export' }).click();
  expect(await page.getByRole('button', { name: 'Chart, as PNG' }).isVisible()).toBe(false);
  const begun = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Chart, as SVG' }).click();
  expect((await begun).suggestedFilename()).toMatch(/-chart-.*\.svg$/);
  await page.context().close();
});
