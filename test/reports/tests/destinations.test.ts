import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Split } from '../../../src/ground/addresses/split.ts';
import { conversionCounts, linkDestinations, links } from '../../../src/ground/db/schema.ts';
import { getLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { countTests, judgeTests, type TestedWorkspace } from '../../../src/reports/tests/standing.ts';
import { insertGoal } from '../../../src/visitors/conversions/goals.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { rowsOf } from '../../setup/hits.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let viewer: Person;
let workspaceId: string;
let link: Link;
let path: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  viewer = { ...(await app.signUp('Vera')), workspace: ada.workspace };
  await joinWorkspace(app, viewer, ada, 'viewer');
});
afterAll(() => app.close());

beforeEach(async () => {
  link = await makeLink(app, workspaceId, { url: 'https://a.example/' });
  path = `/w/${ada.workspace.slug}/links/${link.id}/destinations`;
});

const read = () => getLink(app.db, workspaceId, link.id);
const loadTests = async (of: TestedWorkspace, now: Date, goalId?: string) => {
  const tested = await read();
  return judgeTests(app.db, tested, now, await countTests(app.db, of, tested, now), goalId);
};
const b = 'https://b.example/';
const halves: Split = {
  versions: [
    { url: null, weight: 50 },
    { url: b, weight: 50 },
  ],
  endsAt: null,
  isPaused: false,
};
const split = (changes: Partial<Split> = {}) =>
  updateLink(app.db, workspaceId, byTest, link.id, { split: { ...halves, ...changes } });

/** Sends the editor as a browser does, a field of each name for each row. */
function send(rows: readonly (readonly [url: string, share: string])[], others: Record<string, string> = {}) {
  const fields = rows.flatMap(([url, share]) => [
    ['url', url],
    ['share', share],
  ]);
  const body = new URLSearchParams([...fields, ...Object.entries(others)] as [string, string][]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return ada.ask(path, { method: 'POST', body: body.toString(), headers });
}

/** Ids of the versions that were made last, A first. */
const idsOf = async (count = 2) => {
  const rows = await rowsOf<{ id: number }>(
    app.db,
    sql`select id from ${linkDestinations} where ${eq(linkDestinations.linkId, link.id)} order by id desc limit ${count}`,
  );
  return rows.map(({ id }) => id).toReversed();
};

/** Conversions of a version as they are counted. */
const converted = (goalId = '', destinationId = 0, visitors = 0) => ({
  workspaceId,
  linkId: link.id,
  goalId,
  destinationId,
  visitors,
  conversions: visitors,
  quarter: new Date('2026-11-01T00:00:00Z'),
  currency: '',
  value: 0,
});

const hits = (destinationId: number | undefined, count: number, visitorKey?: number) =>
  makeHits(
    app,
    link,
    Array.from({ length: count }, () => ({
      destinationId: destinationId ?? null,
      ...(visitorKey !== undefined && { visitorKey }),
    })),
  );

describe('the tab of a link without a test', () => {
  it('starts one with a second address and one press', async () => {
    const page = await ada.ask(path);
    expect(textOf(page)).toContain('Start, half and half');
    const { shown } = fieldsOf(page, path);
    const last = await lastEvent(app.db);
    const started = await ada.ask(path, { form: { url: b, shown: shown ?? '' } });
    expect(started.status).toBe(303);
    expect((await read()).split).toEqual(halves);
    expect(await eventsAfter(app.db, last)).toMatchObject([{ what: 'link.changed', after: { split: halves } }]);
  });

  it('offers nothing to viewers', async () => {
    const page = await viewer.ask(path);
    expect(textOf(page)).toContain('All visitors go to https://a.example/');
    expect(page.text).not.toContain(`action="${path}"`);
    expect((await viewer.ask(path, { form: { url: b } })).status).toBe(403);
  });

  it('keeps a typed address that is refused', async () => {
    const page = await ada.ask(path, { form: { url: 'javascript:alert(1)' } });
    expect(page.status).toBe(422);
    expect(page.text).toContain('value="javascript:alert(1)"');
    expect(page.text).toContain('id="test-url-1-error"');
    expect((await read()).split).toBeNull();
  });
});

describe('the table of a test', () => {
  it('counts clicks and visitors of each version over its phases, pending ones too', async () => {
    await split();
    const [firstA, firstB] = await idsOf();
    await hits(firstA, 3);
    await hits(firstB, 2);
    await app.rollUp();
    await split({ versions: halves.versions.map((version, index) => ({ ...version, weight: index === 0 ? 1 : 3 })) });
    const [secondA, secondB] = await idsOf();
    await hits(secondA, 1);
    await hits(secondB, 4, 77);
    await hits(undefined, 5);
    const { current } = await loadTests(await workspace(), new Date());
    expect(current?.phases).toHaveLength(2);
    expect(current?.rows).toMatchObject([
      { letter: 'A', url: 'https://a.example/', share: 0.25, clicks: 4, visitors: 4 },
      { letter: 'B', url: b, share: 0.75, clicks: 6, visitors: 3 },
    ]);
    const page = textOf(await viewer.ask(path));
    expect(page).toContain('The split is as set.');
    expect(page).toContain('The shares were changed 1 time');
    expect(page).not.toContain('Certainty');
    expect(page).not.toMatch(/Pause|End the test|Change the test/);
  });

  it('takes conversions by version and phase', async () => {
    await split();
    const [a, second] = await idsOf();
    await hits(a, 5);
    await hits(second, 5);
    const [bought, asked] = await Promise.all(
      ['Bought', 'Asked'].map((name) => insertGoal(app.db, workspaceId, byTest, { name, isServerOnly: false })),
    );
    await app.db
      .insert(conversionCounts)
      .values([converted(bought?.id, a, 1), converted(bought?.id, second, 3), converted(asked?.id, a, 2)]);
    const { current } = await loadTests(await workspace(), new Date(), bought?.id);
    expect(current?.results).toMatchObject({ conversions: 4, verdict: 'keep-going' });
    expect(current?.rows.map(({ rate }) => rate)).toEqual([0.2, 0.6]);
    expect(textOf(await viewer.ask(path))).toMatch(/who reached “ ?Bought ?”/);
    const other = textOf(await viewer.ask(`${path}?goal=${asked?.id}`));
    expect(other).toMatch(/who reached “ ?Asked ?”/);
    expect(other).toContain('40.00 %');
    expect(textOf(await viewer.ask(`${path}?goal=gone`))).toMatch(/who reached “ ?Bought ?”/);
  });

  it('shows what conversions of each version brought, over its phases and without a verdict', async () => {
    await split();
    const [a, second] = await idsOf();
    await hits(a, 9);
    await hits(second, 9);
    const goal = await insertGoal(app.db, workspaceId, byTest, { name: 'Sold', isServerOnly: false });
    const worth = (destinationId: number | undefined, visitors: number, currency: string, value: number) => ({
      ...converted(goal.id, destinationId, visitors),
      currency,
      value,
    });
    await app.db
      .insert(conversionCounts)
      .values([worth(a, 2, 'EUR', 24_000), worth(a, 1, 'JPY', 900), worth(second, 3, 'EUR', 5)]);
    await split({ versions: halves.versions.map((version, index) => ({ ...version, weight: 1 + index })) });
    const [, later] = await idsOf();
    await hits(later, 1);
    await app.db.insert(conversionCounts).values(worth(later, 1, 'EUR', 100));
    const page = textOf(await viewer.ask(path));
    expect(page).toMatch(/ 3 240\.00 EUR, 900 JPY /);
    expect(page).toMatch(/ 4 1\.05 EUR /);
    expect(page).toContain('the verdict is made of visitors alone');
  });

  it('counts no days after the end of a test, nor those of the one that came after it', async () => {
    const now = new Date();
    const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);
    await split({ endsAt: inDays(3).toISOString() });
    const ids = await idsOf();
    const goal = await insertGoal(app.db, workspaceId, byTest, { name: 'Clear', isServerOnly: false });
    await app.db
      .insert(conversionCounts)
      .values(ids.map((id, index) => converted(goal.id, id, index === 0 ? 100 : 300)));
    const load = async () => loadTests(await workspace(), inDays(30), goal.id);
    expect((await load()).current?.results.advice).toMatch(/^Keep going: for [45] more days/);
    await split({ endsAt: inDays(20).toISOString() });
    expect((await load()).current?.results).toMatchObject({ verdict: 'ahead', winner: 2 });
    await split({ versions: halves.versions.toReversed() });
    expect((await load()).earlier[0]?.results.verdict).toBe('keep-going');
  });

  it('says when the split is off', async () => {
    await split();
    const [a] = await idsOf();
    await hits(a, 1_200);
    expect(textOf(await ada.ask(path))).toContain('The split is off: do not trust this.');
  });
});

const workspace = async () => {
  const [row] = await rowsOf<{ timeZone: string }>(
    app.db,
    sql`select time_zone as "timeZone" from workspaces where id = ${workspaceId}`,
  );
  return { id: workspaceId, timeZone: row?.timeZone ?? 'UTC', weekStartsOn: 1 as const };
};

describe('the editor of a test', () => {
  it('adds and removes rows by presses that save nothing', async () => {
    await split();
    const more = await send(
      [
        ['https://a.example/', '50'],
        [b, '30'],
      ],
      { action: 'add' },
    );
    expect(more.status).toBe(200);
    expect(more.text.match(/id="test-url-\d"/g)).toHaveLength(3);
    expect(more.text).toContain('value="30"');
    const fewer = await send(
      [
        ['https://a.example/', '1'],
        [b, '2'],
        ['https://c.example/', '3'],
      ],
      { action: 'remove-1' },
    );
    expect(fewer.text.match(/id="test-url-\d"/g)).toHaveLength(2);
    expect(fewer.text).toContain('value="https://c.example/"');
    expect((await read()).split).toEqual(halves);
  });

  it('saves up to eight versions, without rows that are empty', async () => {
    const rows = ['b', 'c', 'd', 'e', 'f', 'g'].map((name) => [`https://${name}.example/`, '10'] as const);
    expect((await send([['https://a.example/', '40'], ...rows, ['', '50']])).status).toBe(303);
    expect((await read()).split?.versions).toHaveLength(7);
    const many = await send([
      ['https://a.example/', '1'],
      ...rows,
      ['https://h.example/', '1'],
      ['https://i.example/', '1'],
    ]);
    expect(many.status).toBe(422);
    expect(textOf(many)).toContain('A test has at most 8 addresses, and this one has 9.');
  });

  it('refuses what cannot be, all at once, and keeps it', async () => {
    const page = await send(
      [
        ['https://a.example/', '1.55'],
        ['https://a.example/', '7'],
        ['ftp://c.example/', '1001'],
      ],
      { endsAt: '2020-01-01T10:00' },
    );
    expect(page.status).toBe(422);
    for (const id of ['share-0', 'url-1', 'url-2', 'share-2', 'ends']) expect(page.text).toContain(`test-${id}-error`);
    for (const value of ['1.55', 'ftp://c.example/', '1001', '2020-01-01T10:00'])
      expect(page.text).toContain(`value="${value}"`);
    expect(textOf(page)).toContain('This is the address of A already.');
    const none = await send([
      ['https://a.example/', '0'],
      [b, '0'],
    ]);
    expect(textOf(none)).toContain('The shares are 0 % together. They need to be 100 %.');
    const loop = await send([
      ['https://a.example/', '50'],
      [link.shortUrl, '50'],
    ]);
    expect(textOf(loop)).toContain('may not lead to another short link');
  });

  it('takes shares in percent, of which an empty one has the rest', async () => {
    const weights = async () => (await read()).split?.versions.map(({ weight }) => weight);
    const [own, c] = ['https://a.example/', 'https://c.example/'];
    await send([
      [own, ''],
      [b, '33.3'],
    ]);
    expect(await weights()).toEqual([667, 333]);
    expect((await ada.ask(path)).text).toContain('value="66.7"');
    await send([
      [own, '60 %'],
      [b, ''],
      [c, ''],
    ]);
    expect(await weights()).toEqual([60, 20, 20]);
    const over = await send([
      [own, '60'],
      [b, '50'],
    ]);
    expect(textOf(over)).toContain('The shares are 110 % together. They need to be 100 %.');
    expect(await weights()).toEqual([60, 20, 20]);
  });

  it('keeps weights, and their count, where the shares that it showed are sent again', async () => {
    await split({ versions: halves.versions.map((version, index) => ({ ...version, weight: 2 - index })) });
    const ids = await idsOf();
    const rows = [
      ['https://a.example/', '66.7'],
      [b, '33.3'],
    ] as const;
    expect((await send(rows, { endsAt: '2098-07-01T18:00' })).status).toBe(303);
    expect((await read()).split?.versions.map(({ weight }) => weight)).toEqual([2, 1]);
    await split({ versions: halves.versions.map((version, index) => ({ ...version, weight: 200 - 100 * index })) });
    expect(await idsOf()).toEqual(ids);
  });

  it('keeps shares even while rows come, go, and stay empty', async () => {
    const three = await ada.ask(path, { form: { url: b, action: 'add' } });
    expect(three.text.match(/value="33\.3"/g)).toHaveLength(3);
    const two = await send(
      [
        ['https://a.example/', '33.3'],
        [b, '33.3'],
        ['', '33.3'],
      ],
      { action: 'save' },
    );
    expect(two.status).toBe(303);
    expect((await read()).split).toEqual(halves);
  });

  it('refuses to save over a change of somebody else', async () => {
    await split();
    const { shown = '' } = fieldsOf(await ada.ask(path), path);
    await split({ isPaused: true });
    const page = await send(
      [
        ['https://a.example/', '40'],
        [b, '60'],
      ],
      { shown },
    );
    expect(page.status).toBe(409);
    expect(textOf(page)).toContain('Somebody else changed this test meanwhile.');
    expect(page.text).toContain('value="60"');
    expect((await read()).split).toEqual({ ...halves, isPaused: true });
  });

  it.each(['add', 'save'])('still refuses to save over it after a form that came back (%s)', async (action) => {
    await split();
    const { shown = '' } = fieldsOf(await ada.ask(path), path);
    await split({ isPaused: true });
    const rows = [
      ['https://a.example/', '40'],
      [b, action === 'save' ? '1.55' : '60'],
    ] as const;
    const back = await send(rows, { shown, action });
    expect(back.text).toContain('data-guarded="changed"');
    const again = await send([rows[0], [b, '60']], { shown: fieldsOf(back, path)['shown'] ?? '' });
    expect(textOf(again)).toContain('Somebody else changed this test meanwhile.');
    expect((await read()).split).toEqual({ ...halves, isPaused: true });
  });

  it('says before it is saved how a change affects the counts', async () => {
    await split();
    const page = textOf(await ada.ask(path));
    expect(page).toContain('Other shares start a new count within this test');
    expect(page).toContain('Another address, or another number of them, starts a new test from zero.');
  });

  it('ends a test by the clock of the workspace', async () => {
    await app.db.execute(sql`update workspaces set time_zone = 'America/New_York' where id = ${workspaceId}`);
    await send(
      [
        ['https://a.example/', '50'],
        [b, '50'],
      ],
      { endsAt: '2098-07-01T18:00' },
    );
    expect((await read()).split?.endsAt).toBe('2098-07-01T22:00:00.000Z');
    const page = await ada.ask(path);
    expect(page.text).toContain('value="2098-07-01T18:00"');
    expect(textOf(page)).toContain('ends on 1 Jul 2098, 18:00 (America/New_York)');
    // Clocks leap from 2:00 to 3:00 there.
    await send(
      [
        ['https://a.example/', '50'],
        [b, '50'],
      ],
      { endsAt: '2098-03-09T02:30' },
    );
    expect((await read()).split?.endsAt).toBe('2098-03-09T07:00:00.000Z');
    await app.db.execute(sql`update workspaces set time_zone = 'UTC' where id = ${workspaceId}`);
  });
});

describe('a test that runs', () => {
  it('pauses and goes on', async () => {
    await split();
    await ada.ask(`${path}/pause`, { form: {} });
    expect((await read()).split?.isPaused).toBe(true);
    expect(textOf(await ada.ask(path))).toContain('All visitors go to the link’s own address until the test goes on.');
    await ada.ask(`${path}/continue`, { form: {} });
    expect((await read()).split).toEqual(halves);
  });

  it('ends with a winner, whose address becomes the own one, and keeps numbers and reason', async () => {
    await split();
    const [a, second] = await idsOf();
    await hits(a, 2);
    await hits(second, 3);
    const last = await lastEvent(app.db);
    const ended = await ada.ask(`${path}/end`, { form: { winner: '2', reason: 'Shorter form' } });
    expect(ended.status).toBe(303);
    expect(await read()).toMatchObject({ url: b, split: null });
    const [event] = await eventsAfter(app.db, last);
    expect(event).toMatchObject({
      what: 'link.changed',
      before: { url: 'https://a.example/', split: halves },
      after: { url: b, split: null },
    });
    await hits(second, 4);
    const page = textOf(await viewer.ask(path));
    expect(page).toContain('B won');
    expect(page).toContain('“Shorter form”');
    expect(page).toContain('A: https://a.example/ · 2 clicks, 2 visitors');
    expect(page).toContain('B: https://b.example/ · 3 clicks, 3 visitors');
  });

  it('leaves the link its own address where a server without tests changed that, and A wins', async () => {
    await split();
    await app.db.update(links).set({ url: 'https://c.example/' }).where(eq(links.id, link.id));
    await ada.ask(`${path}/end`, { form: { winner: '1' } });
    expect(await read()).toMatchObject({ url: 'https://c.example/', split: null });
  });

  it('ends without a winner', async () => {
    await split();
    await ada.ask(`${path}/end`, { form: { winner: '' } });
    expect(await read()).toMatchObject({ url: 'https://a.example/', split: null });
    expect(textOf(await ada.ask(path))).toContain('No winner');
  });

  it('keeps a reason that Postgres would refuse', async () => {
    await split();
    expect((await ada.ask(`${path}/end`, { form: { winner: '1', reason: ' a\u0000b\u202ec ' } })).status).toBe(303);
    expect(textOf(await ada.ask(path))).toContain('“a bc”');
  });

  it('does not end for a winner that it has not', async () => {
    await split();
    const page = await ada.ask(`${path}/end`, { form: { winner: '3', reason: 'Typed' } });
    expect(page.status).toBe(422);
    expect(page.text).toContain('value="Typed"');
    expect((await read()).split).toEqual(halves);
    expect((await viewer.ask(`${path}/end`, { form: { winner: '2' } })).status).toBe(403);
  });

  it('is an earlier one once its addresses are others', async () => {
    await split();
    const [a] = await idsOf();
    await hits(a, 2);
    await send([
      ['https://a.example/', '50'],
      ['https://c.example/', '50'],
    ]);
    const { current, earlier } = await loadTests(await workspace(), new Date());
    expect(current?.rows.map(({ clicks }) => clicks)).toEqual([0, 0]);
    expect(earlier.map(({ clicks }) => clicks)).toEqual([2]);
    expect(textOf(await ada.ask(path))).toContain('Earlier tests');
  });

  it('is nobody else’s', async () => {
    const stranger = await app.signUp('Stranger');
    const theirs = `/w/${stranger.workspace.slug}/links/${link.id}/destinations`;
    await split();
    for (const [where, form] of [
      [theirs, undefined],
      [`${theirs}/end`, { winner: '2' }],
      [`${theirs}/pause`, {}],
    ] as const)
      expect((await stranger.ask(where, form && { form })).status).toBe(404);
    expect((await read()).split).toEqual(halves);
  });
});
