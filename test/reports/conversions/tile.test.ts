import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../src/links/links/queries.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { openClickIds } from '../../../src/visitors/conversions/click-id.ts';
import { insertGoal } from '../../../src/visitors/conversions/goals.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { hitOf, insertHits, makeCampaign, makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let shop: Link;
let blog: Link;
let goalId: string;
let campaignId: string;
let tagId: string;
let home: string;

const day = 86_400_000;
/** Noon in UTC, so many days ago. */
const daysAgo = (days: number) => Math.floor(Date.now() / day) * day + day / 2 - days * day;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  home = `/w/${ada.workspace.slug}`;
  client = await openClient(app, ada);
  campaignId = (await makeCampaign(app, ada, 'Launch')).id;
  const shared = { campaignId, tags: ['sale'], clickIdName: 'wm_cid' };
  shop = await makeLink(app, ada, { slug: 'shop', url: 'https://shop.example/', ...shared });
  blog = await makeLink(app, ada, { slug: 'blog', url: 'https://blog.example/', clickIdName: 'wm_cid' });
  await makeLink(app, ada, { slug: 'quiet', url: 'https://quiet.example/' });
  goalId = (await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Purchase', isServerOnly: false })).id;
  const [tag] = await rowsOf<{ id: string }>(app.db, sql`select id from tags where name = 'sale'`);
  tagId = tag?.id ?? '';

  // Ten visitors of the shop yesterday and ten three days ago, and five of the blog two days ago.
  const hits = [
    ...Array.from({ length: 10 }, () => hitOf(shop, { clickedAt: daysAgo(1) })),
    ...Array.from({ length: 10 }, () => hitOf(shop, { clickedAt: daysAgo(3) })),
    ...Array.from({ length: 5 }, () => hitOf(blog, { clickedAt: daysAgo(2) })),
    hitOf(shop, { clickedAt: daysAgo(1), country: 'FR' }),
  ];
  await insertHits(app, hits);
  await app.rollUp();
  const convert = async (hit: Hit | undefined, more: Record<string, unknown> = {}) => {
    const clickId = openClickIds(app.config.secret).write(hit ?? hitOf(shop));
    const answer = await client.ask('/conversions', { body: { clickId, goal: 'Purchase', ...more } });
    expect(answer.status).toBe(201);
  };
  // Two visitors of yesterday, one of whom bought twice, and one of three days ago who buys only now.
  await convert(hits[0], { externalId: 'a', value: 1_000, currency: 'EUR' });
  await convert(hits[0], { externalId: 'b', value: 2_000, currency: 'EUR' });
  await convert(hits[1], { value: 700, currency: 'JPY' });
  await convert(hits[10], { value: 50, currency: 'EUR' });
  await convert(hits[20]);
});
afterAll(() => app.close());

const ymd = (days: number) => new Date(daysAgo(days)).toISOString().slice(0, 10);
const yesterday = () => `from=${ymd(1)}&to=${ymd(1)}`;
const words = async (path: string) => textOf(await ada.ask(path));

type Told = { goal: string; conversions: number; visitors: number; values: unknown[] } | null;
const told = async (query: string) => {
  const answer = await client.ask(`/analytics?goalId=${goalId}&${query}`);
  return (answer.json() as { conversions: Told }).conversions;
};

describe('conversions in a report', () => {
  it('stand beside clicks, by the day of the click, with rate, sums and the day before', async () => {
    const page = await words(`${pageOf(ada, shop)}?${yesterday()}`);
    expect(page).toContain('11 clicks by 11 visitors');
    expect(page).toContain('Purchase 3 conversions 18.18 % of visitors');
    expect(page).toContain('30.00 EUR, 700 JPY');
    expect(page).toContain('None on the day before.');
    expect(page).toContain('Conversions count on the day of the click that they followed');
    const threeDaysAgo = await words(`${pageOf(ada, shop)}?from=${ymd(3)}&to=${ymd(3)}`);
    expect(threeDaysAgo).toContain('1 conversion 10.00 % of visitors');
    const both = await words(`${pageOf(ada, shop)}?from=${ymd(1)}&to=${ymd(0)}`);
    expect(both).toMatch(/200 % more than in the 2 days before\. .*30\.00 EUR/);
  });

  it('are those of a workspace, a campaign and a tag', async () => {
    const days = `from=${ymd(6)}&to=${ymd(0)}`;
    expect(await words(`${home}/reports?${days}`)).toContain('5 conversions 15.38 % of visitors');
    for (const path of [`reports/campaigns/${campaignId}`, `reports/tags/${tagId}`])
      expect(await words(`${home}/${path}?${days}`)).toContain('4 conversions 14.29 % of visitors');
  });

  it('are told under a link filter, and not under others, which is said', async () => {
    const days = `from=${ymd(6)}&to=${ymd(0)}`;
    const ofBlog = await words(`${home}/reports?${days}&f=link:is:${blog.id}`);
    expect(ofBlog).toContain('Purchase 1 conversion');
    expect(ofBlog).not.toMatch(/\d % of visitors/);
    expect(await words(`${home}/reports?${days}&f=link:not:${blog.id}`)).toContain('Purchase 4 conversions');
    expect(await words(`${pageOf(ada, shop)}?${days}&f=destination:is:`)).toContain('4 conversions');
    const filtered = await words(`${home}/reports?${days}&f=country:is:FR&f=link:is:${shop.id}`);
    expect(filtered).toContain('Conversions know their link, destination and time alone.');
    expect(filtered).not.toMatch(/\d conversions?\b/);
    const odd = `from=${ymd(1)}T00:07:00Z&to=${ymd(0)}T00:00:00Z`;
    expect(await words(`${home}/reports?${odd}`)).toContain('Conversions are counted by quarter of an hour.');
  });

  it('are not shown of a link without click ids, of a domain, or without goals', async () => {
    const [quiet] = await rowsOf<{ id: string }>(
      app.db,
      sql`select link_id as id from slugs where slug = 'quiet' and kind = 'primary'`,
    );
    const domain = `${home}/reports/domains/${app.instanceDomainId}`;
    await insertHits(app, [hitOf({ id: quiet?.id ?? '', workspaceId: ada.workspace.id, slugId: 'x' })]);
    await app.rollUp();
    for (const path of [`${home}/links/${quiet?.id}`, domain])
      expect((await ada.ask(path)).text, path).not.toContain('aria-label="Conversions"');
    const other = await app.signUp('Other');
    const link = await makeLink(app, other, { clickIdName: 'wm_cid' });
    await insertHits(app, [hitOf(link)]);
    await app.rollUp();
    expect((await other.ask(pageOf(other, link))).text).not.toContain('aria-label="Conversions"');
  });

  it('are of the goal that was chosen, which is remembered', async () => {
    const { id } = await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Sign-up', isServerOnly: false });
    const path = `${pageOf(ada, shop)}?period=7d`;
    const first = await ada.ask(path);
    expect(textOf(first)).toContain('Purchase Goal Purchase Sign-up 4 conversions');
    const choice = `${path}&goal=${id}`;
    expect(first.text).toContain(`href="${choice.replaceAll('&', '&amp;')}"`);
    const chosen = await ada.ask(choice);
    expect(textOf(chosen)).toContain('No conversions');
    const cookie = chosen.headers['set-cookie'];
    expect(String(cookie)).toContain('_goal=');
    expect(textOf(await ada.ask(`${path}&goal=nothing`))).toContain('4 conversions');
  });

  it('add up to the rows of conversions, whatever the period, and in other zones', async () => {
    for (const zone of ['UTC', 'Asia/Kathmandu', 'America/St_Johns'])
      for (const query of ['period=today', 'period=7d', 'period=30d', 'period=12mo', 'period=all', yesterday()])
        for (const [name, id] of [
          ['', ''],
          ['linkId', shop.id],
          ['campaignId', campaignId],
        ] as const) {
          const asked = `${query}&timezone=${encodeURIComponent(zone)}${name && `&${name}=${id}`}`;
          const answer = (await client.ask(`/analytics?goalId=${goalId}&${asked}`)).json() as {
            period: { from: string; to: string };
            conversions: Told;
          };
          const { from, to } = answer.period;
          const [counted] = await rowsOf(
            app.db,
            sql`
select count(*)::int as conversions, (count(*) filter (where is_first))::int as visitors from conversions
where goal_id = ${goalId} and clicked_at >= ${from} and clicked_at < ${to} and (${name} = '' or link_id = ${shop.id})`,
          );
          expect(answer.conversions, asked).toMatchObject(counted as object);
        }
  });
});

describe('conversions in the API', () => {
  it('come with the totals where a goal is named', async () => {
    const values = [
      { currency: 'EUR', value: 3_050 },
      { currency: 'JPY', value: 700 },
    ];
    expect(await told(`linkId=${shop.id}&period=7d`)).toEqual({
      goalId,
      goal: 'Purchase',
      conversions: 4,
      visitors: 3,
      values,
    });
    const without = (await client.ask('/analytics?period=7d')).json() as { conversions: Told };
    expect(without.conversions).toBeNull();
  });

  it('are refused with filters that they do not know, and for goals of others', async () => {
    const ask = async (query: string, by = client) => (await by.ask(`/analytics?goalId=${query}`)).json();
    expect(await ask(`${goalId}&filter=country:is:DE`)).toMatchObject({
      status: 422,
      code: 'invalid',
      field: 'filter',
    });
    expect(await ask(`${goalId}&from=${ymd(1)}T00:07:00Z`)).toMatchObject({ status: 422, field: 'from' });
    expect(await ask('nothing')).toMatchObject({ status: 404, code: 'not_found' });
    const stranger = await openClient(app, await app.signUp('Stranger'));
    expect(await ask(goalId, stranger)).toMatchObject({ status: 404 });
  });
});
