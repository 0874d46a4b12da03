import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import { KnownShapes } from '../../../src/visitors/clicks/known-shapes.ts';
import { clickJobs, dropOldClicks, ensurePartitions } from '../../../src/visitors/upkeep/retention.ts';
import { forgetVisitorsSeen } from '../../../src/visitors/rollups/visitors-seen.ts';
import { moveCalendar } from '../../../src/visitors/upkeep/calendars.ts';
import { rollUpIfFree, rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { Salts } from '../../../src/visitors/visits/salts.ts';
import { SweptHits } from '../../../src/visitors/upkeep/swept.ts';
import { openDatabase } from '../../../src/ground/db/db.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit, putHits, rowsOf } from '../../setup/hits.ts';
import { countsByDay, rollupsAndRows } from '../../setup/rollups.ts';

let database: OpenTestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openTestDatabase();
  client = new Client(database.url);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const day = 24 * 60 * 60 * 1000;
const today = Date.UTC(2026, 5, 20, 12);

/** A click every six hours for 150 days, on a few quiet links. */
async function recordMonths(workspaceId: string): Promise<void> {
  for (let month = 1; month <= 5; month++) await ensurePartitions(database.db, new Date(Date.UTC(2026, month, 1)));
  await database.db.execute(sql`
insert into links (id, workspace_id, url) select ${`${workspaceId}-`} || n, ${workspaceId}, 'https://example.com' from generate_series(0, 6) n`);
  const hits = Array.from({ length: 600 }, (_, index) =>
    makeHit({
      workspaceId,
      linkId: `${workspaceId}-${index % 7}`,
      clickedAt: today - index * (day / 4),
      class: index % 5 ? 'human' : 'crawler',
      reason: index % 5 ? 'human:browser' : 'crawler:googlebot',
      city: `City ${index % 9}`,
      visitorKey: index % 5 ? index : null,
      agent: `Agent/0 of month ${new Date(today - index * (day / 4)).getUTCMonth()}`,
      agentId: 1_000 + new Date(today - index * (day / 4)).getUTCMonth(),
    }),
  );
  await client.query(new Batches(hits).statement(new KnownShapes().unknownOf(hits)));
}

const breakdownsOf = (workspaceId: string) =>
  rowsOf<{ scope: string }>(
    database.db,
    sql`
select scope_id as scope, day::text, dimension, value, clicks::int, visitors::int from ${sql.raw(countsByDay)} d
where scope_id = ${workspaceId} or scope_id in (select link_id from link_totals where workspace_id = ${workspaceId})
order by 1, 2, 3, 4`,
  );

describe('clicks older than they are kept', () => {
  it('go by the month, and every count of them stays, of quiet links too', async () => {
    const workspaceId = await insertBareWorkspace(database.db, 'Asia/Kolkata');
    await recordMonths(workspaceId);
    await rollUpPending(database.db);
    const isQuiet = await rowsOf(database.db, sql`select 1 from link_totals where is_busy`);
    expect(isQuiet).toEqual([]);
    const { rows: asRows } = await rollupsAndRows(database.db, workspaceId);
    const totals = await rowsOf(database.db, sql`select * from link_totals order by link_id`);
    const period = resolvePeriod({ period: '12mo', timeZone: 'Asia/Kolkata', now: new Date(today), firstHitAt: null });
    const reports = async () => [
      await loadReport(database.db, workspaceId, { kind: 'link', id: `${workspaceId}-1` }, period),
      await loadReport(database.db, workspaceId, { kind: 'workspace', id: workspaceId }, period),
    ];
    const before = await reports();

    const dropped = await dropOldClicks(database.db, 60, new Date(today));
    expect(dropped).toEqual(['clicks_2026_02', 'clicks_2026_03', 'clicks_default']);
    const [left] = await rowsOf<{ first: string }>(
      database.db,
      sql`select min(clicked_at)::date::text as first from clicks`,
    );
    expect(left?.first).toBe('2026-04-01');

    const isOfWorkspace = (row: unknown) => (row as { scope_id: string }).scope_id === workspaceId;
    const { rollups } = await rollupsAndRows(database.db, workspaceId);
    expect(rollups.filter(isOfWorkspace)).toEqual(asRows.filter(isOfWorkspace));
    const byLink = (await breakdownsOf(workspaceId)).filter((row) => row.scope !== workspaceId);
    // Of the months that went, and of no other.
    expect(byLink.length).toBeGreaterThan(1_500);
    const [sum] = await rowsOf<{ clicks: number; kept: number }>(
      database.db,
      sql`
select sum(clicks)::int as clicks, (select count(*)::int from clicks where class = 'human') as kept
from ${sql.raw(countsByDay)} d where scope_id like ${`${workspaceId}-%`} and dimension = 'city'`,
    );
    expect((sum?.clicks ?? 0) + (sum?.kept ?? 0)).toBe(480);
    const after = await rowsOf<{ has_history: boolean }>(database.db, sql`select * from link_totals order by link_id`);
    expect(after).toEqual((totals as object[]).map((row) => ({ ...row, has_history: true })));
    expect(await reports()).toEqual(before);
    expect(await dropOldClicks(database.db, 60, new Date(today))).toEqual([]);
  });

  it('take their user agents with them', async () => {
    const shapes = await rowsOf<{ month: string }>(
      database.db,
      sql`select to_char(last_seen_on, 'YYYY-MM') as month from agent_shapes order by 1`,
    );
    expect(shapes.map(({ month }) => month)).toEqual(['2026-04', '2026-05', '2026-06']);
  });

  it('are counted on, on top of what is kept', async () => {
    const [{ id: workspaceId } = { id: '' }] = await rowsOf<{ id: string }>(
      database.db,
      sql`select id from workspaces`,
    );
    const before = await breakdownsOf(workspaceId);
    const hit = makeHit({ workspaceId, linkId: `${workspaceId}-1`, clickedAt: today, city: 'Nowhere else' });
    await client.query(new Batches([hit]).statement([]));
    await rollUpPending(database.db);
    const after = await breakdownsOf(workspaceId);
    expect(after.filter((row) => JSON.stringify(row).includes('Nowhere else'))).toHaveLength(1);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it('keep their history when the workspace moves to another calendar and back', async () => {
    const [{ id: workspaceId } = { id: '' }] = await rowsOf<{ id: string }>(
      database.db,
      sql`select id from workspaces`,
    );
    const before = await breakdownsOf(workspaceId);
    const move = async (to: string) => {
      await database.db.execute(sql`update workspaces set next_time_zone = ${to} where id = ${workspaceId}`);
      await moveCalendar(database.db, workspaceId);
    };
    await move('America/Los_Angeles');
    const moved = await breakdownsOf(workspaceId);
    expect(moved).not.toEqual(before);
    const march = (rows: unknown[]) => rows.filter((row) => /2026-0[1-3]/.test((row as { day: string }).day));
    expect(march(moved).length).toBeGreaterThanOrEqual(march(before).length);
    await move('Asia/Kolkata');
    expect(await breakdownsOf(workspaceId)).toEqual(before);
  });
});

describe('two nodes that drop the same months at once', () => {
  it('share the work, and neither fails', async () => {
    await recordMonths(await insertBareWorkspace(database.db));
    await client.query("select pg_advisory_lock(hashtext('waymark rollups'))");
    const nodes = [1, 2].map(() => dropOldClicks(database.db, 60, new Date(today)));
    const areWaiting = sql`
select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(async () => (await database.db.execute(areWaiting)).rowCount).toBe(2);
    await client.query("select pg_advisory_unlock(hashtext('waymark rollups'))");
    const dropped = await Promise.all(nodes);
    expect(dropped.flat().toSorted()).toEqual(['clicks_2026_02', 'clicks_2026_03', 'clicks_default']);
  });
});

describe('what ties a visit to a visitor', () => {
  it('the salt is gone from table and memory once its day is over everywhere', async () => {
    const salts = new Salts();
    const at = Date.UTC(2026, 5, 20, 23, 59);
    await salts.renew(database.db, new Date(at));
    const daysNow = () => rowsOf<{ day: string }>(database.db, sql`select day::text from visitor_salts order by 1`);
    expect((await daysNow()).map((row) => row.day)).toEqual(['2026-06-19', '2026-06-20', '2026-06-21', '2026-06-22']);
    expect(salts.saltOf('2026-06-19')).toBeDefined();
    await salts.renew(database.db, new Date(at + 2 * day));
    expect((await daysNow()).map((row) => row.day)).toEqual(['2026-06-21', '2026-06-22', '2026-06-23', '2026-06-24']);
    expect(salts.saltOf('2026-06-19')).toBeUndefined();
    expect(salts.saltOf('2026-06-20')).toBeUndefined();
  });

  it('the salt is gone from memory on time while the database is away', async () => {
    const salts = new Salts();
    const nobody = openDatabase('postgres://nobody@127.0.0.1:1/nothing', () => {});
    await salts.renew(database.db, new Date());
    const jobs = clickJobs({ db: nobody.db, salts, sweptHits: new SweptHits(), retentionDays: null });
    const job = jobs.find(({ name }) => name === 'renew salts');
    const utcDay = new Date().toISOString().slice(0, 10);
    expect(salts.saltOf(utcDay)).toBeDefined();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * day });
    try {
      await expect(job?.run(new Date())).rejects.toThrow();
    } finally {
      vi.useRealTimers();
    }
    expect(salts.saltOf(utcDay)).toBeUndefined();
    await nobody.close();
  });

  it('who was seen is forgotten after two days', async () => {
    await database.db.execute(sql`truncate visitors_seen`);
    await database.db.execute(sql`
insert into visitors_seen (visitor_key, link_id, day)
select n, '', date '2026-06-20' - n from generate_series(0, 9) n`);
    await forgetVisitorsSeen(database.db, new Date(Date.UTC(2026, 5, 20, 0, 1)));
    const left = await rowsOf<{ day: string }>(database.db, sql`select day::text from visitors_seen order by 1`);
    expect(left.map((row) => row.day)).toEqual(['2026-06-19', '2026-06-20']);
  });
});

describe('a node whose clock is a year ahead', () => {
  it('deletes nothing that is still to be kept', async () => {
    const now = new Date();
    const utcDay = now.toISOString().slice(0, 10);
    const workspaceId = await insertBareWorkspace(database.db);
    await ensurePartitions(database.db, now);
    await new Salts().renew(database.db, now);
    const hit = makeHit({ workspaceId, linkId: 'kept', clickedAt: now.getTime(), visitorKey: 7 });
    await client.query(new Batches([hit]).statement([]));
    await rollUpPending(database.db);
    const kept = () =>
      rowsOf(
        database.db,
        sql`
select (select count(*)::int from clicks where link_id = 'kept') as clicks,
       (select count(*)::int from visitors_seen where day >= ${utcDay}) as seen,
       (select encode(salt, 'hex') from visitor_salts where day = ${utcDay}) as salt`,
      );
    const before = await kept();
    expect(before).toEqual([{ clicks: 1, seen: 1, salt: expect.stringMatching(/./) }]);
    const jobs = clickJobs({
      db: database.db,
      salts: new Salts(),
      sweptHits: new SweptHits(),
      retentionDays: 30,
    });
    vi.useFakeTimers({ toFake: ['Date'], now: now.getTime() + 366 * day });
    try {
      for (const { run } of jobs) await run(new Date());
    } finally {
      vi.useRealTimers();
    }
    expect(await kept()).toEqual(before);
  });
});

describe('while what is counted of a month that goes is kept', () => {
  it('what is done stays done, and clicks are counted on', async () => {
    const made = [await insertBareWorkspace(database.db), await insertBareWorkspace(database.db)];
    const [first = '', last = ''] = made.toSorted();
    for (const workspaceId of made) await recordMonths(workspaceId);
    await rollUpPending(database.db);
    const isKept = async (workspaceId: string) =>
      await rowsOf(
        database.db,
        sql`select distinct has_history as "isKept" from link_totals where workspace_id = ${workspaceId}`,
      );
    // Its rollups are somebody else's for a while.
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('waymark rollups'), hashtext('${last}'))`);
    const dropping = dropOldClicks(database.db, 60, new Date(today));
    await expect.poll(() => isKept(first)).toEqual([{ isKept: true }]);
    expect(await isKept(last)).toEqual([{ isKept: false }]);
    await putHits(database.db, [makeHit({ workspaceId: first, linkId: `${first}-1`, clickedAt: today })]);
    expect(await rollUpIfFree(database.db)).toBe(1);
    await client.query('commit');
    expect(await dropping).toContain('clicks_2026_03');
    expect(await isKept(last)).toEqual([{ isKept: true }]);
  });
});
