import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/ground/db/db.ts';
import { getLink } from '../../../src/links/links/queries.ts';
import { findBeginning } from '../../../src/reports/counts/beginning.ts';
import type { Subject } from '../../../src/reports/counts/kinds.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import { listNotes } from '../../../src/reports/notes/notes.ts';
import { listViews } from '../../../src/reports/saved-views/saved-views.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { countStatements, openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { makeHit, putAsOlder, putHits } from '../../setup/hits.ts';

const now = new Date();
const today = now.toISOString().slice(0, 10);
const period = resolvePeriod({ period: '30d', timeZone: 'UTC', now, firstHitAt: null });
const whole: Subject = { kind: 'workspace', id: 'ws' };
const link: Subject = { kind: 'link', id: 'spring' };

let database: OpenTestDatabase;
let counted: Database;
let statements: string[];

const hit = (visitorKey: number) =>
  makeHit({ workspaceId: 'ws', linkId: 'spring', domainId: 'one', clickedAt: now.getTime() - 1_000, visitorKey });

beforeAll(async () => {
  database = await openTestDatabase();
  const { db } = database;
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values ('ws', 'W', 'w', 'UTC')`);
  await db.execute(sql`insert into domains (id, host, workspace_id) values ('one', 'one.test', 'ws')`);
  await db.execute(sql`insert into links (id, workspace_id, url) values ('spring', 'ws', 'https://example.com')`);
  await db.execute(sql`
insert into slugs (id, domain_id, slug, slug_key, kind, link_id)
values ('slug', 'one', 'spring', 'spring', 'primary', 'spring'), ('code', 'one', 'qr', 'qr', 'qr', 'spring')`);
  await putHits(db, [hit(1), hit(2), hit(3)]);
  await rollUpPending(db);
  [counted, statements] = countStatements(database.url);
});

beforeEach(() => {
  statements.length = 0;
});

afterAll(async () => {
  await counted?.close();
  await database?.drop();
});

const clicksOf = async (subject: Subject) => (await loadReport(counted.db, 'ws', subject, period)).total.clicks;
const naming = (table: string) => statements.filter((statement) => statement.includes(table));

describe('a report while nothing is pending', () => {
  it.each([whole, link])('of a $kind looks for it in one statement, and in no other', async (subject) => {
    expect(await clicksOf(subject)).toBe(3);
    expect(naming('hit_batches')).toEqual([expect.stringContaining('"areWaiting"')]);
    expect(naming('clicks_pending')).toHaveLength(1);
    expect(naming('click_counts_daily')).toHaveLength(1);
    // Begin, budget, scope, settings, three or four counts, settings, names, end.
    expect(statements.length).toBeLessThanOrEqual(11);
  });
});

describe('a report while something is pending', () => {
  it.each([whole, link])('of a $kind has hits that wait', async (subject) => {
    await putHits(database.db, [hit(4)]);
    expect(await clicksOf(subject)).toBe(4);
    expect(naming('hit_batches').length).toBeGreaterThan(1);
    await database.db.execute(sql`truncate hit_batches`);
    expect(await clicksOf(subject)).toBe(3);
  });

  it('has hits and days of versions before', async () => {
    const { db } = database;
    await db.execute(sql`
insert into click_counts_daily (scope_id, day, dimension, value, clicks, visitors)
select 'ws', ${today}::date, dimension, value, 10, 1 from (values ('class', 'human'), ('device', 'mobile')) v (dimension, value)`);
    expect(await clicksOf(whole)).toBe(13);
    await db.execute(sql`delete from click_counts_daily`);
    expect(await clicksOf(whole)).toBe(3);
    await putAsOlder(db, 'ws', [hit(5)]);
    expect(await clicksOf(whole)).toBe(4);
    await rollUpPending(db);
    expect(await clicksOf(whole)).toBe(4);
    expect(naming('hit_batches')).toHaveLength(4);
  });
});

describe('statements around a report', () => {
  it('are planned once a connection', async () => {
    const { db } = counted;
    for (let time = 0; time < 8; time++) {
      await getLink(db, 'ws', 'spring');
      await findBeginning(db, 'ws', link);
      await listViews(db, 'ws');
      await listNotes(db, 'ws', link, period);
      await loadReport(db, 'ws', link, period);
    }
    const { rows } = await db.execute<{ name: string }>(sql`
select name from pg_prepared_statements where generic_plans > 0 order by name`);
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['beginning-of-link', 'get-link', 'list-notes', 'list-views', 'scope-of-link']),
    );
  });
});
