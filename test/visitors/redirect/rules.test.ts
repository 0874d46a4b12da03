import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkDestinations, linkRoutes } from '../../../src/ground/db/schema.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { type Answer, desktopChrome, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';

let app: TestApp;
let ada: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const own = 'https://own.example/';
/** Addresses of whose country the data that comes along is sure. */
const [german, american] = ['2a02:908::1', '8.8.8.8'];

type Made = { id: string; slug: string };

async function make(routes: unknown): Promise<Made> {
  const answer = await client.ask('/links', { body: { url: own, routes } });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json() as Made;
}

const change = (link: Made, routes: unknown) => client.ask(`/links/${link.id}`, { method: 'PATCH', body: { routes } });

type Visiting = { from?: string; language?: string; query?: string; agent?: string; gpc?: boolean; method?: string };

const visit = (
  { slug }: Made,
  { from = american, language = 'en', query = '', agent = desktopChrome, gpc = false, method = 'GET' }: Visiting = {},
): Promise<Answer> =>
  app.visit(`/${slug}${query}`, {
    method,
    headers: {
      'x-forwarded-for': from,
      'user-agent': agent,
      'accept-language': language,
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...(gpc && { 'sec-gpc': '1' }),
    },
  });

const open = async (link: Made, visiting?: Visiting) => (await visit(link, visiting)).headers.location;

const rule = (name: string, when: unknown) => ({ name, when, to: [{ url: `https://${name}.example/` }] });
const isOneOf = (what: string, ...values: string[]) => ({ what, is: 'one_of', values });

type Met = { class: string; route: string | null; url: string | null };

const metOf = (link: Made) =>
  rowsOf<Met>(
    app.db,
    sql`
select c.class, r.name as route, d.url
from ${everyHit} c
left join ${linkRoutes} r on r.id = c.route_id left join ${linkDestinations} d on d.id = c.destination_id
where c.link_id = ${link.id} order by c.clicked_at, c.id`,
  );

const rowsOfRules = (link: Made) =>
  app.db
    .select({ id: linkRoutes.id, name: linkRoutes.name })
    .from(linkRoutes)
    .where(eq(linkRoutes.linkId, link.id))
    .orderBy(linkRoutes.id);

const rowsOfAddresses = (link: Made) =>
  app.db.select().from(linkDestinations).where(eq(linkDestinations.linkId, link.id)).orderBy(linkDestinations.id);

describe('a link with rules', () => {
  it('sends a visitor by country, by language and by a parameter, and says so in the click', async () => {
    const link = await make([
      rule('partner', { what: 'query', name: 'ref', is: 'one_of', values: ['acme'] }),
      rule('germany', isOneOf('country', 'Germany')),
      rule('brazil', { all: [isOneOf('language', 'Portuguese'), { not: isOneOf('country', 'PT') }] }),
    ]);
    expect(await open(link, { from: german })).toBe('https://germany.example/');
    expect(await open(link, { language: 'pt-BR,pt;q=0.9,en;q=0.5' })).toBe('https://brazil.example/');
    expect(await open(link, { from: german, query: '?ref=acme' })).toBe('https://partner.example/?ref=acme');
    expect(await open(link)).toBe(own);
    const met = await metOf(link);
    expect(met.map(({ route }) => route)).toEqual(['germany', 'brazil', 'partner', null]);
    expect(met.map(({ url }) => url)).toEqual([
      'https://germany.example/',
      'https://brazil.example/',
      'https://partner.example/',
      null,
    ]);
  });

  it('sends machines and previews to the address of the link', async () => {
    const link = await make([rule('all', { all: [] })]);
    expect(await open(link)).toBe('https://all.example/');
    for (const agent of ['curl/8.5.0', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'])
      expect(await open(link, { agent })).toBe(own);
    expect(await open(link, { method: 'HEAD' })).toBe(own);
    const [human, ...machines] = await metOf(link);
    expect(human).toMatchObject({ class: 'human', route: 'all' });
    for (const hit of machines) expect(hit).toMatchObject({ route: null, url: null });
  });

  it('holds neither way for what is not known', async () => {
    const link = await make([
      rule('city', { what: 'city', is: 'none_of', values: ['Berlin'] }),
      rule('country', { what: 'country', is: 'none_of', values: ['DE'] }),
    ]);
    expect(await open(link)).toBe('https://city.example/');
    // Somebody who asks not to be tracked has a country and no city.
    expect(await open(link, { gpc: true })).toBe('https://country.example/');
    expect(await open(link, { from: '127.0.0.1' })).toBe(own);
  });

  it('goes by the domain and by the slug that was opened', async () => {
    const link = await make([rule('here', { all: [isOneOf('domain', app.shortHost), isOneOf('entry', 'link')] })]);
    expect(await open(link)).toBe('https://here.example/');
  });
});

describe('the ids of rules', () => {
  it('stay with a name, and with all but a name', async () => {
    const [first, second] = [rule('first', isOneOf('country', 'DE')), rule('second', isOneOf('country', 'US'))];
    const link = await make([first, second]);
    const [one, two] = await rowsOfRules(link);
    const addresses = await rowsOfAddresses(link);
    await change(link, [
      { ...second, name: 'renamed' },
      { ...first, when: isOneOf('country', 'AT') },
    ]);
    expect(await rowsOfRules(link)).toEqual([one, { id: two?.id, name: 'renamed' }]);
    expect(await rowsOfAddresses(link)).toEqual(addresses);
    await expect.poll(() => open(link)).toBe('https://second.example/');
    await change(link, [rule('third', isOneOf('country', 'US'))]);
    expect((await rowsOfRules(link)).map(({ name }) => name)).toEqual(['first', 'renamed', 'third']);
  });

  it('of addresses are new ones for other weights, by which a visitor keeps to the address', async () => {
    const to = (weight: number) => [
      { url: 'https://a.example/', weight: 1 },
      { url: 'https://b.example/', weight },
    ];
    const link = await make([{ name: 'all', when: { all: [] }, to: to(1) }]);
    await change(link, [{ name: 'all', when: { all: [] }, to: to(1) }]);
    const [a, b, ...none] = await rowsOfAddresses(link);
    expect(none).toEqual([]);
    await change(link, [{ name: 'all', when: { all: [] }, to: to(3) }]);
    const [, , c, d] = await rowsOfAddresses(link);
    expect(c).toMatchObject({ url: a?.url, key: a?.key, weight: 1, routeId: a?.routeId });
    expect(d).toMatchObject({ url: b?.url, key: b?.key, weight: 3 });
    expect(c?.id).toBeGreaterThan(b?.id ?? 0);
  });

  it('are gone from visits with the rules, and stay for reports', async () => {
    const link = await make([rule('all', { all: [] })]);
    await change(link, null);
    await expect.poll(() => open(link)).toBe(own);
    expect(await rowsOfRules(link)).toHaveLength(1);
  });
});
