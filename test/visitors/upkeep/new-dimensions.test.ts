import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dimensionOf, dimensions } from '../../../src/visitors/rollups/dimensions.ts';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { rollUpNewDimensions } from '../../../src/visitors/upkeep/new-dimensions.ts';
import { dropOldClicks, ensurePartitions } from '../../../src/visitors/upkeep/retention.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { NewerRollups } from '../../../src/visitors/rollups/rollup-lock.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import { type Database, openDatabase } from '../../../src/ground/db/db.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit, rowsOf } from '../../setup/hits.ts';
import { countsByDay, rollupsAndRows } from '../../setup/rollups.ts';

const now = new Date('2026-06-20T12:00:00Z');
const hour = 60 * 60 * 1000;
const added = ['domain', 'qr'];
/** The list as the version before had it. */
const before = dimensions.filter(({ name }) => !added.includes(name));

let database: OpenTestDatabase;
let neighbour: Database;
let client: Client;
let workspaceId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  neighbour = openDatabase(database.url, () => {});
  client = new Client(database.url);
  await client.connect();
  await ensurePartitions(database.db, new Date('2026-03-01T00:00:00Z'));
  await rollUpNewDimensions(database.db);
});

afterAll(async () => {
  await client.end();
  await neighbour.close();
  await database.drop();
});

beforeEach(async () => {
  workspaceId = await insertBareWorkspace(database.db, 'Asia/Kolkata');
  await database.db.execute(sql`delete from rolled_up_dimensions where name in ('domain', 'qr')`);
});

/** Hits back from an instant, one a quarter of an hour: one link in four is scanned, and on two domains. */
async function record(count: number, { link = 'busy', until = now, isOld = false } = {}): Promise<void> {
  const hits = Array.from({ length: count }, (_, index): Hit => {
    const hit = makeHit({
      workspaceId,
      linkId: `${workspaceId}-${link}`,
      clickedAt: until.getTime() - (index * hour) / 4,
      class: index % 5 ? 'human' : 'crawler',
      channel: index % 4 ? 'direct' : 'qr',
      slugId: index % 4 ? 'slug' : `code-${index % 3}`,
      domainId: index % 3 ? 'own' : 'shared',
      visitorKey: index % 5 ? index : null,
      // Of a link with a test and a rule: a hit of each comes there, and others are sent nowhere else.
      destinationId: [null, null, 11, 12, 13][index % 5] ?? null,
      routeId: index % 5 === 4 ? 7 : null,
    });
    // As a spool of that version has it: without the fields.
    if (isOld)
      for (const field of ['domainId', 'destinationId', 'routeId'] as const) delete (hit as Partial<Hit>)[field];
    return hit;
  });
  await client.query(new Batches(hits).statement([]));
}

async function expectExact(): Promise<void> {
  await rollUpPending(database.db);
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups).toEqual(rows);
}

it('counts the past of a dimension that is new, once, and what was rolled up of it since', async () => {
  await record(busyLinkHits + 100);
  await record(40, { link: 'quiet' });
  await rollUpPending(database.db, before);
  await record(300);
  await rollUpPending(database.db);
  await record(50, { link: 'quiet' });
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups).not.toEqual(rows);

  expect(await rollUpNewDimensions(database.db)).toEqual(added);
  await expectExact();
  expect(await rollUpNewDimensions(database.db)).toEqual([]);
  await expectExact();
});

it('is exact when two nodes start at once while hits come in', async () => {
  await record(busyLinkHits + 100);
  await rollUpPending(database.db, before);
  const [one, other] = await Promise.all([
    rollUpNewDimensions(database.db),
    rollUpNewDimensions(neighbour.db),
    keepComing(),
  ]);
  expect([...(one ?? []), ...(other ?? [])]).toEqual(added);
  await expectExact();
});

async function keepComing(): Promise<void> {
  for (const { db } of [database, neighbour, database, neighbour]) {
    await record(30);
    await rollUpPending(db);
  }
}

it('counts before old rows are dropped, and leaves what is gone', async () => {
  await record(200, { until: new Date('2026-03-20T12:00:00Z'), link: 'old' });
  await rollUpPending(database.db, before);
  expect(await dropOldClicks(database.db, 60, now)).toContain('clicks_2026_03');
  const counted = await rowsOf(
    database.db,
    sql`
select dimension, value, sum(clicks)::int as clicks from ${sql.raw(countsByDay)} d
where scope_id = ${workspaceId} and dimension in ('domain', 'qr') group by 1, 2 order by 1, 2`,
  );
  expect(counted).toEqual([
    { dimension: 'domain', value: 'own', clicks: 107 },
    { dimension: 'domain', value: 'shared', clicks: 53 },
    { dimension: 'qr', value: 'code-0', clicks: 13 },
    { dimension: 'qr', value: 'code-1', clicks: 14 },
    { dimension: 'qr', value: 'code-2', clicks: 13 },
  ]);
});

it('takes hits of an older version, which know no domain, as unknown', async () => {
  await record(20, { isOld: true });
  expect(await rollUpNewDimensions(database.db)).toEqual(added);
  await expectExact();
  const [unknown] = await rowsOf(
    database.db,
    sql`select value, sum(clicks)::int as clicks from ${sql.raw(countsByDay)} d where scope_id = ${workspaceId} and dimension = 'domain' group by 1`,
  );
  expect(unknown).toEqual({ value: '', clicks: 16 });
});

describe('a dimension that was renamed', () => {
  const renamed = ['destination', 'route'];
  /** The list as the version before had it. */
  const versions = [
    ...dimensions.filter(({ name }) => !renamed.includes(name)),
    { ...dimensionOf('destination'), name: 'version' },
  ];
  const namesOf = async (query: string) =>
    (await rowsOf<{ name: string }>(database.db, sql.raw(query))).map(({ name }) => name).toSorted();

  beforeEach(async () => {
    await rollUpNewDimensions(database.db);
    await database.db.execute(sql`delete from rolled_up_dimensions where name in ('destination', 'route')`);
    await database.db.execute(sql`insert into rolled_up_dimensions values ('version')`);
  });

  it('is counted under its new name, and leaves nothing under the former one', async () => {
    await record(busyLinkHits + 100);
    await rollUpPending(database.db, versions);
    // More of them than a step deletes, as days that no job has folded yet.
    await database.db.execute(sql`
insert into click_counts_daily (scope_id, day, dimension, value, clicks, visitors)
select ${workspaceId}, date '2026-05-01', 'version', n, 1, 1 from generate_series(1, 12000) n`);
    const counted = 'select distinct dimension as name from';
    expect(await namesOf(`${counted} click_counts_monthly`)).toContain('version');
    await record(100);
    // Hits are taken in before the job has run.
    expect(await rollUpPending(database.db)).toBe(100);
    expect(await rollUpNewDimensions(database.db)).toEqual(renamed);
    await expectExact();
    for (const table of ['click_counts_monthly', 'click_counts_daily'])
      expect(await namesOf(`${counted} ${table}`)).not.toContain('version');
    expect(await namesOf('select name from rolled_up_dimensions')).toEqual(
      dimensions.map(({ name }) => name).toSorted(),
    );
    expect(await rollUpNewDimensions(database.db)).toEqual([]);
  });

  it('keeps a version before from counting on', async () => {
    await rollUpNewDimensions(database.db);
    await record(10);
    await expect(rollUpPending(database.db, versions)).rejects.toThrow(NewerRollups);
  });

  it('has no row for a link with neither a test nor a rule', async () => {
    await record(busyLinkHits + 100, { isOld: true });
    await rollUpPending(database.db);
    await rollUpNewDimensions(database.db);
    const found = await rowsOf(
      database.db,
      sql`select 1 from click_counts_monthly where starts_with(scope_id, ${workspaceId}) and dimension in ('destination', 'route')`,
    );
    expect(found).toEqual([]);
  });
});
