import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/ground/addresses/route.ts';
import { type Link, updateLink } from '../../../src/links/links/queries.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeHits, makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const to = (host: string, weight = 1) => ({ url: `https://${host}.example/`, weight, app: null });
const germans: Route = { name: 'Germans', when: { what: 'country', is: 'one_of', values: ['DE'] }, to: [to('de')] };
const spaniards: Route = { name: 'Spaniards', when: { what: 'country', is: 'one_of', values: ['ES'] }, to: [to('es')] };

/** Twelve clicks from Germany, five from Spain and three from France, as rows and as hits that wait. */
async function linkWithClicks(routes: Route[] | null): Promise<Link> {
  const link = await makeLink(app, ada, { url: 'https://own.example/' });
  await updateLink(app.db, ada.workspace.id, byTest, link.id, { routes });
  const from = (country: string, count: number) => Array.from({ length: count }, () => ({ country }));
  await makeHits(app, link, [...from('DE', 12), ...from('ES', 2)]);
  await app.rollUp();
  await makeHits(app, link, [...from('ES', 3), ...from('FR', 3), { country: 'DE', class: 'crawler' }]);
  return link;
}

const replay = async (link: Link, routes: unknown) => client.ask(`/links/${link.id}/replays`, { body: { routes } });

describe('a replay before one publishes', () => {
  it('tells how many clicks would have gone elsewhere, from where and to where', async () => {
    const link = await linkWithClicks([germans]);
    const answer = await replay(link, [germans, spaniards]);
    expect(answer.status, answer.text).toBe(200);
    const own = { by: 'own', rule: null, addresses: [{ url: 'https://own.example/', share: 1 }] };
    expect(answer.json()).toMatchObject({
      clicks: 20,
      moved: 5,
      isEstimate: false,
      unknown: 0,
      lost: [],
      moves: [
        {
          from: own,
          to: { by: 'rule', rule: 'Spaniards', addresses: [{ url: 'https://es.example/', share: 1 }] },
          clicks: 5,
          moved: 5,
        },
      ],
    });
    expect((await replay(link, null)).json()).toMatchObject({ moved: 12, moves: [{ to: own, moved: 12 }] });
    expect((await replay(link, [germans])).json()).toMatchObject({ moved: 0, moves: [] });
    expect((await replay(link, [{ ...germans, name: 'Other', to: [to('own')] }])).json()).toMatchObject({ moved: 12 });
  });

  it('moves no more visitors than shares change, and a part where another rule draws', async () => {
    const halves = { ...germans, to: [to('a'), to('b')] };
    const link = await linkWithClicks([halves]);
    const other = { ...halves, to: [to('a', 3), to('b', 1)] };
    expect((await replay(link, [other])).json()).toMatchObject({ moved: 3, isEstimate: true, moves: [{ clicks: 12 }] });
    const another = { name: 'Others', when: { all: [halves.when] }, to: halves.to.toReversed() };
    expect((await replay(link, [another])).json()).toMatchObject({ moved: 6, isEstimate: true });
  });

  it('says of which clicks nobody can tell, and why', async () => {
    const link = await linkWithClicks(null);
    const asked = { what: 'query', name: 'ref', is: 'given' };
    const draft = [{ name: 'By ref', when: { all: [spaniards.when, asked] }, to: [to('ref')] }];
    expect((await replay(link, draft)).json()).toMatchObject({
      clicks: 20,
      moved: 0,
      unknown: 5,
      lost: [{ what: 'the parameter ref', clicks: 5 }],
    });
  });

  it('is refused with the path of what cannot be, and of links of others', async () => {
    const link = await linkWithClicks(null);
    const refused = await replay(link, [{ ...germans, when: { what: 'country', is: 'one_of', values: ['Nowhere'] } }]);
    expect([refused.status, refused.json()]).toMatchObject([
      422,
      { code: 'routes_invalid', field: 'routes[0].when.values[0]' },
    ]);
    const stranger = await app.signUp('Stranger');
    expect((await replay(await makeLink(app, stranger), null)).status).toBe(404);
  });

  it('stands in the form of a rule, and saves nothing', async () => {
    const link = await linkWithClicks(null);
    const fields = [
      ['join', ''],
      ['what', 'country'],
      ['parameter', ''],
      ['is', 'one_of'],
      ['values', 'Germany'],
      ['url', 'de.example'],
      ['share', '50'],
      ['action', 'replay'],
    ];
    const page = await ada.ask(`${pageOf(ada, link)}/destinations/rules/new`, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(page.status).toBe(200);
    const words = textOf(page);
    expect(words).toContain('12 of 20 clicks of the last 30 days would have gone elsewhere.');
    expect(words).toContain('The link’s own address: own.example/');
    expect(page.text).toContain('value="de.example"');
    expect((await client.ask(`/links/${link.id}`)).json()).toMatchObject({ routes: null });
  });
});
