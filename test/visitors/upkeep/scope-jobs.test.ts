import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../../../src/ground/db/db.ts';
import type { Subject } from '../../../src/reports/counts/kinds.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { loadReport } from '../../../src/reports/counts/report.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { countGroupDays } from '../../../src/visitors/rollups/days.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { deleteWorkspaceCounts } from '../../../src/visitors/upkeep/removal.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { busyLinkHits, keepHistory } from '../../../src/visitors/rollups/rollups.ts';
import { markDomains } from '../../../src/visitors/upkeep/large-scopes.ts';
import { rollUpDomains, settleScopes } from '../../../src/visitors/upkeep/scope-jobs.ts';
import { findKept, findKeptOfDomain, largeScopeHits } from '../../../src/visitors/rollups/scopes.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit, putHits, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';

const now = new Date();
const period = resolvePeriod({ period: '30d', timeZone: 'Asia/Kolkata', now, firstHitAt: null });
const hour = 3_600_000;

let database: OpenTestDatabase;
let db: Db;
let workspaceId: string;
let visitor = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  db = database.db;
  await db.execute(sql`select ensure_click_partition(now() - make_interval(months => m)) from generate_series(0, 2) m`);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  workspaceId = await insertBareWorkspace(db, 'Asia/Kolkata');
  await db.execute(sql`
insert into domains (id, host, workspace_id)
select ${workspaceId} || id, id || '.' || ${workspaceId} || '.test', ${workspaceId} from unnest(array['a', 'b']) id`);
  await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key)
select ${workspaceId} || id, ${workspaceId}, id, id from unnest(array['spring', 'autumn']) id`);
  await db.execute(sql`
insert into tags (id, workspace_id, name, name_key, colour)
select ${workspaceId} || id, ${workspaceId}, id, id, 'blue' from unnest(array['print', 'mail']) id`);
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select ${workspaceId} || n, ${workspaceId}, 'https://example.com', ${`${workspaceId}spring`} from generate_series(1, 4) n`);
  await tag('print', [1, 2, 3]);
});

const idOf = (name: string | number) => `${workspaceId}${name}`;

const tag = (name: string, links: number[]) =>
  db.execute(
    sql`insert into link_tags (link_id, tag_id) select ${workspaceId} || n, ${idOf(name)} from unnest(${sql.param(links)}::int[]) n`,
  );

const untag = (name: string, link: number) =>
  db.execute(sql`delete from link_tags where link_id = ${idOf(link)} and tag_id = ${idOf(name)}`);

const lead = (link: number, campaign: string | null) =>
  db.execute(sql`update links set campaign_id = ${campaign && idOf(campaign)} where id = ${idOf(link)}`);

/** Hits of the last twenty days on a link, of people and machines, by two domains. */
const hitsOf = (link: number, count: number): Hit[] =>
  Array.from({ length: count }, (_, index) =>
    makeHit({
      workspaceId,
      linkId: idOf(link),
      domainId: idOf(index % 3 ? 'a' : 'b'),
      visitorKey: ++visitor,
      clickedAt: now.getTime() - (index % 480) * hour - link,
      class: index % 7 ? 'human' : 'crawler',
      country: ['DE', 'FR', 'IN'][index % 3] ?? null,
      channel: index % 5 ? 'direct' : 'qr',
    }),
  );

async function record(link: number, count: number): Promise<void> {
  await putHits(db, hitsOf(link, count));
  await rollUpPending(db);
}

/** As if a scope had become large. */
const enlarge = (...names: string[]) =>
  db.execute(
    sql`update rollup_scopes set state = 'filling' where scope_id = any(${sql.param(names.map(idOf))}::text[])`,
  );

const enlargeDomains = () =>
  db.execute(sql`update rollup_scopes set state = 'filling' where workspace_id = ${workspaceId} and kind = 'domain'`);

const subjects = (): Subject[] => [
  ...['spring', 'autumn'].map((name) => ({ kind: 'campaign' as const, id: idOf(name) })),
  ...['print', 'mail'].map((name) => ({ kind: 'tag' as const, id: idOf(name) })),
  ...['a', 'b'].map((name) => ({ kind: 'domain' as const, id: idOf(name) })),
];

/** Reports say what they say where rows are counted. */
async function expectExactReports(of = subjects()): Promise<void> {
  for (const subject of of) {
    const all = [{ dimension: 'country', operator: 'not', value: 'nowhere' }] as const;
    const { filters: _, ...kept } = await loadReport(db, workspaceId, subject, period);
    const { filters: __, ...counted } = await loadReport(db, workspaceId, subject, period, all);
    expect(kept).toEqual(counted);
  }
}

/** So do all, and every rollup says what its rows say. */
async function expectExact(): Promise<void> {
  await expectExactReports();
  const { rollups, rows } = await rollupsAndRows(db, workspaceId);
  expect(rollups).toEqual(rows);
}

const keptOf = async (...names: string[]) =>
  Object.fromEntries(
    [...(await findKept(db, workspaceId, names.map(idOf)))].map(([id, kept]) => [
      id.slice(workspaceId.length),
      kept.whole === null ? 'days' : 'whole',
    ]),
  );

describe('campaigns and tags', () => {
  it('have days by class and channel, and rows answer for the rest', async () => {
    await record(1, 50);
    await record(4, 30);
    expect(await keptOf('spring', 'print')).toEqual({});
    await expectExact();
    await settleScopes(db);
    expect(await keptOf('spring', 'print')).toEqual({ spring: 'days', print: 'days' });
    await record(2, 20);
    await putHits(db, hitsOf(1, 10));
    await expectExact();
  });

  it('have all of it once they are large, of busy links and others, and need no row', async () => {
    await record(1, busyLinkHits + 50);
    await record(2, 40);
    await settleScopes(db);
    await enlarge('print');
    await settleScopes(db);
    expect(await keptOf('print')).toEqual({ print: 'whole' });
    await record(2, 15);
    await record(3, 15);
    await expectExact();
    const before = await loadReport(db, workspaceId, { kind: 'tag', id: idOf('print') }, period);
    await db
      .transaction(async (tx) => {
        await tx.execute(sql`delete from clicks where workspace_id = ${workspaceId}`);
        expect(await loadReport(tx, workspaceId, { kind: 'tag', id: idOf('print') }, period)).toEqual(before);
        throw new Error('as it was');
      })
      .catch((error: Error) => expect(error.message).toBe('as it was'));
  });

  it('follow links that come and leave, at once and once they are counted', async () => {
    await record(1, busyLinkHits + 50);
    await record(2, 40);
    await record(4, 40);
    await settleScopes(db);
    await enlarge('print', 'spring');
    await settleScopes(db);
    const moves = [
      () => tag('print', [4]),
      () => untag('print', 1),
      () => lead(1, 'autumn'),
      () => tag('mail', [1, 2]),
      () => lead(1, null),
      async () => {
        await untag('print', 2);
        await tag('print', [2, 1]);
      },
    ];
    for (const move of moves) {
      await move();
      await expectExactReports(subjects().slice(0, 4));
      await record(1, 5);
      await settleScopes(db);
    }
    await expectExact();
    expect(await keptOf('print', 'spring', 'mail', 'autumn')).toEqual({
      print: 'whole',
      spring: 'whole',
      mail: 'days',
    });
  });

  it('stay known while links without hits come and leave', async () => {
    await record(1, 20);
    await settleScopes(db);
    await untag('print', 3);
    await lead(3, 'autumn');
    expect(await keptOf('print', 'spring')).toEqual({ print: 'days', spring: 'days' });
    await settleScopes(db);
    await record(3, 10);
    await expectExact();
  });

  it('leave nothing behind when they are deleted', async () => {
    await record(1, 20);
    await settleScopes(db);
    await tag('mail', [1]);
    await settleScopes(db);
    await untag('mail', 1);
    await settleScopes(db);
    await db.execute(sql`delete from tags where id in (${idOf('print')}, ${idOf('mail')})`);
    await db.execute(sql`delete from campaigns where id = ${idOf('spring')}`);
    await settleScopes(db);
    const left = await rowsOf(
      db,
      sql`
select scope_id from click_counts_monthly where scope_id in (${idOf('print')}, ${idOf('spring')})
union all select scope_id from scope_links where workspace_id = ${workspaceId}
union all select scope_id from rollup_scopes where workspace_id = ${workspaceId} and kind in ('campaign', 'tag')
union all select scope_id from scope_changes where workspace_id = ${workspaceId}`,
    );
    expect(left).toEqual([]);
    await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values (${idOf('spring')}, ${workspaceId}, 'spring', 'spring')`);
  });

  it('are let go with their workspace', async () => {
    await record(1, 20);
    await db.execute(sql`update workspaces set deleted_at = now() where id = ${workspaceId}`);
    await settleScopes(db);
    expect(await keptOf('spring', 'print')).toEqual({});
    await deleteWorkspaceCounts(db, workspaceId);
    await db.execute(sql`delete from links where workspace_id = ${workspaceId}`);
    await db.execute(sql`delete from workspaces where id = ${workspaceId}`);
    await db.execute(sql`
insert into scope_changes (workspace_id, link_id, scope_id) values (${workspaceId}, ${idOf(1)}, ${idOf('print')})`);
    await settleScopes(db);
    expect(await rowsOf(db, sql`select id from scope_changes where workspace_id = ${workspaceId}`)).toEqual([]);
  });

  it('become large by the hits that come and by the links', async () => {
    await record(1, 20);
    await settleScopes(db);
    const nearly = largeScopeHits - 25;
    await db.execute(
      sql`update rollup_scopes set hits = ${nearly} where scope_id in (${idOf('print')}, ${idOf('spring')})`,
    );
    await record(2, 30);
    await settleScopes(db);
    expect(await keptOf('print', 'spring')).toEqual({ print: 'whole', spring: 'whole' });
    await expectExact();
    await tag('mail', [1]);
    await settleScopes(db);
    await db.execute(sql`update rollup_scopes set hits = ${nearly} where scope_id = ${idOf('mail')}`);
    await tag('mail', [2]);
    await settleScopes(db);
    expect(await keptOf('mail')).toEqual({ mail: 'whole' });
    await expectExact();
  });

  it('have days that the page of campaigns reads', async () => {
    await record(1, busyLinkHits + 50);
    await record(2, 40);
    const days = { first: period.days.first, last: period.days.last, timeZone: 'Asia/Kolkata' };
    const ids = ['spring', 'autumn'].map(idOf);
    const count = () => countGroupDays(db, workspaceId, 'campaign', days, ids);
    const counted = await count();
    await settleScopes(db);
    expect(await count()).toEqual(counted);
    await lead(1, 'autumn');
    await putHits(db, hitsOf(2, 10));
    const moved = await count();
    await settleScopes(db);
    await rollUpPending(db);
    expect(await count()).toEqual(moved);
    expect(new Set(moved.map(({ groupId }) => groupId))).toEqual(new Set(ids));
  });

  it('count links whose rows are gone by what is kept of them', async () => {
    await record(1, busyLinkHits + 50);
    await record(2, 40);
    await settleScopes(db);
    const gone = sql`c.clicked_at < now() - interval '5 days'`;
    await keepHistory(db, workspaceId, [idOf(1), idOf(2)], gone);
    await db.execute(sql`delete from clicks c where workspace_id = ${workspaceId} and ${gone}`);
    const of = async (...names: string[]) => {
      const reports = await Promise.all(
        names.map((id) => loadReport(db, workspaceId, { kind: 'tag', id: idOf(id) }, period)),
      );
      return reports.map((report) => ({ ...report, subject: null }));
    };
    const [days] = await of('print');
    await enlarge('print');
    await tag('mail', [1, 2, 3]);
    expect(await of('mail')).toEqual([days]);
    await settleScopes(db);
    expect(await keptOf('print', 'mail')).toEqual({ print: 'whole', mail: 'days' });
    expect(await of('print', 'mail')).toEqual([days, days]);
    await record(2, busyLinkHits);
    const [whole, ofLinks] = await of('print', 'mail');
    expect(whole).toEqual(ofLinks);
    expect(whole?.total.clicks).toBeGreaterThan((days?.total.clicks ?? 0) + 2_000);
  });

  it('are counted anew with their workspace', async () => {
    await record(1, busyLinkHits + 50);
    await settleScopes(db);
    await enlarge('print');
    await tag('mail', [1, 4]);
    await record(4, 10);
    await restateWorkspace(db, workspaceId);
    expect(await keptOf('print', 'spring', 'mail')).toEqual({ print: 'days', spring: 'days', mail: 'days' });
    await record(4, 10);
    await settleScopes(db);
    await expectExact();
  });

  it('are counted once by two nodes and a mover at a time', async () => {
    await record(1, 400);
    await record(2, 400);
    for (let round = 0; round < 5; round++) {
      await putHits(db, hitsOf(1, 20));
      await Promise.all([
        settleScopes(db),
        settleScopes(db),
        rollUpPending(db),
        round % 2 ? tag('mail', [1, 2]) : db.execute(sql`delete from link_tags where tag_id = ${idOf('mail')}`),
        lead(2, round % 2 ? 'autumn' : 'spring'),
      ]);
    }
    await settleScopes(db);
    await expectExact();
  });
});

describe('domains', () => {
  const keptOfDomain = async (name: string) => (await findKeptOfDomain(db, workspaceId, idOf(name))).whole;

  it('are the workspace as long as there is one, and rolled up once there are two and many hits', async () => {
    await putHits(
      db,
      hitsOf(1, 60).map((hit) => ({ ...hit, domainId: idOf('a') })),
    );
    await rollUpPending(db);
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBe(workspaceId);
    await expectExact();
    await record(2, 60);
    expect(await keptOfDomain('a')).toBeNull();
    await expectExact();
    await enlargeDomains();
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBe(`${workspaceId}:${idOf('a')}`);
    await record(3, 60);
    await putHits(db, hitsOf(1, 9));
    await expectExact();
  });

  it('get rollups in a workspace that became large, each by itself', async () => {
    await record(1, 60);
    await settleScopes(db);
    await markDomains(db, 'large or without rows');
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBeNull();
    await db.execute(sql`update rollup_scopes set hits = hits + ${largeScopeHits} where scope_id = ${workspaceId}`);
    await markDomains(db, 'large or without rows');
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBe(`${workspaceId}:${idOf('a')}`);
    await expectExact();
  });

  const byDomain = (name: string, link: number, count: number, daysAgo = 0) =>
    hitsOf(link, count).map((hit) => ({
      ...hit,
      domainId: idOf(name),
      clickedAt: hit.clickedAt - daysAgo * 24 * hour,
    }));
  const totalOf = async (name: string) =>
    (await loadReport(db, workspaceId, { kind: 'domain', id: idOf(name) }, period)).total;

  it('show no clicks of others whose rows were dropped before anybody counted by domain', async () => {
    await putHits(db, byDomain('b', 1, 50, 10));
    await rollUpPending(db);
    await keepHistory(db, workspaceId, [idOf(1)], sql`true`);
    await putHits(db, byDomain('a', 2, 20));
    await rollUpPending(db);
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBeNull();
    expect((await totalOf('a')).clicks).toBe(17);
  });

  it('keep what was dropped of the only one, when a second comes as well', async () => {
    await putHits(db, byDomain('a', 1, 50, 5));
    await rollUpPending(db);
    await settleScopes(db);
    await keepHistory(db, workspaceId, [idOf(1)], sql`true`);
    const before = await totalOf('a');
    expect(before).toEqual((await loadReport(db, workspaceId, { kind: 'workspace', id: workspaceId }, period)).total);
    await putHits(db, byDomain('b', 2, 21));
    await rollUpPending(db);
    await markDomains(db, 'large or without rows');
    await settleScopes(db);
    expect(await totalOf('a')).toEqual(before);
    expect((await totalOf('b')).clicks).toBe(18);
    await putHits(db, byDomain('a', 2, 7));
    await rollUpPending(db);
    expect((await totalOf('a')).clicks).toBe(before.clicks + 6);
  });

  it('get rollups of their own before rows of several are dropped', async () => {
    await putHits(db, [...byDomain('a', 1, 20, 5), ...byDomain('b', 1, 30, 5)]);
    await rollUpPending(db);
    const before = [await totalOf('a'), await totalOf('b')];
    await rollUpDomains(db);
    await keepHistory(db, workspaceId, [idOf(1)], sql`true`);
    expect([await totalOf('a'), await totalOf('b')]).toEqual(before);
    expect(before.map(({ clicks }) => clicks)).toEqual([17, 25]);
  });

  it('are counted over all rows where an older version had moved some', async () => {
    await record(1, 30);
    await db.execute(sql`
delete from rollup_scopes where workspace_id = ${workspaceId} and kind in ('domain', 'workspace')`);
    await putHits(
      db,
      hitsOf(2, 9).map((hit) => ({ ...hit, domainId: idOf('a') })),
    );
    await rollUpPending(db);
    expect(await keptOfDomain('a')).toBeNull();
    // Such a version counted the hours of every link.
    await db.execute(sql`
insert into click_totals_hourly (scope_id, hour, class, hits, visitors) values (${idOf(1)}, now(), 'human', 1, 1)`);
    await settleScopes(db);
    expect(await keptOfDomain('a')).toBeNull();
    await expectExact();
  });
});

describe('a workspace of a version before', () => {
  it('has its domains counted in seconds beside 60,000 hits that no rollup has', async () => {
    const columns = sql`id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, domain_id, is_first_on_link, is_first_in_workspace`;
    await db.execute(sql`
insert into clicks (${columns})
select n, date_trunc('milliseconds', now() - n * interval '1 ms'), 'older', 's', ${workspaceId}, 'human', 'x', 1, 'direct', ${workspaceId} || 'a', false, false
from generate_series(1, 60010) n`);
    await db.execute(sql`
insert into clicks_pending (${columns}) select ${columns} from clicks where workspace_id = ${workspaceId} and id > 10`);
    await db.execute(sql`analyze clicks_pending`);
    await db.execute(sql`
insert into rollup_scopes (workspace_id, scope_id, kind, hits, state) values (${workspaceId}, ${workspaceId}, 'workspace', 0, 'filling')`);
    await settleScopes(db);
    const counted = await rowsOf(
      db,
      sql`select hits::int as hits from rollup_scopes where workspace_id = ${workspaceId} and kind = 'domain'`,
    );
    expect(counted).toEqual([{ hits: 10 }]);
    await rollUpPending(db);
  }, 20_000);
});
