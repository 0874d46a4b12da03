import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import type { Route, RoutesPlan } from '../../../src/ground/addresses/route.ts';
import { getLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { pressUndo } from '../../setup/undo.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let viewer: Person;
let workspaceId: string;
let link: Link;
let tab: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  viewer = { ...(await app.signUp('Vera')), workspace: ada.workspace };
  await joinWorkspace(app, viewer, ada, 'viewer');
});
afterAll(() => app.close());

beforeEach(async () => {
  link = await makeLink(app, workspaceId, { url: 'https://a.example/' });
  tab = `/w/${ada.workspace.slug}/links/${link.id}/destinations`;
});

const routesNow = async () => (await getLink(app.db, workspaceId, link.id)).routes;
const to = (host: string) => [{ url: `https://${host}.example/`, weight: 1, app: null }];
const germany: Route = { name: 'Germany', when: { what: 'country', is: 'one_of', values: ['DE'] }, to: to('de') };
const phones: Route = { name: 'Phones', when: { what: 'device', is: 'one_of', values: ['mobile'] }, to: to('m') };
const nights: Route = {
  name: 'Nights',
  when: { what: 'time', is: 'between', from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' },
  to: to('night'),
};
const setRoutes = (routes: Route[] | null) => updateLink(app.db, workspaceId, byTest, link.id, { routes });

/** Ids of rules and of their addresses, by which hits are counted. */
const ids = async () => {
  const { rows } = await app.db.execute<{ plan: RoutesPlan | null }>(
    sql`select routes_plan as plan from links where id = ${link.id}`,
  );
  return rows[0]?.plan?.routes.map(({ id, to: all }) => [id, ...all.map((each) => each.id)]) ?? [];
};

/** A field of the form, in the order in which a browser sends them. */
type Field = readonly [name: string, value: string];

/** The fields of a condition's row. */
const row = (what: string, is: string, values: string, join = 'and', parameter = ''): Field[] => [
  ['join', join],
  ['what', what],
  ['parameter', parameter],
  ['is', is],
  ['values', values],
];

const send = (place: string | number, fields: readonly Field[], person = ada): Promise<Answer> =>
  person.ask(`${tab}/rules/${place}`, {
    method: 'POST',
    body: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

const address = (url: string, share = '50'): Field[] => [
  ['url', url],
  ['share', share],
];

describe('the form of a rule', () => {
  it('sets a rule with a country and an address, and names it', async () => {
    const page = await ada.ask(`${tab}/rules/new`);
    const { shown = '' } = fieldsOf(page, `${tab}/rules/new`);
    const last = await lastEvent(app.db);
    const sent = await send('new', [
      ...row('country', 'one_of', 'Germany', ''),
      ...address('de.example'),
      ['shown', shown],
    ]);
    expect([sent.status, sent.headers.location]).toEqual([303, `${tab}#rule-1`]);
    expect(await routesNow()).toEqual([
      { ...germany, name: expect.any(String), to: [{ ...to('de')[0], url: 'https://de.example' }] },
    ]);
    expect(await eventsAfter(app.db, last)).toMatchObject([{ what: 'link.changed' }]);
    expect(textOf(await ada.ask(tab))).toContain('Germany');
  });

  it('joins conditions by “and” and “or”, with times in a zone, and shows them again as they were', async () => {
    const fields = [
      ...row('country', 'one_of', 'Germany, AT', ''),
      ...row('system', 'one_of', 'iOS'),
      ...row('app', 'none_of', 'Instagram', 'or'),
      ...row('time', 'none_of', '22:00 to 06:00'),
      ...row('weekday', 'one_of', 'Saturday, Sunday', 'or'),
      ...row('query', 'given', '', 'and', 'ref'),
      ...row('date', 'from', '2026-12-01'),
    ];
    const sent = await send('new', [
      ...fields,
      ...address('https://one.example/', '70'),
      ...address('https://two.example/', '30'),
      ['timeZone', 'Europe/Berlin'],
      ['name', 'Weekend'],
    ]);
    expect(sent.status).toBe(303);
    const timeZone = 'Europe/Berlin';
    expect(await routesNow()).toEqual([
      {
        name: 'Weekend',
        when: {
          all: [
            { what: 'country', is: 'one_of', values: ['DE', 'AT'] },
            {
              any: [
                { what: 'system', is: 'one_of', values: ['ios'] },
                { what: 'app', is: 'none_of', values: ['instagram'] },
              ],
            },
            {
              any: [
                { not: { what: 'time', is: 'between', from: '22:00', to: '06:00', timeZone } },
                { what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone },
              ],
            },
            { what: 'query', name: 'ref', is: 'given' },
            { what: 'date', is: 'from', date: '2026-12-01T00:00', timeZone },
          ],
        },
        to: [
          { url: 'https://one.example/', weight: 70, app: null },
          { url: 'https://two.example/', weight: 30, app: null },
        ],
      },
    ]);
    const before = await routesNow();
    const again = await ada.ask(`${tab}/rules/1`);
    const kept = [...again.text.matchAll(/name="values" type="text" value="([^"]*)"/g)].map(([, value]) => value);
    expect(kept).toEqual([
      'Germany, Austria',
      'iOS',
      'Instagram',
      '22:00 to 06:00',
      'Saturday, Sunday',
      '',
      '2026-12-01T00:00',
    ]);
    // As it is shown, it is saved.
    const joins = ['', 'and', 'or', 'and', 'or', 'and', 'and'];
    const same = fields
      .flatMap((_, index) => (index % 5 === 0 ? [index / 5] : []))
      .flatMap((at) => {
        const cells = fields.slice(at * 5, at * 5 + 5);
        return cells.map(
          ([name, value]): Field => [
            name,
            name === 'values' ? (kept[at] ?? '') : name === 'join' ? (joins[at] ?? '') : value,
          ],
        );
      });
    const saved = await send(1, [
      ...same,
      ...address('https://one.example/', '70'),
      ...address('https://two.example/', '30'),
      ['timeZone', 'Europe/Berlin'],
      ['name', 'Weekend'],
    ]);
    expect(saved.status).toBe(303);
    expect(await routesNow()).toEqual(before);
  });

  it.each<[string, Field[], string]>([
    [
      'a country that is none',
      [...row('country', 'one_of', 'Atlantis', ''), ...address('https://de.example/')],
      'rule-condition-0-error',
    ],
    [
      'the second condition, of two',
      [...row('country', 'one_of', 'Germany', ''), ...row('time', 'one_of', 'noon'), ...address('https://de.example/')],
      'rule-condition-1-error',
    ],
    ['no values', [...row('country', 'one_of', '', ''), ...address('https://de.example/')], 'rule-condition-0-error'],
    [
      'a comparison that a country has not',
      [...row('country', 'before', 'Germany', ''), ...address('https://de.example/')],
      'rule-condition-0-error',
    ],
    [
      'a fact that is none',
      [...row('moon', 'one_of', 'full', ''), ...address('https://de.example/')],
      'rule-condition-0-error',
    ],
    [
      'an address that is none',
      [...row('country', 'one_of', 'Germany', ''), ...address('javascript:alert(1)')],
      'rule-url-0-error',
    ],
    [
      'a share that is none',
      [
        ...row('country', 'one_of', 'Germany', ''),
        ...address('https://de.example/', 'half'),
        ...address('https://x.example/'),
      ],
      'rule-share-0-error',
    ],
    [
      'a name that is too long',
      [...row('country', 'one_of', 'Germany', ''), ...address('https://de.example/'), ['name', 'x'.repeat(101)]],
      'field-name-error',
    ],
  ])('refuses %s at its field, and keeps what was typed', async (_what, fields, id) => {
    const page = await send('new', fields);
    expect(page.status).toBe(422);
    expect(page.text).toContain(`id="${id}"`);
    const typed = fields.filter(([name]) => name === 'values' || name === 'url' || name === 'name');
    for (const [name, value] of typed)
      expect(page.text).toMatch(new RegExp(`name="${name}"[^>]*value="${value.replaceAll(/[().]/g, '\\$&')}"`));
    expect(await routesNow()).toBeNull();
  });

  it('tells all faults at once', async () => {
    const page = await send('new', [
      ...row('country', 'one_of', 'Atlantis', ''),
      ...row('device', 'before', 'mobile'),
      ...row('time', 'one_of', '22:00'),
      ...row('weekday', 'one_of', 'Sunday'),
      ...address('javascript:alert(1)', '70'),
      ...address('https://b.example/', '70'),
      ['timeZone', 'Moon/Sea'],
      ['name', 'x'.repeat(101)],
    ]);
    expect(page.status).toBe(422);
    const at = [
      'rule-condition-0',
      'rule-condition-1',
      'rule-condition-2',
      'field-timeZone',
      'rule-url-0',
      'field-name',
    ];
    expect(at.filter((id) => !page.text.includes(`id="${id}-error"`))).toEqual([]);
    expect(page.text).not.toContain('id="rule-condition-3-error"');
    expect(textOf(page)).toContain('The shares are 140 % together');
  });

  it.each([
    ['time', '22:00 to 25:00', '“25:00” is no time of the day. Write it as 18:30.'],
    ['time', '22:00', 'Write a beginning and an end, such as 22:00 to 06:00.'],
    ['date', '2026-12-24', 'Write a beginning and an end, such as 2026-12-01 to 2026-12-24.'],
    ['system', 'iPhone', '“iPhone” is no system. Write a name such as iOS, Android, Windows or macOS.'],
    ['device', 'iPhone', 'For iPhones, ask for the system iOS.'],
  ])('says of the %s “%s” what to write instead', async (what, values, sentence) => {
    const page = await send('new', [...row(what, 'one_of', values, ''), ...address('https://de.example/')]);
    expect(textOf(page)).toContain(sentence);
  });

  it('takes hours alone for a time of day', async () => {
    const fields = [...row('time', 'one_of', '22-6', ''), ...address('https://n.example/'), ['timeZone', 'Asia/Tokyo']];
    expect((await send('new', fields as Field[])).status).toBe(303);
    expect(await routesNow()).toMatchObject([{ when: { from: '22:00', to: '06:00', timeZone: 'Asia/Tokyo' } }]);
  });

  it('calls a rule without a name by its condition again when that changes', async () => {
    await send('new', [...row('country', 'one_of', 'Germany', ''), ...address('https://de.example/')]);
    const { name } = fieldsOf(await ada.ask(`${tab}/rules/1`), `${tab}/rules/1`);
    expect(name).toBe('');
    const [before] = await ids();
    await send(1, [...row('country', 'one_of', 'Austria', ''), ...address('https://de.example/'), ['name', '']]);
    expect(await routesNow()).toMatchObject([{ name: 'Country is Austria' }]);
    // It is the same rule in reports.
    expect(await ids()).toEqual([before]);
  });

  it('puts the cursor into a row that was added', async () => {
    const start = [...row('country', 'one_of', 'Germany', ''), ...address('https://de.example/')];
    const focused = (page: Answer) => /<(?:select|input)[^>]*\sautofocus[^>]*>/.exec(page.text)?.[0] ?? '';
    expect(focused(await ada.ask(`${tab}/rules/new`))).toContain('aria-label="Condition 1"');
    expect(focused(await send('new', [...start, ['action', 'add-condition']]))).toContain('aria-label="Condition 2"');
    expect(focused(await send('new', [...start, ['action', 'add-address']]))).toContain('id="rule-url-1"');
  });

  it('adds and removes rows without saving', async () => {
    const start = [...row('country', 'one_of', 'Germany', ''), ...address('https://de.example/')];
    const rowsIn = (page: Answer) => [
      page.text.split('name="what"').length - 1,
      page.text.split('id="rule-url-').length - 1,
    ];
    expect(rowsIn(await send('new', [...start, ['action', 'add-condition']]))).toEqual([2, 1]);
    expect(rowsIn(await send('new', [...start, ['action', 'add-address']]))).toEqual([1, 2]);
    const two = [...start, ...row('device', 'one_of', 'mobile', 'or')];
    const left = await send('new', [...two, ['action', 'remove-condition-0']]);
    expect(rowsIn(left)).toEqual([1, 1]);
    expect(left.text).toContain('value="mobile"');
    expect(rowsIn(await send('new', [...start, ['action', 'remove-condition-0']]))).toEqual([1, 1]);
    expect(await routesNow()).toBeNull();
  });

  it('tells of a condition that rows cannot show, and leaves it alone', async () => {
    await setRoutes([
      { ...germany, when: { not: { all: [germany.when, { any: [phones.when, { not: germany.when }] }] } } },
    ]);
    const page = await ada.ask(`${tab}/rules/1`);
    expect(page.text).not.toContain('name="what"');
    expect(textOf(page)).toContain('written by a program');
  });

  it('is refused to viewers, and of a rule that is not there', async () => {
    expect((await viewer.ask(`${tab}/rules/new`)).status).toBe(403);
    expect((await send('new', row('country', 'one_of', 'Germany', ''), viewer)).status).toBe(403);
    for (const place of ['1', '0', '99', 'x', '-1']) expect((await ada.ask(`${tab}/rules/${place}`)).status).toBe(404);
  });

  it('saves over no rules that it did not show', async () => {
    const { shown = '' } = fieldsOf(await ada.ask(`${tab}/rules/new`), `${tab}/rules/new`);
    await setRoutes([phones]);
    const fields = [...row('country', 'one_of', 'Germany', ''), ...address('https://de.example/')];
    const page = await send('new', [...fields, ['shown', shown]]);
    expect(page.status).toBe(409);
    expect(textOf(page)).toContain('Somebody else changed the rules meanwhile');
    expect(page.text).toContain('value="Germany"');
    expect(await routesNow()).toEqual([phones]);
  });
});

describe('the list of rules', () => {
  const press = (place: string | number, word: string, form: Record<string, string> = {}, person = ada) =>
    person.ask(`${tab}/rules/${place}/${word}`, { form: { shown: '', ...form } });
  const names = async () => (await routesNow())?.map(({ name }) => name) ?? null;

  it('is in their order, which presses change, each with Undo', async () => {
    await setRoutes([germany, phones, nights]);
    const page = textOf(await ada.ask(tab));
    expect(['Germany', 'Phones', 'Nights'].map((name) => page.indexOf(name))).toEqual(
      ['Germany', 'Phones', 'Nights'].map((name) => page.indexOf(name)).toSorted((one, other) => one - other),
    );
    expect((await press(3, 'up')).status).toBe(303);
    expect(await names()).toEqual(['Germany', 'Nights', 'Phones']);
    await press(1, 'down');
    expect(await names()).toEqual(['Nights', 'Germany', 'Phones']);
    await press(1, 'remove');
    expect(await names()).toEqual(['Germany', 'Phones']);
    await press('order', '', {}).catch(() => {});
    expect((await ada.ask(`${tab}/rules/order`, { form: { order: '2,1', shown: '' } })).status).toBe(303);
    expect(await names()).toEqual(['Phones', 'Germany']);
    await press(2, 'remove');
    await press(1, 'remove');
    expect(await names()).toBeNull();
  });

  it('goes on counting a rule that was removed and comes back by Undo', async () => {
    await setRoutes([germany, { ...phones, to: [...to('m'), ...to('n')] }]);
    const before = await ids();
    expect((await pressUndo(ada, await press(2, 'remove')))?.status).toBe(303);
    expect(await names()).toEqual(['Germany', 'Phones']);
    expect(await ids()).toEqual(before);
  });

  it('names the app that a rule opens', async () => {
    await setRoutes([{ ...germany, to: [{ url: 'https://de.example/', weight: 1, app: 'acme://product/1' }] }]);
    expect(textOf(await ada.ask(tab))).toContain('or the app: acme://product/1');
  });

  it.each(['', '1', '1,1', '1,2,3', 'x', '2,1,'])('refuses the order "%s" of two', async (order) => {
    await setRoutes([germany, phones]);
    const answer = await ada.ask(`${tab}/rules/order`, { form: { order, shown: '' } });
    expect(answer.status).toBe(422);
    expect(await names()).toEqual(['Germany', 'Phones']);
  });

  it('moves nothing that was changed meanwhile, and nothing for viewers', async () => {
    await setRoutes([germany, phones]);
    const [, shown = ''] = /data-shown="([^"]+)"/.exec((await ada.ask(tab)).text) ?? [];
    await setRoutes([phones, germany, nights]);
    expect((await press(1, 'remove', { shown })).status).toBe(409);
    expect((await press(1, 'remove', {}, viewer)).status).toBe(403);
    expect(await names()).toEqual(['Phones', 'Germany', 'Nights']);
  });

  it('warns of a rule that can never hold', async () => {
    await setRoutes([{ ...germany, name: 'All', when: { all: [] } }, phones]);
    expect((await ada.ask(tab)).text).toContain('rule-warning');
  });
});

describe('values while one types', () => {
  const suggest = async (what: string, values: string) => {
    const query = new URLSearchParams({ what, values });
    const { text } = await ada.ask(`/w/${ada.workspace.slug}/links/rule-values?${query}`);
    return [...text.matchAll(/data-complete="([^"]+)"/g)].map(([, name]) => name);
  };

  it.each([
    ['country', 'ger', 'Germany'],
    ['country', 'Germany, aus', 'Austria'],
    ['language', 'port', 'Portuguese'],
    ['system', 'i', 'iOS'],
    ['weekday', 'sat', 'Saturday'],
    ['app', 'insta', 'Instagram'],
  ])('of %s, "%s" goes on as %s', async (what, values, name) => {
    expect(await suggest(what, values)).toContain(name);
  });

  it('are none for what people write themselves', async () => {
    for (const what of ['city', 'query', 'moon', 'constructor', '']) expect(await suggest(what, 'a')).toEqual([]);
  });
});
