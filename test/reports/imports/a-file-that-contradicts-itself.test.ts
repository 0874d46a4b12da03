import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { csvLine } from '../../../src/ground/text/csv.ts';
import { findOrMakeInstanceDomain } from '../../../src/domains/domains/queries.ts';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { type HitColumn, hitColumns } from '../../../src/reports/exports/hits-csv.ts';
import { readHits } from '../../../src/reports/imports/hits-file.ts';
import { importHits } from '../../../src/reports/imports/hits-import.ts';
import { byTest } from '../../setup/actor.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, rowsOf } from '../../setup/hits.ts';

let database: OpenTestDatabase;
let workspaceId: string;

beforeAll(async () => {
  database = await openTestDatabase(1);
  await findOrMakeInstanceDomain(database.db, 'http://go.example');
});
beforeEach(async () => {
  await database.db.execute(sql`delete from slugs`);
  workspaceId = await insertBareWorkspace(database.db);
});
afterAll(async () => {
  await database?.drop();
});

type Cells = Partial<Record<HitColumn, string>>;

const hit: Cells = {
  time: '2026-03-01T10:00:00.000000Z',
  short_link: 'go.example/spring',
  destination: 'https://example.com/',
  class: 'human',
  reason: 'human:browser',
  channel: 'direct',
  first_on_link_today: 'true',
  first_in_workspace_today: 'true',
  domain: 'go.example',
  slug: 'spring',
  slug_kind: 'primary',
  slug_id: 'slug1',
  link_id: 'link1',
  rules_version: '1',
  id: '1',
};

async function bring(hits: Cells[]) {
  const lines = hits.map((cells) => hitColumns.map((column) => ({ ...hit, ...cells })[column] ?? ''));
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return await importHits(client, {
      workspaceId,
      by: byTest,
      bytes: Readable.from([Buffer.from([hitColumns, ...lines].map(csvLine).join(''))]),
      bounds: { now: new Date('2026-03-02T00:00:00Z'), keptSince: null },
      isDryRun: false,
      onProgress: () => {},
    });
  } catch (error) {
    expect(error).toBeInstanceOf(Invalid);
    return error instanceof Error ? error.message : '';
  } finally {
    await client.end();
  }
}

it('is refused where two links have one short link, near to one another or far apart', async () => {
  const other = { link_id: 'link2', slug_id: 'slug2', id: '2' };
  expect(await bring([{}, other])).toBe('Line 3, column short_link: "go.example/spring" is named by two links.');
  // Links are looked at by the thousand, in order of their ids.
  await database.db.execute(sql`
insert into links (id, workspace_id, url) select 'link1x' || n, ${workspaceId}, 'https://example.com' from generate_series(1, 1000) n`);
  const between = Array.from({ length: 1_000 }, (_, n) => ({ link_id: `link1x${n + 1}`, id: String(n + 10) }));
  expect(await bring([{}, ...between, other])).toBe(
    'Line 1003, column short_link: "go.example/spring" is named by two links.',
  );
  expect(await rowsOf(database.db, sql`select from links where id in ('link1', 'link2')`)).toEqual([]);
});

it('is refused where two short links have one id of a slug', async () => {
  const other = { link_id: 'link2', id: '2', short_link: 'go.example/summer', slug: 'summer' };
  expect(await bring([{}, other])).toBe(
    'Line 3, column short_link: "go.example/summer" has the slug_id of another slug.',
  );
});

it('is not to blame for what breaks elsewhere', async () => {
  const broken = new Readable({ read: () => broken.destroy(new TypeError('broken')) });
  await expect(readHits(broken, { now: new Date(), keptSince: null }).next()).rejects.toThrow('broken');
});

it('counts a slug of two ids as one', async () => {
  const alias = { slug: 'alias', slug_kind: 'alias' };
  const hits = [{}, { ...alias, slug_id: 'slug2', id: '2' }, { ...alias, slug_id: 'slug3', id: '3' }];
  expect(await bring(hits)).toMatchObject({ added: 3, linksMade: 1 });
  expect(await rowsOf(database.db, sql`select id, slug_id from clicks order by id`)).toEqual([
    { id: '1', slug_id: 'slug1' },
    { id: '2', slug_id: 'slug2' },
    { id: '3', slug_id: 'slug2' },
  ]);
});
