import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNull } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureInstanceDomain } from '../../src/domains/domains/queries.ts';
import { type Database, openDatabase } from '../../src/ground/db/db.ts';
import { migrationsFolder } from '../../src/ground/db/schema-support.ts';
import { domains } from '../../src/ground/db/schema.ts';
import { insertBareWorkspace } from '../setup/hits.ts';
import { query } from '../setup/postgres.ts';
import { host, type ServerNode, startNode } from './node.ts';
import { type FaultyPostgres, startPostgres } from './postgres.ts';
import { sendVisitors } from './visitors.ts';
import { countsByDay } from '../setup/rollups.ts';

/** The last migration of versions that wrote hits twice, before there was an inbox. */
const lastBefore = '0002_events_record';
const hits = 1_000_000;

let postgres: FaultyPostgres;
let database: Database;
let workspaceId: string;
const linkId = 'old-link';
const nodes: ServerNode[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  database = openDatabase(postgres.url, () => {}, 2);
  await migrateAsBefore();
  await ensureInstanceDomain(database.db, `http://${host}`);
  const [domain] = await database.db.select({ id: domains.id }).from(domains).where(isNull(domains.workspaceId));
  workspaceId = await insertBareWorkspace(database.db, 'Asia/Kolkata');
  await query(
    postgres.url,
    `insert into links (id, workspace_id, url) values ('${linkId}', '${workspaceId}', 'https://example.com/');
     insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
     select 's' || kind, '${domain?.id}', slug, slug, kind, '${linkId}' from (values ('primary', 'old'), ('qr', 'old-qr')) s (kind, slug)`,
  );
  // As versions before left them that were ended amid a flood: rows, and each beside them for the rollups.
  for (const table of ['clicks', 'clicks_pending'])
    await query(
      postgres.url,
      `insert into ${table} (id, clicked_at, link_id, slug_id, domain_id, workspace_id, class, reason, rules_version, channel, country, is_first_on_link, is_first_in_workspace)
       select n, now() - make_interval(secs => n), '${linkId}', s.id, s.domain_id, '${workspaceId}', case when n % 5 = 0 then 'crawler' else 'human' end,
              'x', 1, 'direct', 'DE', false, false
       from generate_series(1, ${hits}) n, slugs s where s.link_id = '${linkId}' and s.kind = 'primary'`,
    );
}, 240_000);

afterAll(async () => {
  for (const node of nodes) {
    if (node.isRunning()) await node.end('SIGTERM');
    node.forget();
  }
  await database.close();
  await postgres.close();
});

async function migrateAsBefore(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-migrations-'));
  cpSync(migrationsFolder, folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { tag: string }[] };
  const end = journal.entries.findIndex(({ tag }) => tag === lastBefore) + 1;
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }));
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder: folder });
  await client.end();
  rmSync(folder, { recursive: true });
}

it('a million hits of the version before are counted in steps, while two nodes take clicks', {
  timeout: 400_000,
}, async () => {
  nodes.push(...(await Promise.all([1, 2].map(() => startNode({ databaseUrl: postgres.url })))));
  const visitors = sendVisitors(() => nodes.map(({ port }) => port), ['/old']);
  const left = async () => {
    const [row] = await query<{ left: number }>(
      postgres.url,
      'select ((select count(*) from clicks_pending) + (select count(*) from hit_batches))::int as left',
    );
    return row?.left ?? 0;
  };
  const seen = new Set<number>();
  const watching = expect.poll(
    async () => {
      const now = await left();
      seen.add(Math.floor(now / 10_000));
      return now < 10_000;
    },
    { timeout: 300_000, interval: 1_000 },
  );
  await Promise.all([watching.toBe(true), visitors.progress(2_000).then(() => visitors.leave())]);
  await expect.poll(left, { timeout: 60_000 }).toBe(0);
  // Not all of them at once, which would stop whatever else is counted.
  expect(seen.size).toBeGreaterThan(5);
  const total = hits + visitors.acknowledged.size;
  const [sums] = await query(
    postgres.url,
    `select (select count(*) from clicks)::int as rows,
            (select sum(hits) from link_totals)::int as links,
            (select sum(hits) from click_totals_hourly where scope_id = '${workspaceId}')::int as hours,
            (select sum(clicks) from ${countsByDay} d where scope_id = '${workspaceId}' and dimension = 'class')::int as days,
            (select sum(clicks) from click_counts_monthly where scope_id = '${workspaceId}' and dimension = 'reason')::int as months`,
  );
  expect(sums).toEqual({ rows: total, links: total, hours: total, days: total, months: total });
  console.log(
    `a million hits of the version before: ${visitors.acknowledged.size} clicks taken meanwhile, in ${seen.size} steps or more`,
  );
});
