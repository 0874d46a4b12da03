import { it } from 'vitest';
import { sql } from 'drizzle-orm';
import { startTestApp } from '../setup/app.ts';
import { launchBrowser, openPage } from '../setup/browser.ts';
import { insertLink, archiveLink } from '../../src/links/queries.ts';
import { workspaceIdOf } from '../setup/membership.ts';
import { makeHit } from '../setup/hits.ts';
import { restateWorkspace } from '../../src/clicks/rollups.ts';
import { dimensions } from '../../src/analytics/dimensions.ts';

it('shots', async () => {
  const t = await startTestApp();
  const ada = await t.signUp('Ada Lovelace');
  const fresh = await t.signUp('Fresh');
  const ws = await workspaceIdOf(t, ada);
  const titles = [
    ['https://www.acme.com/spring-sale-2026?utm_source=poster&utm_medium=print', 'Spring sale poster', 'spring'],
    ['https://docs.acme.com/handbook/onboarding/first-week', 'Onboarding handbook', 'welcome'],
    [
      'https://example.com/blog/2026/11/how-we-count-every-click-before-the-visitor-leaves-and-what-it-cost-us',
      null,
      null,
    ],
    ['https://meet.example.org/room/quarterly-review', 'Quarterly review', 'q4-review'],
    ['https://shop.example.de/angebote', 'Angebote', 'angebote'],
    ['https://github.com/example/waymark', null, null],
    ['http://192.0.2.7/status', 'Status page', 'status-page'],
    [
      'https://forms.example.com/feedback?id=83HhE',
      'Feedback after the workshop in Rotterdam, November edition',
      'feedback',
    ],
    ['https://example.org/newsletter/48', 'Newsletter 48', 'n48'],
    ['https://example.com/весна', null, 'весна'],
    ['https://store.example.com/gift-cards', 'Gift cards', 'gift'],
    ['https://example.net/very/quiet', null, null],
  ] as const;
  let n = 1;
  for (const [i, [url, title, slug]] of titles.entries()) {
    const link = await insertLink(t.db, ws, { url, title, slug, domainId: t.app.instanceDomainId, createdBy: null });
    await t.db.execute(
      sql`update links set created_at = now() - make_interval(hours => ${(titles.length - i) * 37 + 1}) where id = ${link.id}`,
    );
    const count = i % 4 === 3 ? 0 : Math.floor(900 / (i + 1));
    const rows = Array.from({ length: count }, (_, k) =>
      makeHit({
        workspaceId: ws,
        linkId: link.id,
        slugId: link.slugId,
        visitorKey: n++,
        clickedAt: Date.now() - Math.floor(Math.abs(Math.sin(k * 7.3 + i)) ** 1.7 * 30 * 86400000),
      }),
    );
    for (const h of rows)
      await t.db.execute(
        sql`insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, visitor_key, is_first_on_link, is_first_in_workspace) values (${h.id}, to_timestamp(${h.clickedAt} / 1000.0), ${h.linkId}, ${h.slugId}, ${ws}, 'human', 'human:browser', 1, 'direct', ${h.visitorKey}, ${h.id % 5 !== 0}, true)`,
      );
    if (i === 10) await archiveLink(t.db, ws, link.id);
  }
  await restateWorkspace(t.db, ws, dimensions);
  const browser = await launchBrowser();
  const shoot = async (
    who: typeof ada,
    name: string,
    path: string,
    act?: (page: import('playwright-core').Page) => Promise<void>,
  ) => {
    for (const [mode, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ] as const) {
      if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
      const { page, errors } = await openPage(browser, {
        colorScheme: mode,
        viewport: { width, height: width === 390 ? 844 : 820 },
        hasTouch: width === 390,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const [cn, cv] = who.cookie.split(/=(.*)/s);
      await page.context().addCookies([{ name: cn ?? '', value: cv ?? '', url: t.url }]);
      await page.goto(t.url + path.replace('WS', who.workspace.slug));
      page.setDefaultTimeout(4000);
      if (act) await act(page).catch((e: unknown) => console.log(name, mode, width, String(e).slice(0, 300)));
      await page.waitForTimeout(250);
      if (name === 'list')
        console.log(
          mode,
          width,
          await page.evaluate(() => {
            const d = document.querySelector('.destination');
            return d
              ? getComputedStyle(d).maxWidth +
                  ' ' +
                  d.getBoundingClientRect().width +
                  ' ' +
                  d.parentElement?.getBoundingClientRect().width
              : '';
          }),
        );
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      await page.screenshot({ path: `/tmp/shots-links/${name}-${mode}-${width}.png` });
      if (errors.length || overflow > 0) console.log(name, mode, width, 'overflow', overflow, errors);
      await page.context().close();
    }
  };
  const home = (await ada.ask('/w/' + ada.workspace.slug + '/links')).text;
  const id = /id="menu-(\w+)"/.exec(home)?.[1] ?? '';
  await shoot(fresh, 'first', '/w/WS/links');
  await shoot(ada, 'list', '/w/WS/links');
  await shoot(ada, 'list-menu', '/w/WS/links', async (p) => {
    await p.locator('button[popovertarget^="menu-"]').nth(2).click();
  });
  await shoot(ada, 'list-search', '/w/WS/links', async (p) => {
    await p.fill('#link-search', 'acme');
    await p.waitForTimeout(700);
  });
  await shoot(ada, 'list-none', '/w/WS/links?search=nothing+like+this');
  await shoot(ada, 'archived', '/w/WS/links?state=archived');
  await shoot(ada, 'dialog', '/w/WS/links', async (p) => {
    await p.keyboard.press('c');
    await p.fill('#quick-url', 'two words');
    await p.locator('#create-link summary').click();
    await p.fill('#quick-slug', 'spring');
    await p.waitForTimeout(700);
  });
  await shoot(ada, 'dialog-refused', '/w/WS/links', async (p) => {
    await p.keyboard.press('c');
    await p.fill('#quick-url', 'two words');
    await p.keyboard.press('Enter');
    await p.waitForTimeout(600);
  });
  await shoot(ada, 'edit', `/w/WS/links/${id}/edit`);
  await shoot(ada, 'edit-delete', `/w/WS/links/${id}/edit`, async (p) => {
    await p.locator('button[popovertarget="delete-link"]').first().click();
  });
  await shoot(ada, 'new', '/w/WS/links/new');
  await shoot(ada, 'header', `/w/WS/links/${id}`);
  await shoot(ada, 'undo', '/w/WS/links?search=hand', async (p) => {
    await t.db.execute(sql`update links set archived_at = null where title = 'Onboarding handbook'`);
    await p.reload();
    await p.locator('button[popovertarget^="menu-"]').first().click();
    await p.getByRole('button', { name: 'Archive' }).click();
    await p.waitForTimeout(500);
  });
  await t.db.execute(sql`update links set archived_at = null where title = 'Onboarding handbook'`);
  await shoot(ada, 'created', '/w/WS/links', async (p) => {
    await p.keyboard.press('c');
    await p.fill('#quick-url', 'example.com/brand-new');
    await p.keyboard.press('Enter');
    await p.waitForTimeout(800);
    console.log(
      'clip',
      await p.evaluate(() => navigator.clipboard.readText()).catch(String),
      await p.locator('#link-rows > tr').count(),
    );
  });
  await browser.close();
  await t.close();
}, 240_000);
