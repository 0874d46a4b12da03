import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Split } from '../../../src/ground/addresses/split.ts';
import { conversionCounts, linkDestinations, links } from '../../../src/ground/db/schema.ts';
import { runAlone } from '../../../src/ground/jobs/run-alone.ts';
import { getLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { endTest } from '../../../src/reports/tests/end-test.ts';
import { countTests, judgeTests } from '../../../src/reports/tests/standing.ts';
import { watchTests } from '../../../src/reports/tests/watch.ts';
import { insertGoal } from '../../../src/visitors/conversions/goals.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { lastEvent, eventsAfter } from '../../setup/events.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let goalId: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  ({ id: goalId } = await insertGoal(app.db, workspaceId, byTest, { name: 'Bought', isServerOnly: false }));
});
afterAll(() => app.close());

const b = 'https://b.example/';
const splitBy = (changes: Partial<Split> = {}): Split => ({
  versions: [
    { url: null, weight: 1 },
    { url: b, weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
  endsByGoal: goalId,
  ...changes,
});

beforeEach(async () => {
  link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: splitBy() });
});

const read = () => getLink(app.db, workspaceId, link.id);
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const problems: unknown[] = [];
const watch = (days: number) => watchTests(app.db, inDays(days), (_link, error) => problems.push(error));

const destinations = () =>
  app.db.select().from(linkDestinations).where(eq(linkDestinations.linkId, link.id)).orderBy(linkDestinations.id);

/** Visitors of A and B who converted, of as many who came. */
async function convert([first, second]: [number, number], come = 400): Promise<void> {
  const ids = (await destinations()).map(({ id }) => id);
  for (const [index, visitors] of [first, second].entries()) {
    await makeHits(
      app,
      link,
      Array.from({ length: come }, () => ({ destinationId: ids[index] ?? null })),
    );
    await app.db.insert(conversionCounts).values({
      workspaceId,
      linkId: link.id,
      goalId,
      destinationId: ids[index] ?? 0,
      visitors,
      conversions: visitors,
      quarter: new Date('2026-11-01T00:00:00Z'),
      currency: '',
      value: 0,
    });
  }
}

describe('a test that is to end by itself', () => {
  it('ends with the version that is clearly ahead, and keeps its numbers and the reason', async () => {
    await convert([100, 300]);
    const last = await lastEvent(app.db);
    await watch(6.9);
    expect((await read()).split).not.toBeNull();
    await watch(8);
    expect(await read()).toMatchObject({ split: null, url: b });
    const [first] = await destinations();
    expect(first?.ended).toMatchObject({
      winner: 2,
      reason: expect.stringMatching(/^Ended by itself\. B is ahead: \+\d+ % to \+\d+ %\. Certainty: \d/),
      versions: [{ conversions: 100 }, { conversions: 300 }],
    });
    expect(await eventsAfter(app.db, last)).toMatchObject([
      { what: 'link.changed', actorKind: 'server', via: 'job', after: { url: b } },
    ]);
    expect(textOf(await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/destinations`))).toContain(
      'Ended by itself.',
    );
    expect(problems).toEqual([]);
  });

  it('keeps the own address where A is ahead', async () => {
    await convert([300, 100]);
    await watch(8);
    expect(await read()).toMatchObject({ split: null, url: 'https://a.example/' });
  });

  it('goes on where nothing is clear, where its split is off, and where it is paused', async () => {
    await convert([100, 110]);
    await watch(30);
    expect((await read()).split).not.toBeNull();
    const ids = (await destinations()).map(({ id }) => id);
    await makeHits(
      app,
      link,
      Array.from({ length: 1_500 }, () => ({ destinationId: ids[0] ?? null })),
    );
    await app.db
      .update(conversionCounts)
      .set({ visitors: 390 })
      .where(eq(conversionCounts.destinationId, ids[1] ?? 0));
    await watch(30);
    expect((await read()).split).not.toBeNull();
    const paused = await makeLink(app, workspaceId, { url: 'https://p.example/', split: splitBy({ isPaused: true }) });
    link = paused;
    await convert([100, 300]);
    await watch(8);
    expect((await read()).split).not.toBeNull();
  });

  it('goes on where no goal is set for it, and notes who was ahead', async () => {
    const { endsByGoal: _none, ...plain } = splitBy();
    await updateLink(app.db, workspaceId, byTest, link.id, { split: plain });
    await convert([100, 300]);
    await watch(8);
    await watch(9);
    const at = (await destinations())[0]?.ahead?.[goalId]?.at ?? '';
    expect((await destinations())[0]?.ahead).toEqual({ [goalId]: { at: expect.any(String), version: 2 } });
    expect(Math.abs(Date.parse(at) - inDays(8).getTime())).toBeLessThan(3_600_000);
    expect((await read()).split).not.toBeNull();
    const page = () => ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/destinations`);
    await app.db.update(conversionCounts).set({ visitors: 100 }).where(eq(conversionCounts.linkId, link.id));
    expect(textOf(await page())).toContain('B was ahead on');
  });

  it('is left alone where somebody changes it at that moment', async () => {
    await convert([100, 300]);
    await Promise.all([
      watch(8),
      updateLink(app.db, workspaceId, byTest, link.id, { split: splitBy({ isPaused: true }) }),
    ]);
    const { split, url } = await read();
    // Whichever came first, nothing of the other is half there.
    expect([split?.isPaused ?? 'ended', url]).toSatisfy(([state, address]: [unknown, string]) =>
      state === true ? ['https://a.example/', b].includes(address) : address === b,
    );
    expect(problems).toEqual([]);
  });
});

describe('the look at tests', () => {
  it('ends nothing that was changed since it was read', async () => {
    await convert([100, 300]);
    const [stale, now] = [await read(), inDays(8)];
    const workspace = { id: workspaceId, timeZone: 'UTC', weekStartsOn: 1 } as const;
    const counted = await countTests(app.db, workspace, stale, now);
    const { current } = await judgeTests(app.db, stale, now, counted, goalId);
    expect(current?.results.verdict).toBe('ahead');
    if (!current) return;
    const changed = splitBy({ endsAt: inDays(60).toISOString() });
    await updateLink(app.db, workspaceId, byTest, link.id, { split: changed });
    const last = await lastEvent(app.db);
    const ended = endTest(app.db, byTest, stale, current, { winner: 2, reason: '', now });
    await expect(ended).rejects.toMatchObject({ code: 'overtaken' });
    expect(await read()).toMatchObject({ split: changed, url: 'https://a.example/' });
    expect([(await destinations())[0]?.ended, await eventsAfter(app.db, last)]).toEqual([null, []]);
  });

  it('is one node’s at a time', async () => {
    await convert([100, 300]);
    await runAlone(app.db, 'waymark A/B tests', async () => {
      expect(await watch(8)).toBe(false);
    });
    expect((await read()).split).not.toBeNull();
    expect(await watch(8)).toBe(true);
    expect((await read()).split).toBeNull();
  });

  it('reaches more links than it reads at once', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++)
      ids.push((await makeLink(app, workspaceId, { url: 'https://a.example/', split: splitBy() })).id);
    await app.db.execute(sql`
insert into conversion_counts (workspace_id, link_id, goal_id, destination_id, visitors, conversions, quarter, currency, value)
select workspace_id, link_id, ${goalId}, id, position * 100, position * 100, '2026-11-01', '', 0
from link_destinations where link_id = any(${sql.param(ids)}::text[])`);
    await watchTests(app.db, inDays(8), (_link, error) => problems.push(error), 2);
    const left = await app.db
      .select({ id: links.id })
      .from(links)
      .where(and(inArray(links.id, ids), isNotNull(links.split)));
    expect([left, problems]).toEqual([[], []]);
  });

  it('says who was ahead while another version is', async () => {
    await convert([300, 100]);
    const [first] = await destinations();
    const ahead = { [goalId]: { at: inDays(-1).toISOString(), version: 2 } };
    await app.db
      .update(linkDestinations)
      .set({ ahead, createdAt: inDays(-9) })
      .where(eq(linkDestinations.id, first?.id ?? 0));
    const page = textOf(await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/destinations`));
    expect(page).toContain('A is ahead');
    expect(page).toContain('B was ahead on');
  });
});

describe('the goal by which a test ends', () => {
  const path = () => `/w/${ada.workspace.slug}/links/${link.id}/destinations`;
  const send = (endsByGoal: string) =>
    ada.ask(path(), {
      method: 'POST',
      body: new URLSearchParams([
        ['url', 'https://a.example/'],
        ['share', '50'],
        ['url', b],
        ['share', '50'],
        ['endsByGoal', endsByGoal],
        ['action', 'save'],
      ]).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

  it('is chosen in the editor, and taken back', async () => {
    expect((await ada.ask(path())).text).toContain(`<option value="${goalId}" selected>`);
    expect((await send('')).status).toBe(303);
    expect((await read()).split).not.toHaveProperty('endsByGoal');
    expect((await send(goalId)).status).toBe(303);
    expect((await read()).split?.endsByGoal).toBe(goalId);
  });

  it('is one of the workspace', async () => {
    const page = await send('another');
    expect(page.status).toBe(422);
    expect(textOf(page)).toContain('no such goal');
  });
});
