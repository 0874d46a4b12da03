import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dimensions } from '../../../src/visitors/rollups/dimensions.ts';
import { desktopChrome, startTestApp, type TestApp } from '../../setup/app.ts';
import { type Client, createLink, type LinkJson, openClient } from './client.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const slackbot = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';

type Row = { value: string; label: string; clicks: number; visitors: number };
type Analytics = {
  period: { from: string; to: string; timezone: string; interval: string; name: string };
  total: { clicks: number; visitors: number };
  rows: Row[];
};

let app: TestApp;
let client: Client;
let link: LinkJson;

beforeAll(async () => {
  app = await startTestApp();
  client = await openClient(app, await app.signUp());
  link = await createLink(client, { slug: 'spring' });
  const other = await createLink(client, { slug: 'autumn' });
  const visit = (slug: string, agent: string, address: string, more: Record<string, string> = {}) =>
    app.visit(`/${slug}?utm_source=letter`, {
      headers: { 'user-agent': agent, 'x-forwarded-for': address, ...more },
    });
  await visit(link.slug, desktopChrome, '198.51.100.1', {
    'accept-language': 'de-DE',
    referer: 'https://news.example/',
  });
  await visit(link.slug, desktopChrome, '198.51.100.1');
  await visit(link.slug, iphone, '198.51.100.2');
  await visit(link.slug, slackbot, '198.51.100.3');
  await visit(other.slug, iphone, '198.51.100.2');
});
afterAll(() => app.close());

const ask = (query: string) => client.ask(`/analytics${query}`);
const read = async (query: string) => (await ask(query)).json() as Analytics;
const sum = (rows: Row[]) => rows.reduce((all, { clicks }) => all + clicks, 0);

describe('GET /analytics', () => {
  it('counts clicks and visitors of the workspace by time', async () => {
    const { period, total, rows } = await read('');
    expect(period).toMatchObject({ name: '30d', interval: 'day', timezone: 'UTC' });
    expect(Date.parse(period.to) - Date.parse(period.from)).toBe(30 * 24 * 60 * 60_000);
    expect(total).toEqual({ clicks: 4, visitors: 2 });
    expect(rows).toHaveLength(30);
    expect(rows.at(-1)).toMatchObject({ value: period.to && rows.at(-1)?.value, clicks: 4, visitors: 2 });
    expect(rows.map(({ value }) => value)).toEqual(rows.map(({ value }) => value).sort());
  });

  it('counts one link', async () => {
    const { total } = await read(`?linkId=${link.id}&period=today`);
    expect(total).toEqual({ clicks: 3, visitors: 2 });
  });

  it('says the same before and after the rollups', async () => {
    const queries = ['?groupBy=device', `?groupBy=class&linkId=${link.id}`, '?groupBy=time&period=today'];
    const before = await Promise.all(queries.map(read));
    await app.rollUp();
    expect((await Promise.all(queries.map(read))).map(({ rows, total }) => ({ rows, total }))).toEqual(
      before.map(({ rows, total }) => ({ rows, total })),
    );
  });

  it('covers every hit when grouped by class', async () => {
    const { total, rows } = await read(`?linkId=${link.id}&groupBy=class`);
    expect(total).toEqual({ clicks: 3, visitors: 2 });
    expect(rows.map(({ value, label, clicks }) => [value, label, clicks])).toEqual([
      ['human', 'People', 3],
      ['preview', 'Link previews', 1],
    ]);
  });

  it('groups by every dimension, and rows add up to the total', async () => {
    for (const { name, counts } of dimensions) {
      const { total, rows } = await read(`?groupBy=${name}`);
      expect(total, name).toEqual({ clicks: 4, visitors: 2 });
      expect(sum(rows), name).toBe({ clicks: 4, hits: 5, valued: 0 }[counts]);
      for (const row of rows) expect(Object.keys(row).sort(), name).toEqual(['clicks', 'label', 'value', 'visitors']);
    }
  });

  it('names values for programs and for people', async () => {
    const { rows } = await read(`?linkId=${link.id}&groupBy=device`);
    expect(rows).toEqual([
      { value: 'desktop', label: 'Desktop', clicks: 2, visitors: 1 },
      { value: 'mobile', label: 'Mobile', clicks: 1, visitors: 1 },
    ]);
    expect((await read('?groupBy=utm_source')).rows).toEqual([
      { value: 'letter', label: 'letter', clicks: 4, visitors: 2 },
    ]);
  });

  it.each(['today', '7d', '30d', '90d', '12mo', 'all', 'this-month'])('takes the period %s', async (name) => {
    const { period, total } = await read(`?period=${name}`);
    expect([period.name, total.clicks]).toEqual([name, 4]);
  });

  it('takes days in a zone of their own', async () => {
    const { period, total } = await read('?from=2026-03-28&to=2026-03-30&timezone=Europe/Berlin&interval=hour');
    expect(period).toEqual({
      name: 'custom',
      from: '2026-03-27T23:00:00.000Z',
      to: '2026-03-30T22:00:00.000Z',
      timezone: 'Europe/Berlin',
      interval: 'hour',
    });
    expect(total).toEqual({ clicks: 0, visitors: 0 });
  });

  it('has 23 hours on the day when clocks go forward', async () => {
    const { rows } = await read('?from=2026-03-29&to=2026-03-29&timezone=Europe/Berlin&interval=hour');
    expect(rows).toHaveLength(23);
  });

  it.each([
    [
      'period=fortnight',
      'period',
      'Choose today, 7d, 30d, 90d, 12mo, all, yesterday, this-week, last-week, this-month or last-month.',
    ],
    ['interval=minute', 'interval', 'Choose hour, day, week or month.'],
    ['groupBy=colour', 'groupBy', /^Choose time, class, .* or utm_content\.$/],
    ['timezone=Mars/Olympus', 'timezone', /Mars\/Olympus/],
    ['from=2026-02-30', 'from', /2026-11-22/],
    ['to=2026-02-01', 'from', /begins/],
    ['from=2026-03-02&to=2026-03-01', 'to', /before/],
    ['from=2026-03-01&period=7d', 'period', /not both/],
    ['period=12mo&interval=hour', 'interval', /longer interval/],
    ['linkId=', 'linkId', '"linkId" is empty.'],
    ['campaignId=', 'campaignId', '"campaignId" is empty.'],
    ['linkId=a&linkId=b', 'linkId', 'Give one value for "linkId", not several.'],
    ['period=7d&period=30d', 'period', /^Choose today/],
    ['from=2026-03-01&from=2026-03-02', 'from', 'Give one value for "from", not several.'],
    ['timezone=UTC&timezone=UTC', 'timezone', 'Give one value for "timezone", not several.'],
  ])('refuses ?%s', async (query, field, detail) => {
    const answer = await ask(`?${query}`);
    expect(answer.json()).toMatchObject({ status: 422, code: 'invalid', field });
    expect((answer.json() as { detail: string }).detail).toMatch(detail);
  });

  it('does not find the link of another workspace, nor one that is gone', async () => {
    const stranger = await openClient(app, await app.signUp('Bob'));
    for (const query of [
      `?linkId=${link.id}`,
      `?linkId=${link.id}&groupBy=country&period=all`,
      '?linkId=nothing',
      '?linkId=%00',
    ])
      expect((await stranger.ask(`/analytics${query}`)).json()).toMatchObject({ status: 404, code: 'not_found' });
    expect(((await stranger.ask('/analytics?period=all')).json() as Analytics).total.clicks).toBe(0);
    const gone = await createLink(client);
    await client.ask(`/links/${gone.id}`, { method: 'DELETE' });
    expect((await ask(`?linkId=${gone.id}`)).status).toBe(404);
  });
});
