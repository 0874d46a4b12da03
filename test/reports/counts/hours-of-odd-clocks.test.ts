import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { countBy, loadReport } from '../../../src/reports/counts/report.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { HOUR } from '../../../src/ground/time/zoned-time.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';

let database: OpenTestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(1);
});
afterAll(() => database.drop());

/** Clicks of a day from noon on, UTC, one every five minutes and rolled up. @returns clicks by hour, each named by its start */
async function clicksByHour(timeZone: string, day: string): Promise<Record<string, number>> {
  const { db } = database;
  const id = `${timeZone} ${day}`;
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values (${id}, 'W', ${id}, ${timeZone})`);
  await db.execute(
    sql`insert into links (id, workspace_id, url) values (${`link ${id}`}, ${id}, 'https://example.com')`,
  );
  await db.execute(sql`select ensure_click_partition(${`${day}T12:00Z`}::timestamptz)`);
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, is_first_on_link, is_first_in_workspace)
select n, ${`${day}T12:00Z`}::timestamptz + n * interval '5 minutes', ${`link ${id}`}, 'slug', ${id}, 'human', 'human:browser', 1, 'direct', false, false
from generate_series(0, 287) n`);
  await restateWorkspace(db, id);
  const noon = new Date(`${day}T12:00Z`);
  const period = resolvePeriod({ timeZone, now: new Date(noon.getTime() + 72 * HOUR), period: '7d', interval: 'hour' });
  const { steps } = await loadReport(db, id, { kind: 'workspace', id }, period);
  const { rows } = await countBy(db, { id, timeZone }, { kind: 'workspace', id }, period, 'time');
  expect(rows.map(({ clicks }) => clicks)).toEqual(steps.map(({ clicks }) => clicks));
  const counted = steps.filter(({ start }) => start >= noon && start.getTime() < noon.getTime() + 12 * HOUR);
  return Object.fromEntries(counted.map(({ start, clicks }) => [start.toISOString().slice(11, 16), clicks]));
}

describe('hours of a clock that is not set at a whole hour, or not by one', () => {
  it.each([
    // Back by half an hour at two: the last half of the hour at one comes twice.
    ['Australia/Lord_Howe', '2026-04-04', { '14:00': 12, '15:00': 6, '15:30': 12 }],
    // Ahead by half an hour at two: the hour at two has a half.
    ['Australia/Lord_Howe', '2026-10-03', { '14:30': 12, '15:30': 6, '16:00': 12 }],
    // Back by an hour at a quarter to four: a quarter of the hour at two comes twice, and three of the hour at three.
    ['Pacific/Chatham', '2026-04-04', { '12:15': 12, '13:15': 9, '14:00': 3, '14:15': 12 }],
    // Ahead by an hour at a quarter to three: three quarters of the hour at two, and one of the hour at three.
    ['Pacific/Chatham', '2026-09-26', { '13:15': 9, '14:00': 3, '14:15': 12 }],
    ['America/St_Johns', '2026-11-01', { '13:30': 12, '14:30': 12 }],
    ['UTC', '2026-11-01', { '13:00': 12, '14:00': 12 }],
  ])('%s on %s', async (timeZone, day, hours) => {
    expect(await clicksByHour(timeZone, day)).toMatchObject(hours);
  });
});
