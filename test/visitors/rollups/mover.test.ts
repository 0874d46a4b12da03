import { setImmediate } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { readBacklog } from '../../../src/visitors/rollups/backlog.ts';
import {
  forgetRefused,
  type RefusedBatch,
  type Round,
  rollUpIfFree,
  rollUpPending,
} from '../../../src/visitors/rollups/mover.ts';
import { lockAllRollups } from '../../../src/visitors/rollups/rollup-lock.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';
import { countWaiting, everyHitOf, insertBareWorkspace, makeHit, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';

let database: OpenTestDatabase;
let client: Client;
let workspaceId: string;
/** Keys are a workspace's own. */
let firstKey = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

beforeEach(async () => {
  workspaceId = await insertBareWorkspace(database.db, 'Asia/Kolkata');
  firstKey += 1_000;
});

const hitsOf = (count: number): Hit[] =>
  Array.from({ length: count }, (_, index) =>
    makeHit({
      workspaceId,
      linkId: `${workspaceId}-${index % 5}`,
      visitorKey: firstKey + (index % 40),
      clickedAt: Date.now() - index * 60_000,
      class: index % 6 ? 'human' : 'crawler',
    }),
  );

const put = (hits: readonly Hit[]) => client.query(new Batches(hits).statement([]));

async function expectExact(count: number): Promise<void> {
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups).toEqual(rows);
  const counted = await rowsOf(
    database.db,
    sql`select count(*)::int as hits from clicks where workspace_id = ${workspaceId}`,
  );
  expect(counted).toEqual([{ hits: count }]);
}

/** Waits until the mover waits for somebody's row. @returns its backend */
async function findStuckMover(): Promise<number> {
  const stuck = sql`
select pid from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'transactionid'`;
  let pid = 0;
  await expect
    .poll(async () => (pid = (await rowsOf<{ pid: number }>(database.db, stuck))[0]?.pid ?? 0))
    .toBeGreaterThan(0);
  return pid;
}

/** Rows that somebody else holds, each of another table, in the order in which a step comes to them. */
const held: Record<string, (hit: Hit) => string> = {
  hit_batches: () => `update hit_batches set size = size where workspace_id = '${workspaceId}'`,
  visitors_seen: ({ visitorKey, linkId }) =>
    `insert into visitors_seen values (${visitorKey}, '${linkId}', current_date)`,
  clicks: ({ id, clickedAt, linkId }) => `
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, is_first_on_link, is_first_in_workspace)
values (${id}, to_timestamp(${clickedAt} / 1000.0), '${linkId}', 's', '${workspaceId}', 'human', 'x', 1, 'direct', false, false)`,
  click_counts_monthly: ({ clickedAt }) => `
insert into click_counts_monthly
values ('${workspaceId}', date_trunc('month', to_timestamp(${clickedAt} / 1000.0) at time zone 'Asia/Kolkata'), 'class', 'human', 1, 1)`,
  link_totals: ({ linkId, workspaceId: of }) => `
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at) values ('${linkId}', '${of}', 1, 1, 1, now())`,
};

describe('a mover that is killed', () => {
  it.each(Object.entries(held))(
    'at %s leaves all hits to the next one, which moves them once',
    async (_table, hold) => {
      const hits = hitsOf(300);
      await put(hits);
      await client.query('begin');
      await client.query(hold(hits[1] as Hit));
      const moving = rollUpPending(database.db).catch((error: unknown) => error);
      await client.query('select pg_terminate_backend($1)', [await findStuckMover()]);
      // The pool may try again at once, and waits too.
      await client.query('rollback');
      await moving;
      await rollUpPending(database.db);
      expect(await countWaiting(database.db)).toBe(0);
      await expectExact(300);
    },
  );
});

describe('two movers at once', () => {
  it('move each hit once, while the timetable of a third goes home', async () => {
    for (let batch = 0; batch < 10; batch++) await put(hitsOf(100));
    await client.query(`begin; select pg_advisory_xact_lock(hashtext('waymark rollups'))`);
    expect(await rollUpIfFree(database.db)).toBe(0);
    await client.query('commit');
    const moved = await Promise.all([rollUpPending(database.db), rollUpPending(database.db)]);
    expect(moved[0] + moved[1]).toBe(1_000);
    await expectExact(1_000);
  });
});

describe('a mover beside others', () => {
  it('goes on while somebody waits for all rollups, behind one who counts for minutes', async () => {
    await put(hitsOf(100));
    await client.query(`begin; select pg_advisory_xact_lock_shared(hashtext('waymark rollups'))`);
    const waiting = database.db.transaction(async (tx) => {
      await lockAllRollups(tx);
      return 'all';
    });
    let moved = 0;
    await expect.poll(async () => (moved += await rollUpIfFree(database.db))).toBe(100);
    await client.query('commit');
    expect(await waiting).toBe('all');
  });

  it('moves what others have not, and waits for the rest one by one', async () => {
    const other = await insertBareWorkspace(database.db);
    await put([...hitsOf(30), ...hitsOf(10).map((hit) => ({ ...hit, workspaceId: other, linkId: `${other}-1` }))]);
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('waymark rollups'), hashtext($1))`, [other]);
    const moving = rollUpPending(database.db);
    await expect.poll(() => countWaiting(database.db)).toBe(10);
    await client.query('commit');
    expect(await moving).toBe(40);
    await expectExact(30);
  });

  it('takes a step of each workspace in turn, however much one has', async () => {
    const round: Round = { after: '' };
    const many = await Promise.all(Array.from({ length: 12 }, () => insertBareWorkspace(database.db)));
    for (const id of many) await put(hitsOf(20).map((hit) => ({ ...hit, workspaceId: id, linkId: `${id}-1` })));
    expect(await rollUpIfFree(database.db, {}, undefined, round)).toBe(240);
    expect(round).toEqual({ after: '' });
    // A run that begins in the middle comes round to those before it.
    for (const id of many) await put(hitsOf(20).map((hit) => ({ ...hit, workspaceId: id, linkId: `${id}-1` })));
    round.after = many.toSorted()[6] ?? '';
    expect(await rollUpIfFree(database.db, {}, undefined, round)).toBe(240);
  });
});

describe('a batch that Postgres cannot make rows of', () => {
  it('stays where it is with the reason, and holds up no other', async () => {
    for (let batch = 0; batch < 5; batch++) await put(hitsOf(20));
    await client.query(
      `insert into hit_batches (workspace_id, id, size, first_hit_at, is_repeat, hits) values ($1, -1, 1, now(), false, '{not a number}')`,
      [workspaceId],
    );
    const refused: RefusedBatch[] = [];
    expect(await rollUpIfFree(database.db, { onRefused: (batch) => void refused.push(batch) })).toBe(100);
    expect(refused).toEqual([{ workspaceId, id: '-1', size: 1, state: '22P02' }]);
    expect(await readBacklog(database.db)).toMatchObject({ hits: 0, refused: 1 });
    await expectExact(100);
    const left = await rowsOf(database.db, sql`select id::int, problem from hit_batches`);
    expect(left).toEqual([{ id: -1, problem: expect.stringContaining('not a number') as string }]);
    // It is in no report either.
    expect(await rowsOf(database.db, sql`select count(*)::int as hits from ${everyHitOf(workspaceId)} c`)).toEqual([
      { hits: 100 },
    ]);
    // They go a month after they were refused, however old the visits are.
    await client.query(`update hit_batches set first_hit_at = now() - interval '2 months'`);
    await forgetRefused(database.db);
    expect(await countWaiting(database.db)).toBe(1);
    await client.query(`update hit_batches set refused_at = now() - interval '31 days'`);
    await forgetRefused(database.db);
    expect(await countWaiting(database.db)).toBe(0);
  });
});

describe('a batch of a version that knows fewer columns', () => {
  it('is moved like others, without what it does not have', async () => {
    await put(hitsOf(20));
    // The last four lines are the domain, the address of a test, the version of the link, and its rule.
    await client.query(String.raw`update hit_batches set hits = regexp_replace(hits, '(\n[^\n]*){4}$', '')`);
    expect(await rollUpPending(database.db)).toBe(20);
    await expectExact(20);
    const columns = sql`select distinct domain_id, destination_id, link_version, route_id from clicks where workspace_id = ${workspaceId}`;
    expect(await rowsOf(database.db, columns)).toEqual([
      { domain_id: null, destination_id: null, link_version: null, route_id: null },
    ]);
  });
});

describe('hits of a workspace that was deleted', () => {
  it('go without a trace, and those beside them are moved', async () => {
    const other = await insertBareWorkspace(database.db);
    await put([...hitsOf(30), ...hitsOf(10).map((hit) => ({ ...hit, workspaceId: other, linkId: `${other}-1` }))]);
    await client.query('delete from workspaces where id = $1', [other]);
    expect(await rollUpPending(database.db)).toBe(30);
    await expectExact(30);
    expect(await rowsOf(database.db, sql`select 1 from clicks where workspace_id = ${other}`)).toEqual([]);
  });
});

describe('a report while hits are moved', () => {
  it('says the same before, amid and after', async () => {
    const count = async () =>
      (
        await rowsOf<{ hits: number; visitors: number }>(
          database.db,
          sql`select count(*)::int as hits, (count(*) filter (where is_first_in_workspace))::int as visitors from ${everyHitOf(workspaceId)} c`,
        )
      )[0];
    const hits = hitsOf(400);
    for (let from = 0; from < 400; from += 50) await put(hits.slice(from, from + 50));
    const before = await count();
    const moving = rollUpPending(database.db);
    const amid = [];
    const over = moving.then(() => 'over');
    while ((await Promise.race([over, setImmediate()])) !== 'over') amid.push(await count());
    expect(new Set([...amid, await count()].map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify(before)]),
    );
    expect(before?.hits).toBe(400);
    await expectExact(400);
  });
});
