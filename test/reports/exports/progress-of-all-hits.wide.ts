import { readFile } from 'node:fs/promises';
import http from 'node:http';
import type { Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { Client as Connection } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { textOf } from '../pages/pages.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { openPageAs, startInBrowser } from '../../setup/browser.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

const hits = 3_500;
const { app, browser } = await startInBrowser();
const ada = await app.signUp('Ada');
const home = `/w/${ada.workspace.slug}`;
const linkId = (await makeLink(app, ada, { slug: 'spring' })).id;
await app.visit('/spring');
await app.rollUp();
// Of these every fifth was on a phone.
await app.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, device, is_first_on_link, is_first_in_workspace)
select n, now() - make_interval(mins => 10 + n), ${linkId}, 'x', w.id, 'human', 'human:browser', 1, 'direct',
     case when n % 5 = 0 then 'mobile' else 'desktop' end, false, false
from workspaces w, generate_series(1, ${hits - 1}::int) n where w.slug = ${ada.workspace.slug}`);
const other = new Connection({ connectionString: app.databaseUrl });
await other.connect();

afterAll(() => other.end());

/** From here on no row of clicks can be read, until `other` rolls back. */
async function lockClicks(): Promise<void> {
  await other.query('begin');
  await other.query('lock table clicks in access exclusive mode');
}

/** How many statements wait for that. */
async function countWaiting(): Promise<number> {
  const { rows } = await app.db.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

describe('before all hits are taken away', () => {
  it('the page says how many there are, of the same period and filters as the report', async () => {
    const all = await ada.ask(`${home}/export/hits?period=7d`);
    expect(all.status).toBe(200);
    expect(textOf(all)).toContain('3,500 hits');
    expect(all.text).toContain('data-download-rows="3500"');
    const filtered = await ada.ask(`${home}/export/hits?link=${linkId}&period=7d&filter=device:is:mobile&table=city`);
    expect(textOf(filtered)).toContain('699 hits');
    expect(textOf(filtered)).toContain('Device is Mobile');
    const href = /data-download="([^"]+)"/.exec(filtered.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(parseCsv((await ada.ask(href)).text)).toHaveLength(1 + 699);
    expect(textOf(await ada.ask(`${home}/export/hits?filter=device:is:tv`))).toContain('There are no hits to export');
    // The report's own menu leads there, with the report's filters.
    const report = await ada.ask(`${home}/reports?period=7d&f=device:is:mobile`);
    expect(report.text).toContain(`formaction="${home}/export/hits"`);
    expect(report.text).toContain('<input type="hidden" name="filter" value="device:is:mobile">');
  });

  it('viewers are told that they may not', async () => {
    const bob = await app.signUp('Bob');
    await joinWorkspace(app, bob, ada, 'viewer');
    expect((await bob.ask(`${home}/export/hits`)).status).toBe(403);
  });
});

describe('while all hits are taken away', () => {
  it('the page shows how far it is, can cancel it, says what broke, and tries again', async () => {
    const { page, errors } = await openPageAs(browser, app, ada, {
      viewport: { width: 320, height: 800 },
      colorScheme: 'dark',
      acceptDownloads: true,
      bypassCSP: true,
    });
    await page.goto(`${app.url}${home}/reports?period=7d`);
    await page.getByRole('button', { name: 'More about this report' }).click();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('button', { name: 'All hits, as CSV' }).click();
    const start = page.locator('[data-download-start]');
    const cancel = page.getByRole('button', { name: 'Cancel' });
    const words = page.locator('[data-download-words]');
    expect(await accessibilityProblems(page)).toEqual([]);

    await lockClicks();
    await start.focus();
    await page.keyboard.press('Enter');
    await page.getByText('0 of 3,500 hits').waitFor();
    expect(await start.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await expect.poll(countWaiting).toBe(1);
    await page.keyboard.press('Enter'); // Cancel has the focus.
    await page.getByText('Cancelled. Nothing was saved.').waitFor();
    expect(await cancel.isVisible()).toBe(false);
    await other.query('rollback');
    await expect.poll(countWaiting).toBe(0);

    await lockClicks();
    await start.click();
    await expect.poll(countWaiting).toBe(1);
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    await expect.poll(() => words.textContent()).toMatch(/^The connection .+ Nothing was saved\.$/);
    await other.query('rollback');
    expect(await start.innerText()).toBe('Try again');
    expect(await accessibilityProblems(page)).toEqual([]);

    // Over a slow line one sees it grow.
    const line = await page.context().newCDPSession(page);
    const slow = { offline: false, latency: 0, downloadThroughput: 40_000, uploadThroughput: 40_000 };
    await line.send('Network.enable');
    await line.send('Network.emulateNetworkConditions', slow);
    // The page itself keeps what the bar showed: a machine under load looks too seldom from outside.
    await page.evaluate(() => {
      const bar = document.querySelector('progress');
      const shown: number[] = Object.assign(window, { shown: [] as number[] }).shown;
      if (bar) new MutationObserver(() => shown.push(bar.position)).observe(bar, { attributes: true });
    });
    const begun = page.waitForEvent('download');
    await start.click();
    const download = await begun;
    await page.getByText('Done: 3,500 hits are in the file').waitFor();
    const shown = await page.evaluate(() => (window as unknown as { shown: number[] }).shown);
    expect(shown.filter((position) => position > 0 && position < 1)).not.toEqual([]);
    expect(shown.filter((position) => position >= 0)).toEqual(
      shown.filter((position) => position >= 0).toSorted((a, b) => a - b),
    );
    expect(download.suggestedFilename()).toMatch(new RegExp(`^${ada.workspace.slug}-hits-.+\\.csv$`));
    const rows = parseCsv(await readFile(await download.path(), 'utf8'));
    expect(rows).toHaveLength(1 + hits);
    expect(new Set(rows.map((row) => row.join())).size).toBe(1 + hits);
    expect(
      errors.filter((error) => !/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONTENT_DECODING|ERR_HTTP/.test(error)),
    ).toEqual([]);
    await page.context().close();
  });

  it('the server reads no further than the reader, so that it never holds a large file', async () => {
    const cy = await app.signUp('Cy');
    const id = (await makeLink(app, cy, { slug: 'many' })).id;
    const count = 150_000;
    await app.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, utm_term, is_first_on_link, is_first_in_workspace)
select n, now() - make_interval(secs => n), ${id}, 'x', w.id, 'human', 'human:browser', 1, 'direct', md5(n::text), false, false
from workspaces w, generate_series(1, ${count}::int) n where w.slug = ${cy.workspace.slug}`);
    let served: Socket | undefined;
    app.fastify.server.once('connection', (socket: Socket) => (served = socket));
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const { host, port } = new URL(app.url);
      const path = `/w/${cy.workspace.slug}/export?file=hits&period=90d`;
      http
        .get({ host: '127.0.0.1', port, path, agent: false, headers: { host, cookie: cy.cookie } }, resolve)
        .on('error', reject);
    });
    // All that was written is in the buffers of the system and of the socket: then nothing more is read for it.
    let before = -1;
    const isStill = () => {
      const written = served?.bytesWritten ?? 0;
      const same = written > 0 && written === before;
      before = written;
      return same;
    };
    await expect.poll(isStill, { interval: 1_000, timeout: 120_000 }).toBe(true);
    let lines = 0;
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 10) lines++;
    }
    expect(lines).toBe(1 + count);
    expect(before).toBeLessThan(bytes / 2);
  });

  it('without scripts it is a plain download', async () => {
    const { page } = await openPageAs(browser, app, ada, { javaScriptEnabled: false, acceptDownloads: true });
    await page.goto(`${app.url}${home}/export/hits?period=7d`);
    const begun = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect(parseCsv(await readFile(await (await begun).path(), 'utf8'))).toHaveLength(1 + hits);
    await page.context().close();
  });
});
