import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../../src/ground/db/db.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { getScope } from '../../../src/reports/counts/queries.ts';
import { countBy, loadReport } from '../../../src/reports/counts/report.ts';
import { rollupSources } from '../../../src/reports/counts/sources.ts';
import { findTopLinks } from '../../../src/reports/counts/top-links.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { settleScopes } from '../../../src/visitors/upkeep/scope-jobs.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { makeHit, putHits } from '../../setup/hits.ts';

const now = new Date();
const workspace = { id: 'ws', timeZone: 'UTC' };
const periodOf = (period: '90d' | '12mo') => resolvePeriod({ period, timeZone: 'UTC', now, firstHitAt: null });
const all = [{ dimension: 'device', operator: 'not', value: 'nowhere' }] as const;

let database: OpenTestDatabase;
let db: Db;

/** 5,500 links: the first forty with more clicks than the one that each has, all over a hundred days; two domains. */
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.db;
  await db.execute(sql`select ensure_click_partition(now() - make_interval(months => m)) from generate_series(0, 4) m`);
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values ('ws', 'W', 'w', 'UTC')`);
  await db.execute(
    sql`insert into tags (id, workspace_id, name, name_key, colour) values ('tag', 'ws', 'T', 't', 'blue')`,
  );
  await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values ('campaign', 'ws', 'C', 'c')`);
  await db.execute(sql`
insert into domains (id, host, workspace_id) values ('one', 'one.test', 'ws'), ('other', 'other.test', 'ws')`);
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select 'l' || n, 'ws', 'https://example.com', case when n <> 5 then 'campaign' end from generate_series(1, 5500) n`);
  await db.execute(sql`insert into link_tags (link_id, tag_id) select id, 'tag' from links where id <> 'l3'`);
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, device, visitor_key, domain_id,
  is_first_on_link, is_first_in_workspace)
select row_number() over (), date_trunc('milliseconds', now() - (l * 7 + c * 5) % 100 * interval '1 day' - l * interval '1 second'),
       'l' || l, 's', 'ws', 'human', 'reason', 1, 'direct', 'desktop', l * 1000 + c,
       case when c % 10 = 9 then 'other' else 'one' end, true, c % 2 = 0
from generate_series(1, 5500) l cross join lateral generate_series(0, greatest(0, 41 - l) * 3) c`);
  await countAnew();
}, 120_000);

async function countAnew(): Promise<void> {
  await restateWorkspace(db, 'ws');
  await db.execute(sql`update rollup_scopes set state = 'filling' where kind <> 'workspace'`);
  await settleScopes(db);
}

afterAll(async () => {
  await database?.drop();
});

const subjects = [
  { kind: 'workspace', id: 'ws' },
  { kind: 'tag', id: 'tag' },
  { kind: 'campaign', id: 'campaign' },
  { kind: 'domain', id: 'one' },
] as const;

describe.each(subjects)('the links of a large $kind', (subject) => {
  it.each(['90d', '12mo'] as const)('are those with the most clicks of %s, without counting all', async (asked) => {
    const { link } = (await loadReport(db, 'ws', subject, periodOf(asked))).breakdowns;
    const counted = (await loadReport(db, 'ws', subject, periodOf(asked), all)).breakdowns.link;
    expect(link.rows).toEqual(counted.rows);
    expect(link.sum).toBe(counted.sum);
    expect(link.count).toBeNull();
  });

  it('are all counted where others may be among them', async () => {
    const first = (filters: Parameters<typeof loadReport>[4]) =>
      countBy(db, workspace, subject, periodOf('90d'), 'link', filters, 60);
    const { rows, count } = await first([]);
    const counted = await first(all);
    expect({ rows, count }).toEqual({ rows: counted.rows, count: counted.count });
  });

  it('are found by clicks that wait as well', async () => {
    const clicks = Array.from({ length: 200 }, (_, index) =>
      makeHit({
        workspaceId: 'ws',
        linkId: 'l5400',
        domainId: 'one',
        clickedAt: now.getTime() - 1_000,
        visitorKey: 9_000_000 + index,
      }),
    );
    await putHits(db, clicks);
    const first = async () => (await countBy(db, workspace, subject, periodOf('90d'), 'link', [], 1)).rows[0];
    const waiting = await first();
    expect(waiting).toMatchObject({ value: 'l5400' });
    await rollUpPending(db);
    expect(await first()).toEqual(waiting);
  });
});

describe('the links of a period after one in which 200 others had more clicks', () => {
  beforeAll(async () => {
    await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, device, visitor_key, domain_id,
  is_first_on_link, is_first_in_workspace)
select 100000 + row_number() over (), date_trunc('milliseconds', now() - interval '110 days' - c * interval '1 second'),
       'l' || l, 's', 'ws', 'human', 'reason', 1, 'direct', 'desktop', l * 1000 + c, 'one', true, true
from generate_series(4001, 4200) l cross join generate_series(1, 100) c`);
    await countAnew();
  }, 120_000);

  it.each(subjects)('are found among more of them, of a $kind', async (subject) => {
    const { link } = (await loadReport(db, 'ws', subject, periodOf('90d'))).breakdowns;
    const counted = (await loadReport(db, 'ws', subject, periodOf('90d'), all)).breakdowns.link;
    expect(link.rows).toEqual(counted.rows);
    expect(link.rows.map(({ value }) => value)).toContain('l1');
    const scope = await getScope(db, 'ws', subject);
    const sources = rollupSources(periodOf('90d'), 'UTC');
    expect(await findTopLinks(db, scope, sources, 10)).toHaveLength(10);
  });
});
