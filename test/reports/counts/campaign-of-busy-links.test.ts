import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import type { Db } from '../../../src/ground/db/db.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';

const now = new Date('2026-11-10T12:00:00Z');
const period = resolvePeriod({ period: '90d', timeZone: 'UTC', now, firstHitAt: null });
const busy = busyLinkHits + 100;
const quiet = 40;

let database: OpenTestDatabase;
let db: Db;

beforeAll(async () => {
  database = await openTestDatabase(1);
  db = database.db;
  await db.execute(
    sql`select ensure_click_partition(${now.toISOString()}::timestamptz - make_interval(months => m)) from generate_series(0, 2) m`,
  );
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values ('ws', 'W', 'w', 'UTC')`);
  await db.execute(
    sql`insert into campaigns (id, workspace_id, name, name_key) values ('spring', 'ws', 'Spring', 'spring')`,
  );
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select id, 'ws', 'https://example.com', 'spring' from unnest(array['busy', 'quiet']) id`);
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, country, domain_id,
  is_first_on_link, is_first_in_workspace)
select n, date_trunc('milliseconds', ${now.toISOString()}::timestamptz - n * interval '20 minutes'),
       case when n <= ${busy}::int then 'busy' else 'quiet' end, 'slug', 'ws', case when n % 10 = 0 then 'crawler' else 'human' end,
       'reason', 1, 'direct', case when n % 3 = 0 then 'DE' else 'FR' end, case when n % 4 > 0 then 'one' end,
       n % 10 <> 0 and n % 2 = 0, false
from generate_series(1, ${busy + quiet}::int) n`);
  await db.execute(sql`insert into clicks_pending select * from clicks where id % 50 = 1`);
  await restateWorkspace(db, 'ws');
});

afterAll(async () => {
  await database?.drop();
});

const report = () => loadReport(db, 'ws', { kind: 'campaign', id: 'spring' }, period);

describe('the report of a campaign', () => {
  it('needs no row of its busy links, and has their links and domains all the same', async () => {
    const before = await report();
    expect(before.breakdowns.link.rows.map(({ value }) => value)).toEqual(['busy', 'quiet']);
    expect(before.breakdowns.domain.rows.map(({ value }) => value)).toEqual(['one', '']);
    expect(before.breakdowns.link.rows[1]?.clicks).toBe(quiet * 0.9);

    await db
      .transaction(async (tx) => {
        await tx.execute(sql`delete from clicks where link_id = 'busy' and id % 50 <> 1`);
        expect(await loadReport(tx, 'ws', { kind: 'campaign', id: 'spring' }, period)).toEqual(before);
        throw new Error('as it was');
      })
      .catch((error: Error) => expect(error.message).toBe('as it was'));
  });
});
