import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeLink, updateLink, type Link } from '../../../src/links/links/queries.ts';
import { labelOf } from '../../../src/reports/counts/labels.ts';
import { nameLinks } from '../../../src/reports/counts/link-names.ts';
import { listHitsSince } from '../../../src/reports/live/queries.ts';
import { insertMailing } from '../../../src/reports/mailings/queries.ts';
import { sendDueMailings } from '../../../src/reports/mailings/send.ts';
import { type Mailbox, openMailbox } from '../../people/accounts/mailbox.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeCampaign, makeHits, makeLink, pageOf } from '../../setup/make.ts';
import { ruleFor } from '../../setup/rules.ts';
import { textOf } from './pages.ts';

const routes = [
  ruleFor('Germany', 'de', 'https://www.shop.example/de', 'https://www.shop.example/de-2'),
  ruleFor('App', 'app', 'https://apps.example/shop'),
];
const split = {
  versions: [
    { url: null, weight: 1 },
    { url: 'https://shop.example/new', weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
};

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let client: Client;
let home: string;
let link: Link;
let page: string;
/** Ids by name. */
let rules: Record<string, string>;
let destinations: Record<string, string>;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
  link = await makeLink(app, ada, { url: 'https://shop.example/', slug: 'rules', split, routes });
  page = pageOf(ada, link);
  let person = 0;
  const visit = (query: string, headers = {}) =>
    app.visit(`/rules${query}`, { headers: { 'x-forwarded-for': `198.51.100.${++person}`, ...headers } });
  for (let each = 0; each < 12; each++) await visit('?to=de');
  for (let each = 0; each < 5; each++) await visit('?to=app');
  for (let each = 0; each < 8; each++) await visit('');
  await visit('?to=de', { 'user-agent': 'curl/8.5.0' });
  const idsIn = async (table: string, name: string) =>
    Object.fromEntries(
      (
        await rowsOf<{ id: string; name: string }>(
          app.db,
          sql.raw(`select id::text, ${name} as name from ${table} where link_id = '${link.id}'`),
        )
      ).map((row) => [row.name, row.id]),
    );
  rules = await idsIn('link_routes', 'name');
  destinations = await idsIn('link_destinations', 'url');
  // The rollups have a part, and the rest waits.
  await app.rollUp();
  await visit('?to=app');
});

afterAll(async () => {
  await app?.close();
  await mailbox?.close();
});

const countsBy = async (query: string) => {
  const { total, rows } = (await client.ask(`/analytics?${query}`)).json() as {
    total: { clicks: number };
    rows: { value: string; label: string; clicks: number }[];
  };
  return { clicks: total.clicks, rows: Object.fromEntries(rows.map(({ label, clicks }) => [label, clicks])) };
};

describe('a report of a link with rules', () => {
  it('counts clicks by rule and by destination, of rules and of the A/B test beside them', async () => {
    const by = (name: string) => countsBy(`linkId=${link.id}&groupBy=${name}`);
    expect(await by('route')).toEqual({ clicks: 26, rows: { Germany: 12, App: 6 } });
    const { rows } = await by('destination');
    expect(Object.keys(rows).toSorted()).toEqual([
      'A: shop.example/',
      'App: apps.example/shop',
      'B: shop.example/new',
      'Germany: shop.example/de',
      'Germany: shop.example/de-2',
    ]);
    const sum = (...names: string[]) => names.reduce((clicks, name) => clicks + (rows[name] ?? 0), 0);
    expect(sum('Germany: shop.example/de', 'Germany: shop.example/de-2')).toBe(12);
    expect(sum('A: shop.example/', 'B: shop.example/new')).toBe(8);
    expect(rows['App: apps.example/shop']).toBe(6);
  });

  it('has a list of each, which reports of many links have not', async () => {
    const shown = await ada.ask(page);
    expect(textOf(shown)).toMatch(/This link .*Destinations .*Rules .*Germany 12 .*App 6 .*8 clicks: no rule/);
    expect(shown.text).toContain(`f=route:is:${rules.Germany}`);
    const { id } = await makeCampaign(app, ada, 'Launch');
    await updateLink(app.db, ada.workspace.id, byTest, link.id, { campaignId: id });
    for (const path of [`${home}/reports`, `${home}/reports/campaigns/${id}`]) {
      const { text } = await ada.ask(path);
      expect(text).not.toMatch(/by=(?:route|destination)/);
    }
    // A program may ask all the same.
    expect((await countsBy('groupBy=route')).rows).toEqual({ Germany: 12, App: 6 });
    expect((await countsBy(`campaignId=${id}&groupBy=route`)).rows).toEqual({ Germany: 12, App: 6 });
  });

  it('says shares of all clicks, those without a rule too', async () => {
    expect(textOf(await ada.ask(page))).toMatch(/Germany 12 clicks 46 % .*App 6 clicks 23 %/);
    expect(textOf(await ada.ask(`${page}/values?by=route`))).toMatch(/Germany Leave out 12 \S+ 46 % /);
  });

  it('shows all values of both, with a search for their names', async () => {
    expect(textOf(await ada.ask(`${page}/values?by=route`))).toMatch(
      /2 rules.*Germany Leave out 12 .*App Leave out 6 /,
    );
    const found = textOf(await ada.ask(`${page}/values?by=destination&q=germ`));
    expect(found).toContain('2 values with “germ”');
    expect(found).not.toContain('apps.example');
  });

  it('narrows by either, and by none of them', async () => {
    const clicksOf = async (filter: string) => (await countsBy(`linkId=${link.id}&filter=${filter}`)).clicks;
    expect(await clicksOf(`route:is:${rules.Germany}`)).toBe(12);
    expect(await clicksOf(`route:not:${rules.Germany}`)).toBe(14);
    expect(await clicksOf('route:is:')).toBe(8);
    expect(await clicksOf(`destination:is:${destinations['https://apps.example/shop']}`)).toBe(6);
    expect(await clicksOf('destination:is:')).toBe(0);
    const chips = textOf(
      await ada.ask(`${page}?f=route:is:${rules.App}&f=destination:not:${destinations['https://shop.example/new']}`),
    );
    expect(chips).toMatch(/Rule is App .*Destination is not B: shop.example\/new/);
    expect(chips).toContain('6 clicks');
    expect(textOf(await ada.ask(`${page}?f=route:is:&f=destination:is:`))).toMatch(
      /Rule is No rule .*Destination is The link’s own address/,
    );
    const contains = await client.ask(`/analytics?filter=route:contains:Ger`);
    expect([contains.status, contains.text.includes('Rules are chosen from a list')]).toEqual([422, true]);
  });

  it('takes the name of versions before for a filter that was kept', async () => {
    const id = destinations['https://apps.example/shop'];
    expect(textOf(await ada.ask(`${page}?f=version:is:${id}`))).toContain('Destination is App: apps.example/shop');
    expect((await client.ask('/analytics?groupBy=version')).status).toBe(422);
  });

  it('is a table in a file, a shared report, a saved view, a comparison and a mail, by names', async () => {
    const filter = `route:is:${rules.Germany}`;
    const { text: table } = await ada.ask(`${home}/export?link=${link.id}&table=route`);
    expect(table).toContain(`route,name,country,clicks,visitors\r\n${rules.Germany},Germany,,12,12\r\n`);
    const { text: all } = await ada.ask(`${home}/export?link=${link.id}&table=destination&filter=${filter}`);
    expect(all.match(/Germany: shop\.example\/de/g)).toHaveLength(2);

    const form = { title: 'Germany alone', f: filter, link: link.id, parts: 'links' };
    const { text } = await ada.ask(`${home}/shares`, { form });
    const shared = textOf(await app.ask(/id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(text)?.[1] ?? '/'));
    expect(shared).toMatch(/Rule is Germany .*12 clicks.*Destinations .*Germany: shop.example\/de/);
    expect(textOf(await ada.ask(`${home}/shares`))).toContain('Rule is Germany');

    await ada.ask(`${home}/views`, { form: { name: 'Ours', address: `${page}?period=30d&f=${filter}` } });
    expect(textOf(await ada.ask(`${home}/views`))).toContain('Rule is Germany');
    expect(textOf(await ada.ask(`${home}/compare?link=${link.id}&period=7d`))).toMatch(/\/rules 26 26 /);

    const week = { clickedAt: Date.now() - 7 * 24 * 60 * 60_000, routeId: Number(rules.Germany) };
    const destinationId = Number(destinations['https://www.shop.example/de']);
    await makeHits(app, link, [
      { ...week, destinationId },
      { ...week, destinationId },
    ]);
    const { id } = await insertMailing(app.db, ada.workspace.id, byTest, {
      subject: { kind: 'link', id: link.id },
      filters: [{ dimension: 'route', operator: 'is', value: rules.Germany ?? '' }],
      every: 'week',
      recipient: ada.email,
    });
    await app.db.execute(sql`update mailings set created_at = now() - interval '40 days' where id = ${id}`);
    await sendDueMailings({ db: app.db, mailer: app.mailer, config: app.config }, new Date());
    const [subject = ''] = mailbox.subjectsFor(ada.email);
    expect(subject).toMatch(/\/rules, Rule is Germany: 2 clicks/);
    expect((await mailbox.take(subject)).text).toMatch(/Destinations\s+2 {2}Germany: shop.example\/de/);
  });
});

describe('the live feed', () => {
  it('says the rule and the address it led to', async () => {
    const watched = { workspaceId: ada.workspace.id, subject: { kind: 'link', id: link.id } } as const;
    const live = await listHitsSince(app.db, watched, new Date(Date.now() - 60 * 60_000), 100);
    const told = live.map(({ destination }) => destination);
    expect(told.filter((words) => words === 'App: apps.example/shop')).toHaveLength(6);
    expect(told.filter((words) => words?.startsWith('Germany: shop.example/de'))).toHaveLength(12);
    // Machines meet no rule.
    expect(live.find((hit) => hit.class !== 'human')?.destination).toBeNull();
    const { hits } = (await ada.ask(`${page}/live/hits`)).json() as { hits: { destination: string | null }[] };
    expect(hits.some(({ destination }) => destination === 'App: apps.example/shop')).toBe(true);
  });
});

describe('the name of a rule', () => {
  const name = async (workspaceId: string, dimension: 'route' | 'destination', value = '') =>
    labelOf(dimension, value, await nameLinks(app.db, workspaceId, [{ dimension, value }])).label;

  it('is its own, also where a destination has the same id, and nobody else’s to know', async () => {
    const same = Object.values(rules).find((id) => Object.values(destinations).includes(id));
    const names = await nameLinks(app.db, ada.workspace.id, [
      { dimension: 'route', value: same ?? '' },
      { dimension: 'destination', value: same ?? '' },
    ]);
    expect(names.route?.[same ?? '']).not.toBe(names.destination?.[same ?? '']);
    expect(Object.keys(names).toSorted()).toEqual(['destination', 'route']);
    const other = await insertBareWorkspace(app.db);
    expect(await name(other, 'route', rules.Germany)).toBe('A deleted rule');
    expect(await name(other, 'destination', destinations['https://apps.example/shop'])).toBe('A deleted destination');
  });

  it('follows the rule when it is renamed, and stays when the rule and the link are gone', async () => {
    const { id: workspaceId } = ada.workspace;
    const [germany = ruleFor('', '')] = routes;
    const change = (changed: typeof routes | null) =>
      updateLink(app.db, workspaceId, byTest, link.id, { routes: changed });
    await change([{ ...germany, name: 'Austria' }]);
    const both = async () => [
      await name(workspaceId, 'route', rules.Germany),
      await name(workspaceId, 'destination', destinations['https://www.shop.example/de']),
      await name(workspaceId, 'route', rules.App),
    ];
    expect(await both()).toEqual(['Austria', 'Austria: shop.example/de', 'App']);
    // Its address comes again with another share.
    const [first, second] = germany.to;
    await change([{ ...germany, name: 'Austria', to: first && second ? [{ ...first, weight: 3 }, second] : [] }]);
    expect((await both())[1]).toBe('Austria: shop.example/de (50 %)');
    await change(null);
    await removeLink(app.db, workspaceId, byTest, link.id);
    expect(await both()).toEqual(['Austria', 'Austria: shop.example/de (50 %)', 'App']);
  });
});
