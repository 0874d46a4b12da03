import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { getLink, updateLink } from '../../../src/links/links/queries.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { fieldsOf } from '../../setup/form.ts';
import { makeLink } from '../../setup/make.ts';
import { messageAfter, pressUndo } from '../../setup/undo.ts';

const [a, b] = ['https://a.example/', 'https://b.example/x'];
const when = { what: 'country', is: 'one_of', values: ['DE'] };
const sent = [
  { name: 'Germans', when, to: [{ url: b, weight: 1 }] },
  {
    name: 'All others',
    when: { all: [] },
    to: [
      { url: a, weight: 3 },
      { url: b, weight: 1 },
    ],
  },
];
const routes = [
  {
    name: 'Germans',
    when: { what: 'country' as const, is: 'one_of' as const, values: ['DE'] },
    to: [{ url: b, weight: 1, app: null }],
  },
];

let app: TestApp;
let ada: Person;
let client: Client;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
});

afterAll(() => app.close());

const read = (id: string) => getLink(app.db, client.workspaceId, id);
const change = (id: string, body: unknown) => client.ask(`/links/${id}`, { method: 'PATCH', body });

describe('rules in JSON', () => {
  it('are given back as they were sent, folded', async () => {
    const typed = [{ ...sent[0], when: { ...when, values: ['Germany', 'de'] } }, sent[1]];
    const { id, ...made } = await createLink(client, { url: a, routes: typed });
    expect(made).toMatchObject({ routes: sent });
    expect((await client.ask(`/links/${id}`)).json()).toMatchObject({ routes: sent });
    const same = await change(id, { routes: sent });
    expect(same.json()).toMatchObject({ routes: sent });
    expect(((await client.ask('/links')).json() as { data: object[] }).data[0]).toMatchObject({ routes: sent });
  });

  it.each([[null], [[]]])('are taken away by %j', async (none) => {
    const { id } = await createLink(client, { routes: sent });
    expect((await change(id, { title: 'Kept' })).json()).toMatchObject({ routes: sent });
    expect((await change(id, { routes: none })).json()).toMatchObject({ routes: null, title: 'Kept' });
    expect((await read(id)).routes).toBeNull();
  });

  it('are refused with the path of what is wrong', async () => {
    const [first, second] = sent;
    const answer = await client.ask('/links', {
      body: {
        url: a,
        routes: [first, { ...second, when: { any: [when, { ...when, values: ['DE', 'AT', 'Narnia'] }] } }],
      },
    });
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({
      code: 'routes_invalid',
      field: 'routes[1].when.any[1].values[2]',
      detail: '“Narnia” is no country. Write its English name or its code, such as Germany or DE.',
    });
    const text = await client.ask('/links', { body: { url: a, routes: JSON.stringify(sent) } });
    expect(text.json()).toMatchObject({ status: 422, field: 'routes' });
  });
});

describe('rules in forms', () => {
  it('stay as they are while something else is edited, and the form leads to them', async () => {
    const link = await makeLink(app, ada, { url: a, routes });
    const page = await ada.ask(`${home}/links/${link.id}/edit`);
    expect(page.text).toMatch(
      new RegExp(`1 rule, edited under\\s+<a class="link" href="${home}/links/${link.id}/destinations"`),
    );
    const fields = fieldsOf(page, '/edit');
    expect(fields).not.toHaveProperty('routes');
    const saved = await ada.ask(`${home}/links/${link.id}/edit`, { form: { ...fields, title: 'New' } });
    expect(saved.status).toBe(303);
    expect(await read(link.id)).toMatchObject({ title: 'New', routes });
    const plain = await makeLink(app, ada, { url: a });
    expect((await ada.ask(`${home}/links/${plain.id}/edit`)).text).not.toContain('>Rules</span>');
  });

  it('go along with a copy, unless somebody leaves them out', async () => {
    const link = await makeLink(app, ada, { url: a, routes });
    const copy = /href="[^"]*(\/links\/new\?[^"]+)"/.exec((await ada.ask(`${home}/links/${link.id}`)).text)?.[1] ?? '';
    const form = await ada.ask(home + copy.replaceAll('&amp;', '&'));
    const fields = fieldsOf(form, '/links');
    expect(fields['routes']).toBe(`of ${link.id}`);
    const idAfter = async (changes: Record<string, string>) => {
      const answer = await ada.ask(`${home}/links`, { form: { ...fields, slug: '', ...changes } });
      return answer.headers.location?.split('/').at(-1) ?? '';
    };
    expect((await read(await idAfter({}))).routes).toEqual(routes);
    expect((await read(await idAfter({ routes: '', once: '' }))).routes).toBeNull();
    expect((await ada.ask(`${home}/links/new`)).text).not.toContain('name="routes"');
  });

  it('of another workspace are not copied', async () => {
    const eve = await app.signUp('Eve');
    const theirs = await makeLink(app, eve, { url: a, routes });
    const answer = await ada.ask(`${home}/links`, { form: { url: a, routes: `of ${theirs.id}` } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('The link whose rules these are is deleted.');
  });

  it('say what is wrong with their JSON, and where', async () => {
    const answer = await ada.ask(`${home}/links`, { form: { url: a, routes: '[{"when":{"all":[]}}]' } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Rule 1: Write to as a list of addresses with their weights.');
    const broken = await ada.ask(`${home}/links`, { form: { url: a, routes: '[{' } });
    expect(broken.text).toContain('Write rules as JSON, as the API has them.');
  });
});

it('are in the file of links on one line, and in a pasted list', async () => {
  await makeLink(app, ada, { url: a, slug: 'filed', routes });
  const [header = [], ...rows] = parseCsv((await ada.ask(`${home}/links.csv`)).text.replace(/^\uFEFF/, ''));
  const cell = rows.find(([short]) => short?.endsWith('/filed'))?.[header.indexOf('rules')] ?? '';
  expect(cell).toBe(JSON.stringify(sent.slice(0, 1)));
  const list = `url,rules\n${a},"${cell.replaceAll('"', '""')}"\n`;
  const checked = await ada.ask(`${home}/links/several/check`, { form: { way: 'list', list } });
  const fields = fieldsOf(checked, '/links/several');
  expect(fields['routes']).toBe(cell);
  const made = await ada.ask(`${home}/links/several`, { form: { ...fields, action: 'make' } });
  expect(made.status).toBe(303);
  const [newest] = ((await client.ask('/links')).json() as { data: { routes: unknown }[] }).data;
  expect(newest?.routes).toEqual(sent.slice(0, 1));
});

describe('the History of rules', () => {
  it('says them in words, and takes a change back', async () => {
    const { id } = await createLink(client, { routes: sent });
    await change(id, { routes: null });
    const history = await ada.ask(`${home}/links/${id}/history`);
    expect(history.text.replaceAll(/<[^>]+>/g, '')).toContain(
      'Germans: country is Germany, to b.example/x; All others: always, to 75 % a.example/, 25 % b.example/x',
    );
    const undo = /action="([^"]*\/history\/\d+\/undo)"/.exec(history.text)?.[1] ?? '';
    await ada.ask(undo, { form: {} });
    expect((await client.ask(`/links/${id}`)).json()).toMatchObject({ routes: sent });
  });

  it('is quiet where they are sent again as they are', async () => {
    const link = await makeLink(app, ada, { routes });
    await updateLink(app.db, client.workspaceId, byTest, link.id, { routes });
    const { text } = await ada.ask(`${home}/links/${link.id}/history`);
    expect(text.match(/history\/\d+\/undo/g)).toBeNull();
  });
});

it('keep an archived link closed that would lead to a short link', async () => {
  const link = await makeLink(app, ada, { url: a, routes });
  const loop = routes.map((route) => ({ ...route, to: [{ url: `${app.config.shortUrl}/x`, weight: 1, app: null }] }));
  await change(link.id, { archived: true });
  await updateLink(app.db, client.workspaceId, byTest, link.id, { routes: loop });
  expect((await change(link.id, { archived: false })).json()).toMatchObject({ code: 'url_loop' });
});

it('can be taken back from the message after a change', async () => {
  const link = await makeLink(app, ada, { url: a, routes });
  const saved = await ada.ask(`${home}/links/${link.id}/edit`, { form: { url: b, title: 'x' } });
  expect((await messageAfter(ada, saved)).undo).toBeDefined();
  await pressUndo(ada, saved);
  expect(await read(link.id)).toMatchObject({ url: a, routes });
});
