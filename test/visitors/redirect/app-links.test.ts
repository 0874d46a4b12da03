import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaces } from '../../../src/ground/db/schema.ts';
import type { Link } from '../../../src/links/links/queries.ts';
import { openClient } from '../../people/keys/client.ts';
import { desktopChrome, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';

const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const preview = 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)';

let app: TestApp;
let ada: Person;
let link: Link;

const routesTo = (appAddress: string) => [
  {
    name: 'iPhones',
    when: { what: 'system', is: 'one_of', values: ['iOS'] },
    to: [{ url: 'https://web.example/product?from=link', app: appAddress }],
  },
];
const create = async (appAddress: string) => {
  const client = await openClient(app, ada);
  return client.ask('/links', { body: { url: 'https://own.example/', routes: routesTo(appAddress) } });
};

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

const open = (agent: string, method = 'GET', query = '') =>
  app.visit(`/${link.slug}${query}`, {
    method,
    headers: {
      'user-agent': agent,
      'accept-language': 'en',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    },
  });

describe('a rule that leads to an app', () => {
  it('is refused before the workspace allows its scheme', async () => {
    const answer = await create('acme://product/1');
    expect([answer.status, answer.json()]).toMatchObject([422, { code: 'app_scheme', field: 'routes[0].to[0].app' }]);
  });

  it('is taken once the settings name the scheme, and no other', async () => {
    const settings = `/w/${ada.workspace.slug}/settings`;
    const form = { name: 'Ada', slug: ada.workspace.slug, timeZone: 'UTC', appSchemes: 'Acme://' };
    expect((await ada.ask(settings, { form })).status).toBe(303);
    const kept = await rowsOf<{ appSchemes: string }>(
      app.db,
      sql`select app_schemes as "appSchemes" from ${workspaces} where ${eq(workspaces.id, ada.workspace.id)}`,
    );
    expect(kept).toEqual([{ appSchemes: 'acme' }]);
    expect((await create('evil://product/1')).status).toBe(422);
    expect((await create('javascript:alert(1)')).status).toBe(422);
    const made = await create('acme://product/1?a=1&b=2');
    expect(made.status).toBe(201);
    link = made.json() as Link;
  });

  it('shows a button, and the web address for those without the app', async () => {
    const answer = await open(iPhone, 'GET', '?x=1');
    expect([answer.status, answer.headers.location]).toEqual([200, undefined]);
    expect(answer.text).toContain('href="acme://product/1?a=1&amp;b=2"');
    expect(answer.text).toContain('href="https://web.example/product?from=link&amp;x=1"');
    expect(answer.headers['cache-control']).toContain('no-store');
  });

  it.each([
    ['another system', desktopChrome],
    ['a chat that shows a preview', preview],
  ])('sends %s to a web address at once', async (_who, agent) => {
    const answer = await open(agent);
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://own.example/']);
  });

  it('counts the visit that met the page, with its rule', async () => {
    const hits = await rowsOf(
      app.db,
      sql`select c.class, r.name from ${everyHit} c left join link_routes r on r.id = c.route_id where c.link_id = ${link.id} order by c.clicked_at, c.id`,
    );
    expect(hits).toEqual([
      { class: 'human', name: 'iPhones' },
      { class: 'human', name: null },
      { class: 'preview', name: null },
    ]);
  });
});
