import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postbackToken } from '../../../src/links/conversions/postback-token.ts';
import type { Link } from '../../../src/links/links/queries.ts';
import { openClickIds } from '../../../src/visitors/conversions/click-id.ts';
import { conversionsByGoal } from '../../../src/visitors/conversions/counts.ts';
import { type ConversionGoal, findGoal, insertGoal, listGoals } from '../../../src/visitors/conversions/goals.ts';
import { eraseGoals } from '../../../src/visitors/conversions/removal.ts';
import { settleConversions } from '../../../src/visitors/conversions/settle.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { textOf } from '../../reports/pages/pages.ts';
import { byTest } from '../../setup/actor.ts';
import { type Ask, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { rowsOf } from '../../setup/hits.ts';
import { hitOf, insertHits, makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { messageAfter, pressUndo } from '../../setup/undo.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let stranger: Client;
let link: Link;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  stranger = await openClient(app, await app.signUp('Stranger'));
  link = await makeLink(app, ada, { url: 'https://shop.example/', clickIdName: 'wm_cid' });
  home = `/w/${ada.workspace.slug}/conversions`;
});
afterAll(() => app.close());

let names = 0;
const newGoal = (isServerOnly = false): Promise<ConversionGoal> =>
  insertGoal(app.db, ada.workspace.id, byTest, { name: `Goal ${++names}`, isServerOnly });

/** @returns the id of a click on the link that is there */
async function clicked(isThere = true): Promise<string> {
  const hit = hitOf(link);
  if (isThere) {
    await insertHits(app, [hit]);
    await app.rollUp();
  }
  return openClickIds(app.config.secret).write(hit) ?? '';
}

const send = async (body: Record<string, unknown>) => (await client.ask('/conversions', { body })).status;

const rowsOfGoal = (id: string) =>
  rowsOf(
    app.db,
    sql`select 'row' as what from conversions where goal_id = ${id}
union all select 'count' from conversion_counts where goal_id = ${id}
union all select 'goal' from conversion_goals where id = ${id}`,
  );

describe('a goal', () => {
  it('is renamed on its page, with what it counted, and back by Undo', async () => {
    const goal = await newGoal();
    await send({ clickId: await clicked(), goal: goal.name, value: 1250, currency: 'EUR' });
    const path = `${home}/${goal.id}`;
    const page = await ada.ask(path);
    expect(textOf(page)).toContain('1 conversion, 12.50 EUR.');
    const last = await lastEvent(app.db);
    const saved = await ada.ask(path, { form: { ...fieldsOf(page, path), name: ' Order  ', isServerOnly: 'yes' } });
    expect(saved.status).toBe(303);
    expect(await eventsAfter(app.db, last)).toMatchObject([
      {
        what: 'goal.changed',
        before: { name: goal.name, isServerOnly: false },
        after: { name: 'Order', isServerOnly: true },
      },
    ]);
    expect(await findGoal(app.db, ada.workspace.id, 'ORDER')).toEqual({
      id: goal.id,
      name: 'Order',
      isServerOnly: true,
    });
    expect((await messageAfter(ada, saved)).text).toBe('“Order” is saved.');
    expect((await pressUndo(ada, saved))?.status).toBe(303);
    expect(await listGoals(app.db, ada.workspace.id)).toContainEqual({ ...goal, conversions: 1 });
  });

  it('keeps a refused name in its form, and takes its own in other letters', async () => {
    const [goal, other] = [await newGoal(), await newGoal()];
    const path = `${home}/${goal.id}`;
    for (const [name, status, sentence] of [
      [other.name.toUpperCase(), 409, 'already.'],
      ['  ', 422, 'Name the goal, such as Purchase.'],
      ['x'.repeat(256), 422, 'at most 255 characters.'],
    ] as const) {
      const refused = await ada.ask(path, { form: { name } });
      expect([refused.status, refused.text.includes(sentence), refused.text.includes(`value="${name}"`)]).toEqual([
        status,
        true,
        true,
      ]);
    }
    expect((await ada.ask(path, { form: { name: goal.name.toUpperCase() } })).status).toBe(303);
    expect((await findGoal(app.db, ada.workspace.id, goal.name))?.name).toBe(goal.name.toUpperCase());
  });

  it('is not overwritten by a form that is older than another change', async () => {
    const goal = await newGoal();
    const path = `${home}/${goal.id}`;
    const shown = fieldsOf(await ada.ask(path), path);
    await ada.ask(path, { form: { ...shown, name: 'Theirs' } });
    const refused = await ada.ask(path, { form: { ...shown, name: 'Mine' } });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('value="Mine"');
    expect(textOf(refused)).toContain('Theirs');
  });

  it('that is deleted is gone at once, and its rows step by step', async () => {
    const goal = await newGoal();
    const [counted, waiting] = [await clicked(), await clicked(false)];
    expect(await send({ clickId: counted, goal: goal.name })).toBe(201);
    expect(await send({ clickId: waiting, goal: goal.name })).toBe(202);
    const page = await ada.ask(`${home}/${goal.id}`);
    expect(textOf(page)).toContain(`Delete the goal “${goal.name}”? 1 conversion and their values are gone for good`);
    const last = await lastEvent(app.db);
    expect((await ada.ask(`${home}/${goal.id}/delete`, { form: {} })).status).toBe(303);
    expect(await eventsAfter(app.db, last)).toMatchObject([
      { what: 'goal.deleted', targetName: goal.name, before: { name: goal.name, conversions: 1 } },
    ]);
    expect((await ada.ask(`${home}/${goal.id}`)).status).toBe(404);
    expect((await ada.ask(`${home}/${goal.id}/delete`, { form: {} })).status).toBe(404);
    expect(textOf(await ada.ask(home)).replace(/The goal “.*?” is deleted/, '')).not.toContain(goal.name);
    expect(await rowsOfGoal(goal.id)).toHaveLength(4);

    // Of its name a new one is made, to which nothing of the old one belongs.
    expect(await send({ clickId: counted, goal: goal.name })).toBe(201);
    const again = await findGoal(app.db, ada.workspace.id, goal.name);
    expect(again?.id).not.toBe(goal.id);
    await settleConversions(app.db);
    await Promise.all([eraseGoals(app.db), eraseGoals(app.db)]);
    await eraseGoals(app.db);
    expect(await rowsOfGoal(goal.id)).toEqual([]);
    expect((await conversionsByGoal(app.db, ada.workspace.id, link.id)).get(again?.id ?? '')).toBe(1);
  });

  it('is deleted while conversions come in, and none of them is left', async () => {
    const goal = await newGoal();
    const ids = await Promise.all(Array.from({ length: 12 }, () => clicked()));
    const sent = ids.map((clickId, index) => send({ clickId, goal: goal.name, externalId: `d${index}` }));
    const removed = client.ask(`/goals/${goal.id}`, { method: 'DELETE' });
    const statuses = await Promise.all(sent);
    expect((await removed).status).toBe(204);
    expect(statuses.every((status) => status === 201 || status === 404)).toBe(true);
    await eraseGoals(app.db);
    expect(await rowsOfGoal(goal.id)).toEqual([]);
  });

  it('shows its links, the most reached first', async () => {
    const goal = await newGoal();
    const page = async () => textOf(await ada.ask(`${home}/${goal.id}`));
    expect(await page()).not.toContain(link.slug);
    await send({ clickId: await clicked(), goal: goal.name });
    expect(await page()).toContain(`${link.domain}/${link.slug}`);
  });

  it('is looked at by viewers, who change nothing', async () => {
    const goal = await newGoal();
    const viewer = { ...(await app.signUp('Vera')), workspace: ada.workspace };
    await joinWorkspace(app, viewer, ada, 'viewer');
    const page = await viewer.ask(`${home}/${goal.id}?way=postback`);
    expect(page.status).toBe(200);
    for (const hidden of [`action="${home}/${goal.id}"`, '/delete"', '/postback/replace', '/pb/'])
      expect(page.text).not.toContain(hidden);
    expect(textOf(page)).toContain('Members can see it here');
  });
});

describe('goals in the API', () => {
  const json = async (path: string, options?: Ask, by = client): Promise<Record<string, unknown>> => {
    const answer = await by.ask(path, options);
    return { status: answer.status, ...(answer.json() as Record<string, unknown>) };
  };

  it('are made, listed, changed and deleted', async () => {
    const made = await json('/goals', { body: { name: 'Trial', isServerOnly: true } });
    expect(made).toMatchObject({ status: 201, name: 'Trial', isServerOnly: true, conversions: 0, values: [] });
    const id = String(made['id']);
    for (const [value, currency] of [
      [1250, 'EUR'],
      [300, 'JPY'],
      [50, 'EUR'],
    ])
      await send({ clickId: await clicked(), goal: 'Trial', value, currency });
    const values = [
      { currency: 'EUR', value: 1300 },
      { currency: 'JPY', value: 300 },
    ];
    const changed = await json(`/goals/${id}`, { method: 'PATCH', body: { name: 'Trial began' } });
    expect(changed).toEqual({ status: 200, id, name: 'Trial began', isServerOnly: true, conversions: 3, values });
    const { data } = (await client.ask('/goals')).json() as { data: unknown[] };
    expect(data).toContainEqual({ id, name: 'Trial began', isServerOnly: true, conversions: 3, values });
    expect(textOf(await ada.ask(home))).toContain('3 13.00 EUR 300 JPY');
    expect((await client.ask(`/goals/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await json(`/goals/${id}`, { method: 'PATCH', body: {} })).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('are refused with code and field, and are nobody else’s', async () => {
    const goal = await newGoal();
    const patch = (body: unknown, by = client) => json(`/goals/${goal.id}`, { method: 'PATCH', body }, by);
    const taken = { status: 409, code: 'goal_taken', field: 'name' };
    const other = await newGoal();
    expect(await json('/goals', { body: { name: other.name.toUpperCase() } })).toMatchObject(taken);
    expect(await patch({ name: other.name })).toMatchObject(taken);
    expect(await patch({ name: ' ' })).toMatchObject({ status: 422, code: 'goal_name_invalid', field: 'name' });
    expect(await patch({ isServerOnly: 'yes' })).toMatchObject({ status: 422, field: 'isServerOnly' });
    expect(await patch({ colour: 'red' })).toMatchObject({ status: 422, field: 'colour' });
    expect(await patch({ name: 'Mine' }, stranger)).toMatchObject({ status: 404 });
    expect((await stranger.ask(`/goals/${goal.id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await stranger.ask('/goals')).json()).toEqual({ data: [] });
  });
});

describe('the postback address', () => {
  it('is replaced, and the old one ends at once', async () => {
    const goal = await newGoal(true);
    const addressIn = async () =>
      /\/pb\/[\w-]{32}/.exec((await ada.ask(`${home}?way=postback`)).text)?.[0] ?? 'no address';
    const ask = async (address: string) =>
      (await app.ask(`${address}?cid=${await clicked()}&goal=${encodeURIComponent(goal.name)}`)).status;
    const old = await addressIn();
    expect(old).toBe(`/pb/${postbackToken(app.config.secret, { id: ada.workspace.id, postbackVersion: 0 })}`);
    expect(await ask(old)).toBe(200);
    const last = await lastEvent(app.db);
    expect((await ada.ask(`${home}/postback/replace`, { form: {} })).status).toBe(303);
    expect(await eventsAfter(app.db, last)).toMatchObject([{ what: 'postback.replaced', before: null, after: null }]);
    const now = await addressIn();
    expect([now === old, await ask(old), await ask(now)]).toEqual([false, 404, 200]);
    expect(textOf(await ada.ask(`/w/${ada.workspace.slug}/history`))).toContain('replaced the postback address of');
    // That of another workspace is as it was.
    const others = postbackToken(app.config.secret, { id: stranger.workspaceId, postbackVersion: 1 });
    expect(await ask(`/pb/${others}`)).toBe(404);
  });
});
