import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, openClient } from '../../people/keys/client.ts';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeHits, makeLink } from '../../setup/make.ts';

const slack = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';

let app: TestApp;
let ada: Person;
let client: Client;
let exportPath: string;
let linkId: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  exportPath = `/w/${ada.workspace.slug}/export`;
  linkId = (await makeLink(app, ada, { slug: 'spring' })).id;
  await makeLink(app, ada, { slug: 'summer' });
  for (const [slug, address, referer] of [
    ['spring', '203.0.113.7', 'https://www.linkedin.com/'],
    ['spring', '203.0.113.7', 'https://news.example/'],
    ['summer', '203.0.113.8', 'https://news.example/'],
  ] as const)
    await app.visit(`/${slug}?utm_source=%3D1%2B1`, { headers: { 'x-forwarded-for': address, referer } });
  await app.visit('/summer', { headers: { 'user-agent': slack } });
});

afterAll(async () => {
  await app.close();
});

const records = ({ text }: Answer) => parseCsv(text);
/** Rows as objects by the names of the first line. */
function rowsOf(answer: Answer): Record<string, string>[] {
  const [names = [], ...rows] = records(answer);
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
}

describe('a table as CSV', () => {
  it('holds what the report shows, with the totals of the API', async () => {
    const answer = await ada.ask(`${exportPath}?table=referrer&period=7d`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toMatch(
      new RegExp(`^attachment; filename="${ada.workspace.slug}-referrer-\\d{4}-\\d\\d-\\d\\d-to-.*\\.csv"$`),
    );
    expect(answer.text.startsWith('\uFEFF')).toBe(true);
    expect(records(answer)).toEqual([
      ['referrer', 'name', 'country', 'clicks', 'visitors'],
      ['news.example', 'news.example', '', '2', '1'],
      ['linkedin.com', 'linkedin.com', '', '1', '1'],
    ]);
  });

  it('is of a link alone, over time, and filtered, as asked', async () => {
    expect(rowsOf(await ada.ask(`${exportPath}?table=referrer&link=${linkId}`)).map(({ clicks }) => clicks)).toEqual([
      '1',
      '1',
    ]);
    const days = rowsOf(await ada.ask(`${exportPath}?table=time&period=7d`));
    expect(days).toHaveLength(7);
    expect(days.at(-1)).toMatchObject({ clicks: '3', visitors: '2' });
    const filtered = await ada.ask(`${exportPath}?table=referrer&filter=referrer:is:news.example`);
    expect(rowsOf(filtered).map(({ name }) => name)).toEqual(['news.example']);
  });

  it('cannot be run by a spreadsheet', async () => {
    const { text } = await ada.ask(`${exportPath}?table=utm_source`);
    expect(text).toContain("'=1+1,'=1+1,,3,2");
  });

  it('gives viewers all but hits one by one, and strangers nothing', async () => {
    const [bob, eve] = [await app.signUp('Bob'), await app.signUp('Eve')];
    await joinWorkspace(app, bob, ada, 'viewer');
    expect((await bob.ask(`${exportPath}?table=country`)).status).toBe(200);
    expect((await bob.ask(`${exportPath}?file=hits`)).status).toBe(403);
    expect((await eve.ask(`${exportPath}?table=country`)).status).toBe(404);
    expect((await eve.ask(`/w/${eve.workspace.slug}/export?table=country&link=${linkId}`)).status).toBe(404);
    expect((await app.ask(`${exportPath}?table=country`)).status).toBe(303);
  });

  it('is refused with a sentence when it asks for what there is not', async () => {
    expect((await ada.ask(`${exportPath}?table=shoe_size`)).status).toBe(422);
    expect((await ada.ask(`${exportPath}?table=country&filter=shoe_size:is:44`)).status).toBe(422);
    expect((await ada.ask(`${exportPath}?table=country&from=2026-02-30`)).status).toBe(422);
  });
});

describe('all hits as CSV', () => {
  it('are every hit with its class and reason, and make the same report again', async () => {
    const hits = rowsOf(await ada.ask(`${exportPath}?file=hits`));
    expect(hits).toHaveLength(4);
    expect(hits[0]).toMatchObject({
      short_link: `${app.shortHost}/spring`,
      class: 'human',
      utm_source: '=1+1',
      first_on_link_today: 'true',
    });
    expect(hits.filter((hit) => hit['class'] === 'preview')).toHaveLength(1);
    expect(JSON.stringify(hits)).not.toMatch(/visitor|203\.0\.113/);

    // Every table of the report follows from the file alone.
    for (const column of ['referrer', 'country', 'device', 'os', 'browser', 'channel', 'utm_source']) {
      const byValue = new Map<string, [number, number]>();
      for (const hit of hits.filter((each) => each['class'] === 'human')) {
        const [clicks, visitors] = byValue.get(hit[column] ?? '') ?? [0, 0];
        byValue.set(hit[column] ?? '', [clicks + 1, visitors + (hit['first_in_workspace_today'] === 'true' ? 1 : 0)]);
      }
      const table = rowsOf(await ada.ask(`${exportPath}?table=${column}`));
      expect(Object.fromEntries(byValue), column).toEqual(
        Object.fromEntries(table.map((row) => [row[column], [Number(row['clicks']), Number(row['visitors'])]])),
      );
    }
  });

  it('come whole and in order across pages, also where many share an instant', async () => {
    const cy = await app.signUp('Cy');
    const many = await makeLink(app, cy, { slug: 'many' });
    const now = Math.floor(Date.now() / 1_000);
    const clicks = Array.from({ length: 3_500 }, (_, n) => ({ clickedAt: (now - Math.floor(n / 700)) * 1_000 }));
    await makeHits(app, many, clicks);
    for (const link of ['', `&link=${many.id}`]) {
      const hits = rowsOf(await cy.ask(`/w/${cy.workspace.slug}/export?file=hits${link}`));
      expect(hits).toHaveLength(3_500);
      expect(new Set(hits.map((hit) => hit['id'])).size).toBe(3_500);
      const times = hits.map((hit) => hit['time'] ?? '');
      expect(times).toEqual(times.toSorted());
    }
  });
});

describe('the chart as SVG', () => {
  it('is a picture that needs nothing else', async () => {
    const answer = await ada.ask(`${exportPath}?file=chart&link=${linkId}&period=7d`);
    expect(answer.headers['content-type']).toContain('image/svg+xml');
    expect(answer.headers['content-disposition']).toContain('spring-chart-');
    expect(answer.text).toMatch(/^\s*<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(answer.text).toContain('2 clicks');
    expect(answer.text).not.toMatch(/href|<script|class=|var\(/);
  });
});

describe('hits through the API', () => {
  type Page = { data: { id: string; class: string; utmSource: string | null }[]; nextCursor: string | null };

  it('come page by page until there are no more', async () => {
    const first = (await client.ask('/hits?limit=3')).json() as Page;
    expect(first.data).toHaveLength(3);
    const second = (await client.ask(`/hits?limit=3&cursor=${first.nextCursor}`)).json() as Page;
    expect(second.data).toHaveLength(1);
    expect(second.nextCursor).toBeNull();
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(4);
    expect(second.data[0]).toMatchObject({ class: 'preview' });
  });

  it('can be of one link, or filtered', async () => {
    expect(((await client.ask(`/hits?linkId=${linkId}`)).json() as Page).data).toHaveLength(2);
    expect(((await client.ask('/hits?filter=referrer:is:news.example')).json() as Page).data).toHaveLength(2);
  });

  it('refuse what they do not understand', async () => {
    expect((await client.ask('/hits?cursor=xyz')).json()).toMatchObject({ status: 422, field: 'cursor' });
    expect((await client.ask('/hits?limit=5000')).json()).toMatchObject({ status: 422, field: 'limit' });
    for (const id of ['nothing', 'no-thing']) expect((await client.ask(`/hits?linkId=${id}`)).status).toBe(404);
    expect((await app.ask('/api/v1/hits')).status).toBe(401);
    const stranger = await openClient(app, await app.signUp('Eve'));
    expect((await stranger.ask(`/hits?linkId=${linkId}`)).status).toBe(404);
  });
});

describe('hits have columns that programs know by name and order', () => {
  const text = { type: ['string', 'null'] };
  const properties = {
    id: { type: 'string' },
    time: { type: 'string' },
    linkId: { type: 'string' },
    shortLink: text,
    class: { type: 'string' },
    reason: { type: 'string' },
    country: text,
    region: text,
    city: text,
    device: text,
    os: text,
    browser: text,
    language: text,
    referrer: text,
    channel: { type: 'string' },
    utmSource: text,
    utmMedium: text,
    utmCampaign: text,
    utmTerm: text,
    utmContent: text,
    version: text,
    versionUrl: text,
    route: text,
    routeId: text,
    isFirstOnLink: { type: 'boolean' },
    isFirstInWorkspace: { type: 'boolean' },
  };
  const example = {
    id: '4503599627370496',
    time: '2026-11-22T09:41:07.512Z',
    linkId: 'Xk3mPq7RtW2n',
    shortLink: 'https://go.example.com/spring',
    class: 'human',
    reason: 'human:browser',
    country: 'DE',
    region: 'Berlin',
    city: 'Berlin',
    device: 'mobile',
    os: 'iOS',
    browser: 'Safari',
    language: 'de',
    referrer: 'instagram.com',
    channel: 'social',
    utmSource: null,
    utmMedium: null,
    utmCampaign: 'spring',
    utmTerm: null,
    utmContent: null,
    version: 'B',
    versionUrl: 'https://www.example.com/spring-b',
    route: null,
    routeId: null,
    isFirstOnLink: true,
    isFirstInWorkspace: true,
  };

  it('in a file', async () => {
    const { text: file } = await ada.ask(`${exportPath}?file=hits`);
    expect(file.split('\r\n', 1)).toEqual([
      '\uFEFFtime,short_link,destination,class,reason,country,region,city,device,os,browser,language,referrer,channel,' +
        'utm_source,utm_medium,utm_campaign,utm_term,utm_content,first_on_link_today,first_in_workspace_today,' +
        'domain,slug,slug_kind,slug_id,link_id,rules_version,id,version,version_url,version_id,link_version,route,route_id',
    ]);
  });

  it('as JSON', async () => {
    const [hit = {}] = ((await client.ask('/hits?limit=1')).json() as { data: object[] }).data;
    expect(Object.keys(hit)).toEqual(Object.keys(properties));
  });

  it('in the description of the API, but for the words of each', async () => {
    const { components } = (await app.ask('/api/v1/openapi.json')).json() as {
      components: { schemas: Record<string, unknown> };
    };
    const schema = { type: 'object', properties, required: Object.keys(properties) };
    const withoutWords = (name: string, value: unknown) => (name === 'description' ? undefined : value);
    expect(JSON.stringify(components.schemas['Hit'], withoutWords)).toBe(
      JSON.stringify({ ...schema, additionalProperties: false, examples: [example] }),
    );
  });
});
