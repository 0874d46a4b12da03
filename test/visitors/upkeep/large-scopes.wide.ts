import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../../src/ground/db/db.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { largeScopeHits } from '../../../src/visitors/rollups/scopes.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { settleScopes } from '../../../src/visitors/upkeep/scope-jobs.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { makeHit, putHits, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';

const period = resolvePeriod({ period: '30d', timeZone: 'UTC', now: new Date(), firstHitAt: null });
const all = [{ dimension: 'country', operator: 'not', value: 'nowhere' }] as const;

let database: OpenTestDatabase;
let db: Db;

/** A workspace with one hit less than a large one, on a hundred links with a tag, by one of two domains. */
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.db;
  await db.execute(sql`select ensure_click_partition(now() - make_interval(months => m)) from generate_series(0, 2) m`);
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values ('ws', 'W', 'w', 'UTC')`);
  await db.execute(sql`
insert into domains (id, host, workspace_id) values ('one', 'one.test', 'ws'), ('other', 'other.test', 'ws')`);
  await db.execute(
    sql`insert into tags (id, workspace_id, name, name_key, colour) values ('tag', 'ws', 'T', 't', 'blue')`,
  );
  await db.execute(sql`
insert into links (id, workspace_id, url) select 'l' || n, 'ws', 'https://example.com' from generate_series(0, 99) n`);
  await db.execute(sql`insert into link_tags (link_id, tag_id) select id, 'tag' from links`);
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, country, visitor_key,
  domain_id, is_first_on_link, is_first_in_workspace)
select n, date_trunc('milliseconds', now() - n % 600 * interval '1 hour'), 'l' || n % 100, 's', 'ws', 'human', 'reason', 1,
       'direct', case n % 3 when 0 then 'DE' else 'FR' end, n, case n % 5 when 0 then 'other' else 'one' end, true, n % 2 = 0
from generate_series(1, ${largeScopeHits - 1}::int) n`);
  await restateWorkspace(db, 'ws');
}, 300_000);

afterAll(async () => {
  await database?.drop();
});

const states = async () =>
  Object.fromEntries(
    (
      await rowsOf<{ id: string; state: string }>(
        db,
        sql`select scope_id as id, state from rollup_scopes where kind <> 'workspace'`,
      )
    ).map(({ id, state }) => [id, state]),
  );

async function expectExact(): Promise<void> {
  for (const subject of [
    { kind: 'tag', id: 'tag' },
    { kind: 'domain', id: 'one' },
    { kind: 'domain', id: 'other' },
  ] as const) {
    const { filters: _, ...kept } = await loadReport(db, 'ws', subject, period);
    const { filters: __, ...counted } = await loadReport(db, 'ws', subject, period, all);
    expect(kept).toEqual(counted);
  }
  const { rollups, rows } = await rollupsAndRows(db, 'ws');
  expect(rollups).toEqual(rows);
}

describe('a workspace of 100,000 hits', () => {
  it('is rolled up by tag with the last of them, as it comes', async () => {
    expect(await states()).toEqual({ tag: 'light', 'ws:one': 'light', 'ws:other': 'light' });
    await putHits(db, [
      makeHit({ workspaceId: 'ws', linkId: 'l7', domainId: 'one', clickedAt: Date.now(), visitorKey: 7 }),
    ]);
    await rollUpPending(db);
    expect((await states())['tag']).toBe('filling');
    await settleScopes(db);
    expect((await states())['tag']).toBe('full');
    await expectExact();
  });

  it('is so by tag and domain where it is counted anew', async () => {
    await restateWorkspace(db, 'ws');
    expect(await states()).toEqual({ tag: 'full', 'ws:one': 'full', 'ws:other': 'full' });
    await expectExact();
  });
});
