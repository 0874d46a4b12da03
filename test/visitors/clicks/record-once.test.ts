import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { Recorder, type RecorderEvent } from '../../../src/visitors/clicks/recorder.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { waitingHits } from '../../../src/visitors/rollups/pending.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import { Spool } from '../../../src/visitors/clicks/spool.ts';
import { type Database, openDatabase } from '../../../src/ground/db/db.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { everyHit, everyHitOf, insertBareWorkspace, makeHit, rowsOf } from '../../setup/hits.ts';
import { countsByDay, rollupsAndRows } from '../../setup/rollups.ts';

let testDatabase: TestDatabase;
let database: Database;

const problems: unknown[] = [];
const keepProblem = (error: unknown) => void problems.push(error);

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, keepProblem);
});

afterAll(async () => {
  await database.close();
  const before = [...problems]; // what ends with the database is no problem
  await testDatabase.drop();
  expect(before).toEqual([]);
});

function startRecorder(): Recorder {
  const spool = new Spool(mkdtempSync(join(tmpdir(), 'waymark-spool-')), keepProblem);
  const onEvent = (event: RecorderEvent) => void (event.kind === 'batch' || problems.push(event));
  return new Recorder({ databaseUrl: testDatabase.url, spool, budgetMs: 20_000, retentionDays: null, onEvent });
}

type Counts = { hits: number; clicks: number; on_link: number; in_workspace: number; waiting: number };

async function countsOf(workspaceId: string): Promise<Counts | undefined> {
  const [counts] = await rowsOf<Counts>(
    database.db,
    sql`
select count(*)::int as hits, (count(*) filter (where class = 'human'))::int as clicks,
       (count(*) filter (where is_first_on_link))::int as on_link,
       (count(*) filter (where is_first_in_workspace))::int as in_workspace,
       (select count(*)::int from ${waitingHits(workspaceId)} w) as waiting
from ${everyHitOf(workspaceId)} c`,
  );
  return counts;
}

function someHits(workspaceId: string, count: number): Hit[] {
  const countries = ['DE', 'BR', 'IN', null];
  const classes = ['human', 'human', 'human', 'preview', 'crawler'] as const;
  return Array.from({ length: count }, (_, index) => {
    const hitClass = classes[index % classes.length] ?? 'human';
    const clickedAt = Date.UTC(2026, 9, 23, 20) + index * 47 * 60_000;
    return makeHit({
      workspaceId,
      linkId: `${workspaceId}-${index % 7}`,
      clickedAt,
      class: hitClass,
      reason: `${hitClass}:test`,
      country: countries[index % countries.length] ?? null,
      region: index % 3 ? 'Île-de-France, "north"' : null,
      city: index % 2 ? 'São Paulo \\ {x}' : 'Łódź',
      utmCampaign: index % 6 ? null : 'spring',
      visitorKey: hitClass === 'human' ? index % 11 : null,
    });
  });
}

describe('a batch of hits', () => {
  it('flags the first click of each visitor on a link and in the workspace, at once and as rows', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const recorder = startRecorder();
    const clicks = [1, 1, 2].map((visitorKey) => makeHit({ workspaceId, linkId: `${workspaceId}-a`, visitorKey }));
    await Promise.all(clicks.map((hit) => recorder.record(hit)));
    await recorder.record(makeHit({ workspaceId, linkId: `${workspaceId}-b`, visitorKey: 1 }));
    await recorder.record(makeHit({ workspaceId, linkId: `${workspaceId}-b`, visitorKey: 1 }));
    await recorder.close();
    expect(await countsOf(workspaceId)).toEqual({ hits: 5, clicks: 5, on_link: 3, in_workspace: 2, waiting: 5 });
    await rollUpPending(database.db);
    expect(await countsOf(workspaceId)).toEqual({ hits: 5, clicks: 5, on_link: 3, in_workspace: 2, waiting: 0 });
  });

  it('sent again after a lost answer changes nothing, in rows, flags and rollups alike', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const hits = someHits(workspaceId, 200);
    const batches = new Batches(hits);
    const client = new Client(testDatabase.url);
    await client.connect();
    await client.query(batches.statement([]));
    const before = await countsOf(workspaceId);
    batches.isRepeat = true;
    await client.query(batches.statement([]));
    await client.query(new Batches(hits.slice(150), { isRepeat: true }).statement([]));
    expect(await countsOf(workspaceId)).toEqual(before);
    await rollUpPending(database.db);
    const moved = await countsOf(workspaceId);
    expect(moved).toEqual({ ...before, waiting: 0 });
    await client.query(batches.statement([]));
    await client.query(new Batches(hits.slice(0, 50), { isRepeat: true }).statement([]));
    // A first try that Postgres commits late.
    await client.query(new Batches(hits.slice(20, 40)).statement([]));
    await client.end();
    expect(await countsOf(workspaceId)).toEqual(moved);
    expect(await rollUpPending(database.db)).toBe(0);
    expect(before).toMatchObject({ hits: 200, clicks: 120, waiting: 200 });
    expect(await countsOf(workspaceId)).toEqual(moved);
    const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
    expect(rollups).toEqual(rows);
  });

  it('that holds a recorded hit among new ones is committed, and that hit is not counted again', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const [recorded, ...others] = someHits(workspaceId, 5) as [Hit, ...Hit[]];
    const recorder = startRecorder();
    expect(await recorder.record(recorded)).toBe('committed');
    expect(await Promise.all([recorded, ...others].map((hit) => recorder.record(hit)))).toEqual(
      Array.from({ length: 5 }, () => 'committed'),
    );
    await recorder.close();
    expect(await countsOf(workspaceId)).toMatchObject({ hits: 5, waiting: 5 });
  });

  it('keeps quotes, backslashes, braces and every script as they are', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const recorder = startRecorder();
    const cities = ['a"b', 'c\\d', '{e,f}', 'NULL', '', '東京', "O'Fallon", ' x ', 'a\nb', 'c\u001Ed', 'e\uD800f'];
    await Promise.all(
      cities.map((city) => recorder.record(makeHit({ workspaceId, linkId: `${workspaceId}-a`, city }))),
    );
    await recorder.close();
    const rows = await rowsOf<{ city: string }>(
      database.db,
      sql`select city from ${everyHit} c where workspace_id = ${workspaceId} order by id`,
    );
    // A mark that divides batches is a space, half of a pair the sign for what is no character.
    const kept = cities.map((city) => city.replace('\n', ' ').replace('\u001E', ' ').replace('\uD800', '\uFFFD'));
    expect(rows.map((row) => row.city)).toEqual(kept);
  });

  it('from several nodes with the same visitors at once neither deadlocks nor counts any twice', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const recorders = [1, 2, 3].map(() => startRecorder());
    await Promise.all(
      recorders.flatMap((recorder, node) =>
        Array.from({ length: 600 }, async (_, index) => {
          await new Promise((resume) => setTimeout(resume, (index * 7) % 50));
          const visitorKey = 1_000_000 + (node % 2 ? index % 40 : 39 - (index % 40));
          await recorder.record(makeHit({ workspaceId, linkId: `${workspaceId}-${index % 3}`, visitorKey }));
        }),
      ),
    );
    await Promise.all(recorders.map((recorder) => recorder.close()));
    expect(await countsOf(workspaceId)).toMatchObject({ hits: 1_800, on_link: 120, in_workspace: 40 });
  });
});

describe('the rollups', () => {
  it.each(['UTC', 'Asia/Kolkata', 'America/New_York', 'Europe/Berlin'])(
    'equal the rows on the calendar of %s, across a change of its clocks',
    async (timeZone) => {
      const workspaceId = await insertBareWorkspace(database.db, timeZone);
      const recorder = startRecorder();
      const hits = someHits(workspaceId, 500);
      for (const part of [hits.slice(0, 200), hits.slice(200, 210), hits.slice(210)]) {
        await Promise.all(part.map((hit) => recorder.record(hit)));
        await rollUpPending(database.db);
      }
      await recorder.close();
      const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
      expect(rollups).toEqual(rows);
      expect(rollups.length).toBeGreaterThan(500);
    },
  );

  it('take in a pending hit once, also when several nodes roll up at the same moment', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const recorder = startRecorder();
    await Promise.all(someHits(workspaceId, 300).map((hit) => recorder.record(hit)));
    await recorder.close();
    const taken = await Promise.all([1, 2, 3, 4].map(() => rollUpPending(database.db)));
    expect(taken.reduce((sum, hits) => sum + hits)).toBe(300);
    const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
    expect(rollups).toEqual(rows);
  });

  it('hold the breakdowns of a link once it is busy, its past included', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const linkId = `${workspaceId}-busy`;
    const recorder = startRecorder();
    const click = (index: number) =>
      makeHit({ workspaceId, linkId, visitorKey: index % 500, city: `City ${index % 30}` });
    const first = Array.from({ length: busyLinkHits - 1 }, (_, index) => click(index));
    await Promise.all(first.map((hit) => recorder.record(hit)));
    await rollUpPending(database.db);
    const ofLink = sql`select count(*)::int as rows from ${sql.raw(countsByDay)} d where scope_id = ${linkId}`;
    expect(await rowsOf(database.db, ofLink)).toEqual([{ rows: 0 }]);
    await recorder.record(click(7));
    await rollUpPending(database.db);
    await recorder.record(click(8));
    await rollUpPending(database.db);
    await recorder.close();
    const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
    expect(rollups).toEqual(rows);
    expect((await rowsOf<{ rows: number }>(database.db, ofLink))[0]?.rows).toBeGreaterThan(30);
  });

  it('are the same when they are counted anew, for another calendar too', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const recorder = startRecorder();
    await Promise.all(someHits(workspaceId, 400).map((hit) => recorder.record(hit)));
    await rollUpPending(database.db);
    await Promise.all(someHits(workspaceId, 50).map((hit) => recorder.record(hit)));
    await recorder.close();
    await database.db.execute(sql`update workspaces set time_zone = 'Asia/Kathmandu' where id = ${workspaceId}`);
    await restateWorkspace(database.db, workspaceId);
    await rollUpPending(database.db);
    const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
    expect(rollups).toEqual(rows);
  });
});
