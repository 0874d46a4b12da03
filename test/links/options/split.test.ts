import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { getLink, updateLink } from '../../../src/links/links/queries.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { fieldsOf } from '../../setup/form.ts';
import { makeLink } from '../../setup/make.ts';
import { messageAfter } from '../../setup/undo.ts';

const [a, b] = ['https://a.example/', 'https://b.example/x'];
const halves = {
  versions: [
    { url: null, weight: 1 },
    { url: b, weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
};
const { isPaused: _isPaused, ...sentHalves } = halves;

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
const make = (split: unknown) => client.ask('/links', { body: { url: a, split } });

/** A form as browsers send it: a field for the address and one for the share of each row. */
const sendRows = (path: string, fields: Record<string, string>, rows: readonly string[]) =>
  ada.ask(home + path, {
    body: new URLSearchParams([
      ...Object.entries(fields),
      ...rows.map((text): [string, string] => ['split', text]),
    ]).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

describe('an A/B test in JSON', () => {
  it('is given back as it was sent, with an end in UTC', async () => {
    const sent = { ...sentHalves, endsAt: '2099-12-24T19:00:00+01:00', paused: true };
    const { id, ...made } = await createLink(client, { url: a, split: sent });
    expect(made).toMatchObject({ split: { ...sent, endsAt: '2099-12-24T18:00:00.000Z' } });
    const gone = await client.ask(`/links/${id}`, { method: 'PATCH', body: { split: null } });
    expect(gone.json()).toMatchObject({ split: null });
  });

  it.each([
    ['one address', { versions: [{ url: null, weight: 1 }] }, 'split.versions'],
    ['nine', { versions: Array.from({ length: 9 }, (_, n) => ({ url: `${b}${n}`, weight: 1 })) }, 'split.versions'],
    [
      'half a weight',
      {
        versions: [
          { url: null, weight: 1 },
          { url: b, weight: 0.5 },
        ],
      },
      'split.versions[1].weight',
    ],
    [
      'a weight above 1000',
      {
        versions: [
          { url: null, weight: 1001 },
          { url: b, weight: 1 },
        ],
      },
      'split.versions[0].weight',
    ],
    [
      'a negative weight',
      {
        versions: [
          { url: null, weight: 1 },
          { url: b, weight: -1 },
        ],
      },
      'split.versions[1].weight',
    ],
    [
      'a weight in words',
      {
        versions: [
          { url: null, weight: 1 },
          { url: b, weight: 'half' },
        ],
      },
      'split.versions[1].weight',
    ],
    [
      'no weight above 0',
      {
        versions: [
          { url: null, weight: 0 },
          { url: b, weight: 0 },
        ],
      },
      'split.versions',
    ],
    [
      'an address twice',
      {
        versions: [
          { url: b, weight: 1 },
          { url: b, weight: 1 },
        ],
      },
      'split.versions[1].url',
    ],
    [
      'no address',
      {
        versions: [
          { url: null, weight: 1 },
          { url: 'nowhere', weight: 1 },
        ],
      },
      'split.versions[1].url',
    ],
    [
      'a number as an address',
      {
        versions: [
          { url: null, weight: 1 },
          { url: 7, weight: 1 },
        ],
      },
      'split.versions[1].url',
    ],
    ['an end that is over', { ...sentHalves, endsAt: '2020-01-01T00:00:00Z' }, 'split.endsAt'],
    ['an end that Postgres cannot read', { ...sentHalves, endsAt: '9999-12-31T23:59-14:00' }, 'split.endsAt'],
    ['an end without a zone', { ...sentHalves, endsAt: '2099-01-01T00:00:00' }, 'split.endsAt'],
    ['no object', 'even', 'split'],
    ['a property that there is not', { ...sentHalves, winner: 'B' }, 'split.winner'],
    ['one of a version', { versions: [{ url: null, weight: 1, name: 'A' }] }, 'split.versions[0].name'],
  ])('is refused with the path of what is wrong: %s', async (_what, split, field) => {
    const answer = await make(split);
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({ status: 422, field });
  });

  it('leads to no short link of ours, and not to the address of the link twice', async () => {
    const loop = {
      versions: [
        { url: null, weight: 1 },
        { url: `${app.config.shortUrl}/spring`, weight: 1 },
      ],
    };
    expect((await make(loop)).json()).toMatchObject({ field: 'split.versions[1].url', code: 'url_loop' });
    const own = {
      versions: [
        { url: null, weight: 1 },
        { url: a, weight: 1 },
      ],
    };
    expect((await make(own)).json()).toMatchObject({ field: 'split', code: 'split_invalid' });
    const { id } = await createLink(client, { url: a, split: sentHalves });
    const moved = await client.ask(`/links/${id}`, { method: 'PATCH', body: { url: b } });
    expect(moved.json()).toMatchObject({ field: 'split', code: 'split_invalid' });
    expect(await read(id)).toMatchObject({ url: a, split: halves });
  });
});

describe('an A/B test in forms', () => {
  it('is made by one more address, evenly', async () => {
    const answer = await sendRows('/links', { url: a }, [b, '', '', '', '', '']);
    expect(answer.status).toBe(303);
    const id = answer.headers.location?.toString().split('/').at(-1) ?? '';
    expect((await read(id)).split).toEqual(halves);
    expect((await ada.ask(`${home}/links/${id}`)).text).toContain('>A/B test</span>');
    expect((await ada.ask(`${home}/links`)).text).toContain('>A/B<span class="sr-only"> test</span>');
  });

  it('keeps what was typed where it is refused', async () => {
    const answer = await sendRows('/links', { url: a }, [b, '30', 'https://c.example/', '']);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Give each address a share, or none of them.');
    for (const text of [b, '30', 'https://c.example/']) expect(answer.text).toContain(`name="split" value="${text}"`);
    const loop = await sendRows('/links', { url: a }, [`${app.config.shortUrl}/spring`, '']);
    expect(loop.text).toContain('A link may not lead to another short link of this server, or to itself.');
    const own = await sendRows('/links', { url: a }, [a, '']);
    expect(own.text).toContain('B is the address of the link itself.');
    const over = await sendRows('/links', { url: a }, [b, '', 'ends 2020-01-01T00:00Z']);
    expect(over.text).toContain('The test would end before it begins.');
  });

  it('stays as it is while something else is edited, and is no change of its own', async () => {
    const link = await makeLink(app, ada, {
      url: a,
      split: { ...halves, isPaused: true, endsAt: '2099-12-24T18:00:00.000Z' },
    });
    const page = await ada.ask(`${home}/links/${link.id}/edit`);
    const { shown = '' } = fieldsOf(page, '/edit');
    for (const text of [b, 'paused', 'ends 2099-12-24T18:00Z'])
      expect(page.text).toContain(`name="split" value="${text}"`);
    await updateLink(app.db, client.workspaceId, byTest, link.id, { split: null });
    expect(
      (await sendRows(`/links/${link.id}/edit`, { shown, title: 'New' }, [b, '', 'paused', 'ends 2099-12-24T18:00Z']))
        .status,
    ).toBe(303);
    expect(await read(link.id)).toMatchObject({ title: 'New', split: null });
    const changed = await sendRows(`/links/${link.id}/edit`, { shown }, [b, '30']);
    expect(changed.status).toBe(409);
    expect(changed.text).toContain('Stored now');
  });

  it('begins anew where the destination changes, which the message says', async () => {
    const link = await makeLink(app, ada, { url: a, split: halves });
    const page = `${home}/links/${link.id}`;
    const saved = await ada.ask(`${page}/edit`, { form: { url: 'https://new.example/' } });
    expect((await messageAfter(ada, saved)).text).toContain('Its A/B test begins anew.');
  });

  it('is in copies, in the file of links, and in a pasted list', async () => {
    const split = {
      ...halves,
      versions: [
        { url: null, weight: 70 },
        { url: b, weight: 30 },
      ],
    };
    const link = await makeLink(app, ada, { url: a, slug: 'copied', split });
    const copy = /href="[^"]*(\/links\/new\?[^"]+)"/.exec((await ada.ask(`${home}/links/${link.id}`)).text)?.[1] ?? '';
    expect((await ada.ask(home + copy.replaceAll('&amp;', '&'))).text).toMatch(
      new RegExp(`name="split" value="${b}"[^]*name="split" value="30"`),
    );
    const [header = [], ...rows] = parseCsv((await ada.ask(`${home}/links.csv`)).text.replace(/^\uFEFF/, ''));
    const row = rows.find(([short]) => short?.endsWith('/copied'));
    expect(row?.[header.indexOf('split')]).toBe(`${b} 30`);
    const list = `url,split\n${a},"${b} 30\npaused"\n${a},${a}\n`;
    const checked = await ada.ask(`${home}/links/several/check`, { form: { way: 'list', list } });
    expect(checked.text).toContain(`name="split" value="${b} 30 paused"`);
    expect(checked.text).toContain('B is the address of the link itself.');
  });
});

describe('the History of an A/B test', () => {
  it('says it in words, and takes it back', async () => {
    const link = await makeLink(app, ada, { url: a, title: 'Kept', split: halves });
    const ended = { ...halves, endsAt: '2020-01-01T00:00:00.000Z' };
    await updateLink(app.db, client.workspaceId, byTest, link.id, { split: ended });
    await sendRows(`/links/${link.id}/edit`, {}, ['']);
    expect((await read(link.id)).split).toBeNull();
    const page = await ada.ask(`${home}/links/${link.id}/history`);
    expect(page.text.replace(/<[^>]+>/g, '')).toContain('50 % own address, 50 % b.example/x');
    const undo = /action="([^"]*\/history\/\d+\/undo)"/.exec(page.text)?.[1] ?? '';
    await ada.ask(undo, { form: {} });
    expect(await read(link.id)).toMatchObject({ title: 'Kept', split: ended });
  });
});
