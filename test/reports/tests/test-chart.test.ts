import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkDestinations } from '../../../src/ground/db/schema.ts';
import { getLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { countTests, judgeTests, type TestedWorkspace } from '../../../src/reports/tests/standing.ts';
import { loadTestChart } from '../../../src/reports/tests/test-chart.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspace: TestedWorkspace;
let link: Link;

const day = 86_400_000;
const now = new Date();
/** Noon of a day, some days before today. */
const noon = (daysAgo: number) => new Date(Math.floor(now.getTime() / day) * day - daysAgo * day + day / 2).getTime();
const b = 'https://b.example/';
const splitOf = (first: number, second: number) => ({
  versions: [
    { url: null, weight: first },
    { url: b, weight: second },
  ],
  endsAt: null,
  isPaused: false,
});

const idsOf = async () => {
  const ids = await app.db
    .select({ id: linkDestinations.id })
    .from(linkDestinations)
    .where(eq(linkDestinations.linkId, link.id))
    .orderBy(linkDestinations.id);
  return ids.map(({ id }) => id);
};

/** Puts versions that were made a moment ago into the past. */
const began = (ids: readonly number[], daysAgo: number) =>
  app.db.execute(sql`
update link_destinations set created_at = ${new Date(noon(daysAgo)).toISOString()}
where id = any(${sql.param(ids)}::int[])`);

const visit = (destinationId: number | undefined, daysAgo: number, count: number, visitorKey?: number) =>
  makeHits(
    app,
    link,
    Array.from({ length: count }, () => ({
      destinationId: destinationId ?? null,
      clickedAt: noon(daysAgo),
      ...(visitorKey !== undefined && { visitorKey }),
    })),
  );

const load = async () => {
  const read = await getLink(app.db, workspace.id, link.id);
  const { current } = await judgeTests(app.db, read, now, await countTests(app.db, workspace, read, now));
  return current ? loadTestChart(app.db, workspace, read, current, now) : null;
};

beforeAll(async () => {
  const started = await startWorkspace();
  ({ app, ada } = started);
  workspace = { id: started.workspaceId, timeZone: 'UTC', weekStartsOn: 1 };
  await app.db.execute(sql`update workspaces set time_zone = 'UTC' where id = ${workspace.id}`);
});
afterAll(() => app.close());

const path = () => `/w/${ada.workspace.slug}/links/${link.id}/destinations`;
const countsOf = async () =>
  (await load())?.chart.bands.map(({ rows }) => rows.map(({ count }) => count)) ?? 'no chart';

it('draws visitors of each version a day, over its phases, from rows and from rollups', async () => {
  link = await makeLink(app, workspace.id, { url: 'https://a.example/', split: splitOf(1, 1) });
  expect(await load()).toBeNull();
  expect((await ada.ask(path())).text).not.toContain('test-course');
  const first = await idsOf();
  await began(first, 3);
  await updateLink(app.db, workspace.id, byTest, link.id, { split: splitOf(3, 1) });
  const second = (await idsOf()).slice(2);
  await began(second, 1);
  await visit(first[0], 3, 2);
  await visit(first[1], 3, 1);
  await visit(first[1], 2, 4);
  // One visitor, who came five times.
  await visit(second[0], 1, 5, 4711);
  await visit(second[1], 0, 3);
  await visit(undefined, 1, 7);
  const expected = [
    [2, 1],
    [0, 4],
    [1, 0],
    [0, 3],
  ];
  expect(await countsOf()).toEqual(expected);
  await app.rollUp();
  expect(await countsOf()).toEqual(expected);
  // A link with many hits is counted from its rollups.
  await visit(undefined, 2, 3_100);
  await app.rollUp();
  const [busy] = await rowsOf<{ is: boolean }>(
    app.db,
    sql`select is_busy as is from link_totals where link_id = ${link.id}`,
  );
  expect(busy?.is).toBe(true);
  expect(await countsOf()).toEqual(expected);
  await visit(second[1], 0, 1);
  expect((await countsOf())[3]).toEqual([0, 4]);
});

it('stands below the table with its legend, and marks where shares were changed', async () => {
  const page = await ada.ask(path());
  const text = textOf(page);
  expect(text).toContain('Visitors a day by version');
  expect(text).toContain('Shares changed to A 75 %, B 25 %');
  expect(page.text).toMatch(/class="chart-key chart-of-1">A</);
  expect(page.text.match(/<circle cx="[\d.]+%" cy="2"/g)).toHaveLength(1);
  expect(page.text).toContain('<desc id="test-course-summary">A: 3 visitors. B: 9 visitors</desc>');
});

it('has no days after the end of the test', async () => {
  const split = { ...splitOf(3, 1), endsAt: new Date(noon(1)).toISOString() };
  await updateLink(app.db, workspace.id, byTest, link.id, { split });
  expect(await countsOf()).toHaveLength(3);
});
