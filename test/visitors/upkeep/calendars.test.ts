import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { beginMove, calendarJob, moveCalendar } from '../../../src/visitors/upkeep/calendars.ts';
import { rollUpIfFree, rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { lockRollups } from '../../../src/visitors/rollups/rollup-lock.ts';
import { mendTimeZones } from '../../../src/ground/zones/time-zones.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { countWaiting, insertBareWorkspace, makeHit, putHits, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase(6);
});
afterAll(() => database.drop());

const hour = 60 * 60 * 1_000;
let firstKey = 0;

/** Hits every 47 minutes over the days when clocks are set in spring and autumn; one link is busy, five are quiet. */
function hitsOf(workspaceId: string, count = busyLinkHits + 600): Hit[] {
  firstKey += 1_000;
  const springs = [Date.UTC(2026, 2, 6), Date.UTC(2026, 2, 27), Date.UTC(2026, 9, 2), Date.UTC(2026, 9, 23)];
  return Array.from({ length: count }, (_, index) =>
    makeHit({
      workspaceId,
      linkId: `${workspaceId}-${index % 6 ? 0 : index % 5}`,
      visitorKey: firstKey + (index % 300),
      clickedAt: (springs[index % 4] ?? 0) + Math.floor(index / 4) * 0.783 * hour,
      class: index % 7 ? 'human' : 'crawler',
      city: `City ${index % 9}`,
    }),
  );
}

const choose = (workspaceId: string, zone: string | null) =>
  database.db.execute(sql`update workspaces set next_time_zone = ${zone} where id = ${workspaceId}`);

const zonesOf = async (workspaceId: string) =>
  (
    await rowsOf<{ zone: string; next: string | null }>(
      database.db,
      sql`select time_zone as zone, next_time_zone as next from workspaces where id = ${workspaceId}`,
    )
  )[0];

async function expectExact(workspaceId: string): Promise<void> {
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups.length).toBeGreaterThan(100);
  expect(rollups).toEqual(rows);
}

describe('a workspace that moves to another time zone', () => {
  it.each([
    ['UTC', 'America/New_York'],
    ['Australia/Lord_Howe', 'Pacific/Chatham'],
  ])('has every count of its hits on the days of its new calendar: %s, %s', async (from, to) => {
    const workspaceId = await insertBareWorkspace(database.db, from);
    await putHits(database.db, hitsOf(workspaceId));
    await rollUpPending(database.db);
    const before = await rollupsAndRows(database.db, workspaceId);
    await choose(workspaceId, to);
    expect(await moveCalendar(database.db, workspaceId)).toBe(true);
    expect(await zonesOf(workspaceId)).toEqual({ zone: to, next: null });
    await expectExact(workspaceId);
    expect((await rollupsAndRows(database.db, workspaceId)).rows).not.toEqual(before.rows);
    // And back, to what it was.
    await choose(workspaceId, from);
    await calendarJob(database.db).run(new Date());
    expect(await rollupsAndRows(database.db, workspaceId)).toEqual(before);
  });

  it('keeps nobody else waiting: their hits are moved meanwhile, and its own afterwards', async () => {
    const [mover, other] = [await insertBareWorkspace(database.db), await insertBareWorkspace(database.db)];
    await putHits(database.db, hitsOf(mover, 40));
    await rollUpPending(database.db);
    await choose(mover, 'Asia/Tokyo');
    await database.db.transaction(async (tx) => {
      // As while its rollups are counted over.
      await lockRollups(tx, mover);
      await putHits(database.db, hitsOf(mover, 30));
      await putHits(database.db, hitsOf(other, 20));
      expect(await rollUpIfFree(database.db)).toBe(20);
      expect(await countWaiting(database.db)).toBe(30);
      const startedAt = performance.now();
      await beginMove(database.db, mover, 100);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(await zonesOf(mover)).toEqual({ zone: 'UTC', next: 'Asia/Tokyo' });
    });
    await calendarJob(database.db).run(new Date());
    // The first try may be at it still.
    await expect.poll(() => zonesOf(mover)).toEqual({ zone: 'Asia/Tokyo', next: null });
    expect(await rollUpPending(database.db)).toBe(30);
    const { rollups, rows } = await rollupsAndRows(database.db, mover);
    expect(rollups).toEqual(rows);
  });

  it('is not kept from it by another one that cannot, which stays where it is', async () => {
    const [broken, mover] = [await insertBareWorkspace(database.db), await insertBareWorkspace(database.db)];
    for (const id of [broken, mover]) await putHits(database.db, hitsOf(id, 40));
    await rollUpPending(database.db);
    await choose(broken, 'Mars/Olympus');
    await choose(mover, 'Asia/Tokyo');
    await expect(calendarJob(database.db).run(new Date())).rejects.toThrow();
    expect(await zonesOf(mover)).toEqual({ zone: 'Asia/Tokyo', next: null });
    await mendTimeZones(database.db);
    expect(await zonesOf(broken)).toEqual({ zone: 'UTC', next: null });
    await calendarJob(database.db).run(new Date());
  });

  it.each([
    ['goes to the last of two that were chosen', 'Asia/Kolkata', { zone: 'Asia/Kolkata', next: null }],
    ['stays where it is when that was taken back', null, { zone: 'UTC', next: null }],
  ])('%s while it moved', async (_name, chosen, expected) => {
    const workspaceId = await insertBareWorkspace(database.db);
    await putHits(database.db, hitsOf(workspaceId, 600));
    await rollUpPending(database.db);
    await choose(workspaceId, 'Asia/Tokyo');
    let moving: Promise<boolean> | undefined;
    await database.db.transaction(async (tx) => {
      // A row that it is going to write, so that it stands still amid the move.
      await tx.execute(sql`
update click_counts_monthly set clicks = clicks where scope_id = ${workspaceId} and dimension = 'class'`);
      moving = moveCalendar(database.db, workspaceId);
      const isStuck = sql`
select from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'`;
      await expect.poll(async () => (await database.db.execute(isStuck)).rowCount).toBe(1);
      await choose(workspaceId, chosen);
    });
    expect(await moving).toBe(false);
    await expectExact(workspaceId);
    await moveCalendar(database.db, workspaceId);
    expect(await zonesOf(workspaceId)).toEqual(expected);
    await expectExact(workspaceId);
  });
});
