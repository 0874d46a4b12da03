import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type PeriodInput, resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import { countGroupDays, countLinkDays } from '../../../src/visitors/rollups/days.ts';
import { countColumns } from '../../../src/visitors/rollups/month-days.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import { moveCalendar } from '../../../src/visitors/upkeep/calendars.ts';
import { foldAllOlderDays, foldOlderDays } from '../../../src/visitors/upkeep/older-days.ts';
import { settleScopes } from '../../../src/visitors/upkeep/scope-jobs.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit, putHits, rowsOf } from '../../setup/hits.ts';
import { countsByDay, rollupsAndRows } from '../../setup/rollups.ts';

const now = new Date('2026-11-10T19:30:00Z');
const day = 86_400_000;

let database: OpenTestDatabase;
let workspaceId: string;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.drop());

/** Hits of a busy link and a quiet one over ninety days, counted by a version before, and some of today. */
beforeEach(async () => {
  const { db } = database;
  workspaceId = await insertBareWorkspace(db, 'Asia/Kolkata');
  await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values (${`${workspaceId}c`}, ${workspaceId}, 'spring', 'spring')`);
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select ${workspaceId} || n, ${workspaceId}, 'https://example.com', ${`${workspaceId}c`} from generate_series(1, 2) n`);
  await put(busyLinkHits + 500, 1, 90);
  await put(300, 2, 90);
  await settleScopes(db);
  await db.execute(sql`
insert into click_counts_daily select scope_id, day, dimension, value, clicks, visitors from ${sql.raw(countsByDay)} d`);
  const columns = countColumns.slice(2).map((column) => `${column} = null`);
  await db.execute(sql`update click_counts_monthly set ${sql.raw(columns.join(', '))}`);
  await put(200, 1, 3);
});

async function put(count: number, link: number, days: number): Promise<void> {
  await putHits(
    database.db,
    Array.from({ length: count }, (_, n) =>
      makeHit({
        workspaceId,
        linkId: `${workspaceId}${link}`,
        clickedAt: now.getTime() - Math.floor((n * days * day) / count),
        visitorKey: link * 10_000 + (n % 900),
        city: `City ${n % 7}`,
        channel: n % 5 === 0 ? 'qr' : 'direct',
      }),
    ),
  );
  await rollUpPending(database.db);
}

async function everyNumber(): Promise<unknown> {
  const { db } = database;
  const asked: Partial<PeriodInput>[] = [
    { period: '30d' },
    { period: '12mo' },
    { period: '90d', interval: 'week' },
    { from: '2026-09-14', to: '2026-11-09', interval: 'day' },
  ];
  const numbers: unknown[] = [];
  for (const each of asked)
    for (const subject of [
      { kind: 'workspace', id: workspaceId },
      { kind: 'link', id: `${workspaceId}1` },
      { kind: 'campaign', id: `${workspaceId}c` },
    ] as const) {
      const period = resolvePeriod({ period: undefined, timeZone: 'Asia/Kolkata', now, firstHitAt: null, ...each });
      numbers.push(await loadReport(db, workspaceId, subject, period));
    }
  const days = { first: '2026-09-14', last: '2026-11-11', timeZone: 'Asia/Kolkata' };
  const linkIds = [1, 2].map((link) => `${workspaceId}${link}`);
  const ofLinks = (await countLinkDays(db, workspaceId, linkIds, days)).toSorted((one, other) =>
    `${one.linkId}${one.day}` < `${other.linkId}${other.day}` ? -1 : 1,
  );
  return [...numbers, ofLinks, await countGroupDays(db, workspaceId, 'campaign', days, [`${workspaceId}c`])];
}

const countOlder = async () =>
  (await rowsOf<{ rows: number }>(database.db, sql`select count(*)::int as rows from click_counts_daily`))[0]?.rows;

async function expectExact(): Promise<void> {
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  const summed = new Map<string, { clicks: number; visitors: number }>();
  for (const { clicks, visitors, ...key } of rollups as { clicks: number; visitors: number }[]) {
    const before = summed.get(JSON.stringify(key));
    summed.set(JSON.stringify(key), {
      clicks: clicks + (before?.clicks ?? 0),
      visitors: visitors + (before?.visitors ?? 0),
    });
  }
  // Days that moved away leave rows that count nothing.
  const left = [...summed].filter(([, { clicks, visitors }]) => clicks !== 0 || visitors !== 0);
  expect(left.map(([key, counts]) => ({ ...JSON.parse(key), ...counts }))).toEqual(rows);
}

it('days of a version before count as they did, before, while and after they are folded', async () => {
  const before = await everyNumber();
  await expectExact();
  const count = (await countOlder()) ?? 0;
  expect(count).toBeGreaterThan(1_000);
  expect(await foldOlderDays(database.db, sql`select ${workspaceId}::text`, 500)).toBe(500);
  expect(await countOlder()).toBe(count - 500);
  expect(await everyNumber()).toEqual(before);
  await expectExact();
  await foldAllOlderDays(database.db);
  expect(await countOlder()).toBe(0);
  expect(await everyNumber()).toEqual(before);
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups).toEqual(rows);
});

it('are folded once by two nodes at a time, with hits that come meanwhile', async () => {
  const { db } = database;
  await Promise.all([foldAllOlderDays(db), foldAllOlderDays(db), put(100, 2, 40)]);
  await foldAllOlderDays(db);
  expect(await countOlder()).toBe(0);
  const { rollups, rows } = await rollupsAndRows(db, workspaceId);
  expect(rollups).toEqual(rows);
});

it('move to another calendar with the others', async () => {
  const { db } = database;
  await db.execute(sql`update workspaces set next_time_zone = 'America/New_York' where id = ${workspaceId}`);
  await moveCalendar(db, workspaceId);
  await expectExact();
  await foldAllOlderDays(db);
  await expectExact();
});
