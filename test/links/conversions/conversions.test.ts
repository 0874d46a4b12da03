import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../src/links/links/queries.ts';
import { reportingWays, snippetsOf } from '../../../src/links/conversions/snippets.ts';
import { postbackToken } from '../../../src/links/conversions/postback-token.ts';
import { openClickIds } from '../../../src/visitors/conversions/click-id.ts';
import { conversionsByDestination } from '../../../src/visitors/conversions/counts.ts';
import { findGoal, insertGoal, listGoals } from '../../../src/visitors/conversions/goals.ts';
import { takeConversion } from '../../../src/visitors/conversions/take.ts';
import { deleteConversions } from '../../../src/visitors/conversions/removal.ts';
import { forgetConversions, settleConversions } from '../../../src/visitors/conversions/settle.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { desktopChrome, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { hitOf, makeLink, insertHits } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let stranger: Client;
let link: Link;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  stranger = await openClient(app, await app.signUp('Stranger'));
  link = await makeLink(app, ada, { slug: 'shop', url: 'https://shop.example/?a=1#top', clickIdName: 'wm_cid' });
});
afterAll(() => app.close());

let visitors = 0;
const visitor = () => ({
  'user-agent': desktopChrome,
  'x-forwarded-for': `198.51.${visitors >> 8}.${visitors++ & 255}`,
});

/** Clicks as a person does. @returns the id that the destination gets */
async function click(headers: Record<string, string> = visitor(), path = '/shop'): Promise<string> {
  const { headers: answered } = await app.visit(path, { headers });
  return new URL(answered.location ?? '').searchParams.get('wm_cid') ?? '';
}

async function clicked(headers?: Record<string, string>): Promise<string> {
  const id = await click(headers);
  await app.rollUp();
  return id;
}

type Body = Record<string, unknown>;
async function send(body: Body, by = client): Promise<Body> {
  const answer = await by.ask('/conversions', { body });
  return { status: answer.status, ...(answer.json() as Body) };
}

async function countsOf(goal: string, of: Pick<Link, 'id'> = link) {
  const found = await findGoal(app.db, ada.workspace.id, goal);
  return found ? conversionsByDestination(app.db, ada.workspace.id, { linkId: of.id, goalId: found.id }) : [];
}
const totals = async (goal: string) =>
  (await countsOf(goal)).map(({ conversions, visitors: people, values }) => ({ conversions, people, values }));
const once = [{ conversions: 1, people: 1, values: [] }];

describe('a click id in the redirect', () => {
  it('is added where the link says so, before the fragment', async () => {
    const { headers } = await app.visit('/shop?b=2', { headers: visitor() });
    expect(headers.location).toMatch(/^https:\/\/shop\.example\/\?a=1&b=2&wm_cid=[\w-]{48}#top$/);
  });

  it('is not added elsewhere, for machines, or for people who ask not to be tracked', async () => {
    await makeLink(app, ada, { slug: 'plain', url: 'https://shop.example/' });
    expect(await click(visitor(), '/plain')).toBe('');
    expect(await click({ ...visitor(), 'sec-gpc': '1' })).toBe('');
    expect(await click({ ...visitor(), dnt: '1' })).toBe('');
    expect(await click({ ...visitor(), 'user-agent': 'Slackbot-LinkExpanding 1.0' })).toBe('');
  });

  it('is an option of the link, whose name has to be one', async () => {
    const made = await client.ask('/links', { body: { url: 'https://a.example/', clickIdName: 'from_ad' } });
    expect(made.json()).toMatchObject({ clickIdName: 'from_ad' });
    for (const clickIdName of ['1st', 'a b', 'utm_source', 'a=b', 'a&b', 'ä', 'x'.repeat(31)]) {
      const refused = await client.ask('/links', { body: { url: 'https://a.example/', clickIdName } });
      expect(refused.json(), clickIdName).toMatchObject({ status: 422, code: 'click_id_name_invalid' });
    }
  });
});

describe('a conversion by a server call', () => {
  it('counts', async () => {
    const body = { clickId: await clicked(), goal: 'Counts', externalId: 'order 1', value: 1250, currency: 'eur' };
    const sent = { ...body, currency: 'EUR', accepted: true, reason: null, isRepeat: false, isCounted: true };
    const { clickId: _clickId, ...shown } = sent;
    expect(await send(body)).toMatchObject({ status: 201, linkId: link.id, ...shown });
    expect(await totals('counts')).toEqual([{ conversions: 1, people: 1, values: [{ currency: 'EUR', value: 1250 }] }]);
  });

  it('counts once when it is sent twice, and at the same moment', async () => {
    const body = { clickId: await clicked(), goal: 'Twice', externalId: 'order 2' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(body)));
    expect(answers.map((answer) => Number(answer['status'])).toSorted((one, other) => one - other)).toEqual([
      ...Array<number>(7).fill(200),
      201,
    ]);
    expect(new Set(answers.map((answer) => answer['id'])).size).toBe(1);
    expect(await totals('Twice')).toEqual(once);
  });

  it('keeps the first value', async () => {
    const body = { clickId: await clicked(), goal: 'First', externalId: 'order 3', value: 1, currency: 'EUR' };
    await send(body);
    expect(await send({ ...body, value: 2, currency: 'USD' })).toMatchObject({
      status: 200,
      isRepeat: true,
      value: 1,
      currency: 'EUR',
    });
    expect(await totals('First')).toEqual([{ conversions: 1, people: 1, values: [{ currency: 'EUR', value: 1 }] }]);
  });

  it('counts an external id once for a goal, whichever click it is sent with', async () => {
    const [one, other] = [await clicked(), await clicked()];
    await send({ clickId: one, goal: 'Order', externalId: 'A' });
    expect(await send({ clickId: other, goal: 'Order', externalId: 'A' })).toMatchObject({
      status: 200,
      isRepeat: true,
    });
    expect(await send({ clickId: other, goal: 'Order', externalId: 'B' })).toMatchObject({ status: 201 });
    expect(await totals('Order')).toEqual([{ conversions: 2, people: 2, values: [] }]);
  });

  it('counts out of order', async () => {
    const clickId = await clicked();
    const now = Date.now();
    const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
    expect(await send({ clickId, goal: 'Order of time', externalId: '2', occurredAt: at(2) })).toMatchObject({
      status: 201,
    });
    expect(await send({ clickId, goal: 'Order of time', externalId: '1', occurredAt: at(1) })).toMatchObject({
      status: 201,
    });
    expect(await totals('Order of time')).toEqual([{ conversions: 2, people: 1, values: [] }]);
    for (const wrong of [at(-60), at(60)])
      expect(await send({ clickId, goal: 'Order of time', externalId: '3', occurredAt: wrong })).toMatchObject({
        status: 422,
      });
  });

  it('makes a visitor of the day one, however often they click and convert', async () => {
    const same = visitor();
    for (const externalId of ['x', 'y']) await send({ clickId: await clicked(same), goal: 'Visitor', externalId });
    expect(await totals('Visitor')).toEqual([{ conversions: 2, people: 1, values: [] }]);
  });

  it('does not count for a click of a machine, whatever its id says', async () => {
    const hit = hitOf(link, { class: 'preview', visitorKey: null });
    await insertHits(app, [hit]);
    await app.rollUp();
    const clickId = openClickIds(app.config.secret).write(hit);
    const refused = { status: 200, accepted: false, reason: 'machine', id: null };
    expect(await send({ clickId, goal: 'Machine' })).toMatchObject(refused);
    expect(await totals('Machine')).toEqual([]);
  });

  it('is refused for a click of another workspace', async () => {
    const clickId = await clicked();
    expect(await send({ clickId, goal: 'Foreign' }, stranger)).toMatchObject({ status: 422, code: 'click_unknown' });
    expect(await totals('Foreign')).toEqual([]);
  });

  it('is refused for a forged click id, and for one that is too old', async () => {
    const clickId = await clicked();
    const forged = `${clickId.slice(0, -1)}${clickId.endsWith('A') ? 'B' : 'A'}`;
    expect(await send({ clickId: forged, goal: 'Forged' })).toMatchObject({ status: 422, code: 'click_id_invalid' });
    const longAgo = { linkId: link.id, clickedAt: Date.now() - 91 * 86_400_000, id: 1 };
    const old = openClickIds(app.config.secret).write(longAgo);
    expect(await send({ clickId: old, goal: 'Old' })).toMatchObject({ status: 422, code: 'click_id_expired' });
  });

  it('counts when its click arrives within an hour, and is forgotten after it', async () => {
    const hits = [hitOf(link), hitOf(link), hitOf(link, { class: 'crawler' })];
    const ids = hits.map((hit) => openClickIds(app.config.secret).write(hit));
    for (const clickId of ids)
      expect(await send({ clickId, goal: 'Late' })).toMatchObject({ status: 202, accepted: true, isCounted: false });
    expect(await send({ clickId: ids[0], goal: 'Late' })).toMatchObject({ status: 200, isRepeat: true });
    await insertHits(app, [...hits.slice(0, 1), ...hits.slice(2)]);
    await app.rollUp();
    await Promise.all([settleConversions(app.db), settleConversions(app.db)]);
    await settleConversions(app.db);
    expect(await totals('Late')).toEqual(once);
    await app.db.execute(
      sql`update conversions set received_at = now() - interval '61 minutes' where counted_at is null`,
    );
    await forgetConversions(app.db, null);
    expect(await rowsOf(app.db, sql`select id from conversions where counted_at is null`)).toEqual([]);
  });

  it('is in the sum of its goal, whatever link it was', async () => {
    const other = await makeLink(app, ada, { slug: 'second', url: 'https://shop.example/', clickIdName: 'wm_cid' });
    const clickIds = [await click(), await click(), await click(visitor(), '/second')];
    await app.rollUp();
    for (const clickId of [...clickIds, clickIds[0]]) await send({ clickId, goal: 'Summed' });
    const goals = await listGoals(app.db, ada.workspace.id);
    expect(goals.find(({ name }) => name === 'Summed')?.conversions).toBe(3);
    expect([await countsOf('Summed'), await countsOf('Summed', other)].map(([of]) => of?.conversions)).toEqual([2, 1]);
  });

  it('goes with its workspace, and leaves those of others', async () => {
    const gone = await app.signUp('Gone');
    await makeLink(app, gone, { slug: 'gone', url: 'https://gone.example/', clickIdName: 'wm_cid' });
    const clickId = await click(visitor(), '/gone');
    await app.rollUp();
    await send({ clickId, goal: 'Kept' }, await openClient(app, gone));
    await send({ clickId: await clicked(), goal: 'Kept' });
    await deleteConversions(app.db, gone.workspace.id);
    const left = await rowsOf<{ id: string }>(
      app.db,
      sql`
select workspace_id as id from conversions where workspace_id = ${gone.workspace.id}
union all select workspace_id from conversion_counts where workspace_id = ${gone.workspace.id}`,
    );
    expect(left).toEqual([]);
    expect(await totals('Kept')).toEqual(once);
  });

  it('reads the names of Dub', async () => {
    const body = {
      clickId: await clicked(),
      eventName: 'Dub',
      invoiceId: 'in_1',
      amount: 5,
      currency: 'usd',
      customerExternalId: 'c',
    };
    expect(await send(body)).toMatchObject({ status: 201, goal: 'Dub', externalId: 'in_1', value: 5, currency: 'USD' });
  });

  it.each([
    [{ goal: '' }, 'goal_name_invalid'],
    [{ goal: '\u0000\u200b' }, 'goal_name_invalid'],
    [{ goal: 'x'.repeat(256) }, 'invalid'],
    [{ externalId: 'x'.repeat(101) }, 'invalid'],
    [{ value: 1.5, currency: 'EUR' }, 'invalid'],
    [{ value: -1, currency: 'EUR' }, 'invalid'],
    [{ value: 1e15, currency: 'EUR' }, 'invalid'],
    [{ value: 1 }, 'value_invalid'],
    [{ value: 1, currency: 'XYZ' }, 'value_invalid'],
    [{ occurredAt: 'yesterday' }, 'invalid'],
    [{ metadata: { long: 'x'.repeat(10_000) } }, 'invalid'],
    [{ metadata: 'text' }, 'invalid'],
    [{ clickid: 'misspelt' }, 'invalid'],
    [{ clickId: 1 }, 'invalid'],
    [{ clickId: '%00' }, 'click_id_invalid'],
  ])('is refused with %j', async (wrong, code) => {
    expect(await send({ clickId: await clicked(), goal: 'Wrong', ...wrong })).toMatchObject({ status: 422, code });
  });

  it('is refused with metadata that is too deep to be written', async () => {
    const metadata = `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const answer = await client.ask('/conversions', {
      body: `{"clickId":"${await clicked()}","goal":"Deep","metadata":${metadata}}`,
    });
    expect(answer.json()).toMatchObject({ status: 422, code: 'invalid', field: 'metadata' });
  });

  it('makes no more goals than a workspace may have, at the same moment too', async () => {
    const mine = await app.signUp('Maker');
    const make = (n: number) =>
      insertGoal(app.db, mine.workspace.id, byTest, { name: `Goal ${n}`, isServerOnly: false });
    for (let n = 0; n < 95; n++) await make(n);
    await Promise.allSettled(Array.from({ length: 20 }, async (_, n) => make(100 + n)));
    expect(await listGoals(app.db, mine.workspace.id)).toHaveLength(100);
  });

  it('is refused once its goal is gone', async () => {
    const gone = { id: 'gone', name: 'Gone', isServerOnly: false };
    const key = { linkId: link.id, clickedAt: 1, id: 1 };
    const sent = { externalId: '', value: null, currency: null, occurredAt: new Date(), metadata: null };
    const taken = takeConversion(app.db, ada.workspace.id, { ...sent, key, goal: gone, via: 'server' });
    await expect(taken).rejects.toThrow('The goal is gone.');
  });

  it('keeps texts that no page could show', async () => {
    const metadata = { '\u0000': '\ud800', __proto__: { a: 1 }, nested: [[[[1]]]] };
    const body = { clickId: await clicked(), goal: 'Odd', externalId: "';--\u0000\u202e", metadata };
    expect(await send(body)).toMatchObject({ status: 201 });
  });
});

describe('pixel and script', () => {
  const pixel = (query: string, headers: Record<string, string> = {}) => app.ask(`/px/pixel.gif?${query}`, { headers });
  const script = (body: unknown) =>
    app.ask('/px/convert', {
      method: 'POST',
      body,
      headers: { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' },
    });

  it('count for a goal that is there, once a click', async () => {
    await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Sign-up', isServerOnly: false });
    const clickId = await clicked();
    const shown = await pixel(`cid=${clickId}&goal=sign-up&value=9.90&currency=EUR`);
    expect(shown).toMatchObject({ status: 200, headers: { 'content-type': 'image/gif', 'cache-control': 'no-store' } });
    expect((await script({ clickId, goal: 'Sign-up' })).json()).toEqual({ accepted: true, isRepeat: true });
    expect(await totals('Sign-up')).toEqual([{ conversions: 1, people: 1, values: [{ currency: 'EUR', value: 990 }] }]);
  });

  it('do not count for a goal of server calls only, or one that nobody made', async () => {
    await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Money', isServerOnly: true });
    const clickId = await clicked();
    expect((await pixel(`cid=${clickId}&goal=Money`)).status).toBe(200);
    expect((await script({ clickId, goal: 'Money' })).json()).toEqual({ accepted: false, reason: 'server_only' });
    expect((await script({ clickId, goal: 'Unknown' })).status).toBe(404);
    expect(await totals('Money')).toEqual([]);
    expect(await send({ clickId, goal: 'Money' })).toMatchObject({ status: 201 });
  });

  it('count a click and a goal 20 times at most', async () => {
    await insertGoal(app.db, ada.workspace.id, byTest, { name: 'Many', isServerOnly: false });
    const clickId = await clicked();
    for (let n = 0; n < 20; n++) await script({ clickId, goal: 'Many', externalId: `${n}` });
    expect((await script({ clickId, goal: 'Many', externalId: 'more' })).json()).toEqual({
      accepted: false,
      reason: 'too_many',
    });
    expect(await totals('Many')).toEqual([{ conversions: 20, people: 1, values: [] }]);
  });

  it('are limited by network', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const statuses = [];
    for (let n = 0; n < 121; n++) statuses.push((await pixel('cid=x', headers)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
  });

  it('answer other sites at their own address alone, without cookies', async () => {
    const asked = await app.ask('/px/convert', { method: 'OPTIONS', headers: { origin: 'https://shop.example' } });
    expect(asked).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    const { headers } = await script({ clickId: 'x', goal: 'y' });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect([headers['access-control-allow-credentials'], headers['set-cookie']]).toEqual([undefined, undefined]);
    const other = await client.ask('/links', { headers: { origin: 'https://shop.example' } });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('is a script of 1 kB that keeps nothing', async () => {
    const { text, headers } = await app.ask('/px/script.js');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000);
    expect(text).not.toMatch(/cookie|localStorage|sessionStorage|indexedDB|userAgent/);
    expect(headers['content-type']).toMatch('text/javascript');
  });

  it.each(['', '{', 'null', '[]', '"x"', '{"clickId":{}}', '{"clickId":"x","goal":[]}', `"${'x'.repeat(20_000)}"`])(
    'refuses the body %#, in JSON that other sites may read',
    async (body) => {
      for (const type of ['text/plain', 'application/json', 'application/xml']) {
        const answer = await app.ask('/px/convert', { method: 'POST', body, headers: { 'content-type': type } });
        expect([400, 413, 415, 422]).toContain(answer.status);
        expect(answer.json()).toMatchObject({ status: answer.status, code: expect.any(String) as string });
        expect(answer.headers['access-control-allow-origin']).toBe('*');
      }
    },
  );
});

describe('a postback', () => {
  const path = () => `/pb/${postbackToken(app.config.secret, { id: ada.workspace.id, postbackVersion: 0 })}`;

  it('counts by GET and POST, with an amount as networks write it, once for a transaction', async () => {
    const clickId = await clicked();
    const query = `cid=${clickId}&goal=Sale&payout=12.50&currency=EUR&txid=t1`;
    expect((await app.ask(`${path()}?${query}`)).json()).toEqual({ accepted: true, isRepeat: false });
    const form = Object.fromEntries(new URLSearchParams(query));
    expect((await app.ask(path(), { form })).json()).toEqual({ accepted: true, isRepeat: true });
    expect(await totals('Sale')).toEqual([{ conversions: 1, people: 1, values: [{ currency: 'EUR', value: 1250 }] }]);
  });

  it('counts nothing for HEAD', async () => {
    const clickId = await clicked();
    for (const at of [`${path()}?cid=${clickId}&goal=Head`, `/px/pixel.gif?cid=${clickId}&goal=Head`])
      expect((await app.ask(at, { method: 'HEAD' })).status).toBe(404);
    expect(await findGoal(app.db, ada.workspace.id, 'Head')).toBeUndefined();
  });

  it('is refused with another secret, without a click, or with an amount that is none', async () => {
    const clickId = await clicked();
    const other = `/pb/${postbackToken(app.config.secret, { id: stranger.workspaceId, postbackVersion: 0 })}`;
    expect((await app.ask(`${other}?cid=${clickId}`)).status).toBe(404);
    expect((await app.ask(`/pb/x?cid=${clickId}`)).status).toBe(404);
    expect((await app.ask(path())).json()).toMatchObject({ status: 422, code: 'click_id_invalid' });
    for (const wrong of ['payout=12.50', 'payout=x&currency=EUR', 'payout=1&currency=ZZZ', 'payout=-1&currency=EUR'])
      expect((await app.ask(`${path()}?cid=${clickId}&${wrong}`)).status, wrong).toBe(422);
  });
});

describe('conversions of a split', () => {
  it('are counted by the version that the click met, whatever becomes of the split', async () => {
    const versions = [
      { url: null, weight: 1 },
      { url: 'https://b.example/', weight: 1 },
    ];
    const split = { versions, endsAt: null, isPaused: false };
    const tested = await makeLink(app, ada, {
      slug: 'tested',
      url: 'https://a.example/',
      clickIdName: 'wm_cid',
      split,
    });
    const ids = [];
    for (let n = 0; n < 12; n++) ids.push(await click(visitor(), '/tested'));
    await client.ask(`/links/${tested.id}`, { method: 'PATCH', body: { title: 'Changed meanwhile' } });
    await app.rollUp();
    for (const clickId of ids) expect(await send({ clickId, goal: 'Split' })).toMatchObject({ status: 201 });
    const counts = await countsOf('Split', tested);
    const clicks = await rowsOf(
      app.db,
      sql`select destination_id as "destinationId", count(*)::int as conversions from clicks where link_id = ${tested.id} group by 1 order by 1`,
    );
    expect(counts.map(({ destinationId, conversions }) => ({ destinationId, conversions }))).toEqual(clicks);
    expect(counts.every(({ destinationId }) => destinationId !== null)).toBe(true);
    const tab = await ada.ask(`/w/${ada.workspace.slug}/links/${tested.id}/destinations`);
    expect(tab.text).toContain('data-label="conversions"');
  });
});

describe('the page of goals', () => {
  it('adds a goal, says by whom it is counted, and shows what to copy', async () => {
    const path = `/w/${ada.workspace.slug}/conversions`;
    expect((await ada.ask(path, { form: { goal: ' Trial <b> ', isServerOnly: 'on' } })).status).toBe(303);
    const goal = await findGoal(app.db, ada.workspace.id, 'trial <B>');
    expect(goal).toMatchObject({ name: 'Trial <b>', isServerOnly: true });
    expect((await ada.ask(`${path}/${goal?.id}`, { form: { name: 'Trial <b>', isServerOnly: 'no' } })).status).toBe(
      303,
    );
    expect((await ada.ask(path)).text).toContain('Trial &lt;b&gt;');
    for (const [way, shown] of [
      ['', '/api/v1/conversions'],
      ['server', '/api/v1/conversions'],
      ['postback', '/pb/'],
      ['pixel', '/px/pixel.gif'],
      ['script', '/px/script.js'],
      ['other', '/api/v1/conversions'],
    ])
      for (const page of [path, `${path}/${goal?.id}`])
        expect((await ada.ask(`${page}?way=${way}`)).text, way).toContain(shown);
  });

  it('shows a refused name again', async () => {
    const path = `/w/${ada.workspace.slug}/conversions`;
    await ada.ask(path, { form: { goal: 'Once' } });
    const again = await ada.ask(path, { form: { goal: 'ONCE', isServerOnly: 'on' } });
    expect(again.status).toBe(409);
    expect(again.text).toContain('There is a goal “ONCE” already.');
    expect(again.text).toContain('value="ONCE"');
  });

  it('writes a name of any letters into what it shows to copy', () => {
    const goal = `R&D &copy "x" 'y' </script>`;
    const texts = Object.fromEntries(
      reportingWays
        .flatMap(({ name }) => snippetsOf(name, goal, 'https://w.example', 'https://w.example/pb/s'))
        .map((each) => [each.id, each.text]),
    );
    expect(texts['script']).toContain('data-goal="R&amp;D &amp;copy &quot;x&quot; \'y\' </script>"');
    expect(texts['call']).not.toContain('</script>');
    expect(JSON.parse(/waymark\((".*"), \{/.exec(texts['call'] ?? '')?.[1] ?? '')).toBe(goal);
    expect(new URL(texts['postback'] ?? '').searchParams.get('goal')).toBe(goal);
    expect(texts['curl']).toContain(`'\\''y'\\''`);
    expect(snippetsOf('postback', goal, 'https://w.example', null)).toEqual([]);
  });
});
