import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hit, newHitId } from '../../../src/visitors/clicks/hit.ts';
import { dimensions } from '../../../src/visitors/rollups/dimensions.ts';
import { shareRollups, NewerRollups } from '../../../src/visitors/rollups/rollup-lock.ts';
import { rollUpIfFree, rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { rolledUpDimensions } from '../../../src/ground/db/schema.ts';
import { ensureStatistics } from '../../../src/visitors/redirect/queries.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { countWaiting, makeHit, putAsOlder, rowsOf } from '../../setup/hits.ts';
import { insertHits } from '../../setup/make.ts';
import { countsByDay } from '../../setup/rollups.ts';

let app: TestApp;

/** Hits wait for the roll-up of the test: the timetable's would take them in at any moment. */
beforeAll(async () => {
  app = await startTestApp();
  const ada = await app.signUp();
  await ada.ask(`/w/${ada.workspace.slug}/links`, { form: { url: 'https://example.com/a', slug: 'counted' } });
});
afterAll(() => app.close());

const fewer = dimensions.filter(({ name }) => name !== 'language');

const countPending = () => countWaiting(app.db);

/** Does something while no node may roll up, with hits that wait. */
async function withPending(run: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(app.databaseUrl);
  await client.connect();
  await client.query(`begin; select pg_advisory_xact_lock(hashtext('waymark rollups'))`);
  try {
    expect((await app.visit('/counted')).status).toBe(302);
    await expect.poll(countPending).toBeGreaterThan(0);
    await run(client);
  } finally {
    await client.query('commit');
    await client.end();
  }
}

describe('the roll-up of the timetable', () => {
  it('goes home where another node is at it', async () => {
    await withPending(async () => {
      expect(await rollUpIfFree(app.db)).toBe(0);
      expect(await countPending()).toBeGreaterThan(0);
    });
  });

  it('is left to those who know every dimension, and so is whatever else counts', async () => {
    // Every dimension is marked by the server's first job.
    await expect.poll(async () => (await app.db.select().from(rolledUpDimensions)).length).toBe(dimensions.length);
    await expect(rollUpPending(app.db, fewer)).rejects.toThrow(NewerRollups);
    expect(await rollUpIfFree(app.db, {}, fewer)).toBe(0);
    await expect(app.db.transaction((tx) => shareRollups(tx, fewer))).rejects.toThrow(
      'A newer version of Waymark counts',
    );
    await expect(rollUpPending(app.db)).resolves.toBeGreaterThanOrEqual(0);
  });

  it('gives hits of a version without it the domain of their slug, in rows and rollups', async () => {
    const [slug] = await rowsOf<{ id: string; linkId: string; workspaceId: string }>(
      app.db,
      sql`select s.id, s.link_id as "linkId", l.workspace_id as "workspaceId" from slugs s join links l on l.id = s.link_id where s.slug = 'counted'`,
    );
    if (!slug) throw new Error('There is no slug.');
    const hit = { ...slug, slugId: slug.id, domainId: null, clickedAt: Date.now() + 1_000, channel: 'direct' as const };
    const [older, ofSpool] = [1, 2].map((visitorKey) => makeHit({ ...hit, id: newHitId(), visitorKey })) as [Hit, Hit];
    await rollUpPending(app.db);
    await putAsOlder(app.db, slug.workspaceId, [older]);
    await insertHits(app, [ofSpool]);
    expect(await rollUpPending(app.db)).toBe(2);
    const [row] = await rowsOf(
      app.db,
      sql`select count(*)::int as clicks, count(domain_id)::int as named from clicks
          where class = 'human' and clicked_at = (select max(clicked_at) from clicks)`,
    );
    expect(row).toMatchObject({ clicks: 2, named: 2 });
    const [sums] = await rowsOf(
      app.db,
      sql`select (select count(*)::int from clicks where class = 'human') as clicks, sum(d.clicks)::int as counted
          from ${sql.raw(countsByDay)} d join workspaces w on w.id = d.scope_id where d.dimension = 'domain'`,
    );
    expect((sums as { clicks: number; counted: number }).counted).toBe((sums as { clicks: number }).clicks);
  });
});

it('before all links are read, tables that were never looked at get their statistics', async () => {
  const known = sql`select min(reltuples)::int as least from pg_class where oid in ('links'::regclass, 'slugs'::regclass)`;
  await app.db.execute(sql`update pg_class set reltuples = -1 where oid = 'links'::regclass`);
  await ensureStatistics(app.db);
  const [row] = await rowsOf<{ least: number }>(app.db, known);
  expect(row?.least).toBeGreaterThanOrEqual(1);
});
