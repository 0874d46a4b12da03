import { tmpdir } from 'node:os';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../../src/boot/start.ts';
import { checkDatabase } from '../../../src/cli/doctor-database.ts';
import { readConfig } from '../../../src/config.ts';
import { openDatabase } from '../../../src/ground/db/db.ts';
import { migrateDatabase } from '../../../src/ground/db/migrate.ts';
import { migrationsFolder } from '../../../src/ground/db/schema-support.ts';
import { ensureSearchIndexes } from '../../../src/links/links/search-texts.ts';
import { openCommandLine } from '../../cli/run.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { besides, parts } from '../../setup/described-schema.ts';
import { query } from '../../setup/postgres.ts';

/** When the 21 migrations were made that are one now: what the bookkeeping of older databases holds. */
const formerMigrations = [
  1795375309676, 1795375312295, 1795375315889, 1795375318238, 1795375323075, 1795375328062, 1795375330902,
  1795375334537, 1795384272957, 1795392480881, 1795393044336, 1795416624327, 1795971688122, 1795973928517,
  1795975500100, 1795975961518, 1795976173283, 1795977005509, 1795977625789, 1795981527815, 1795982267176,
];

const files = readMigrationFiles({ migrationsFolder });
const bookkeeping = 'select created_at::text as at from drizzle.__drizzle_migrations order by id';

/** The database of an older version that had the first `count` of its migrations; a link is in it. */
async function createOld(count: number): Promise<TestDatabase> {
  const made = await createEmptyDatabase();
  const client = new Client(made.url);
  await client.connect();
  for (const statement of files[0]?.sql ?? []) await client.query(statement);
  await client.query(`
create schema drizzle;
create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
insert into schema_support (schema, oldest_program) values (1795982267176, 1795975961518);
insert into workspaces (id, name, slug) values ('ws', 'W', 'w');
insert into links (id, workspace_id, url, title) values ('l', 'ws', 'https://example.com/', 'Kept');
insert into tags (id, workspace_id, name, name_key, colour) select n, 'ws', n, n, 'red' from unnest(array['a', 'b']) n;
`);
  await client.query(
    `insert into drizzle.__drizzle_migrations (hash, created_at) select 'former', at from unnest($1::bigint[]) at`,
    [formerMigrations.slice(0, count)],
  );
  await client.end();
  return made;
}

const config = ({ url }: TestDatabase) =>
  readConfig({ SECRET: 'x'.repeat(32), DATA_DIR: tmpdir(), PORT: '0', DATABASE_URL: url });

let last: TestDatabase;
let older: TestDatabase;
let fresh: TestDatabase;
beforeAll(async () => {
  [last, older, fresh] = await Promise.all([createOld(21), createOld(20), createTestDatabase()]);
});
afterAll(() => Promise.all([last.drop(), older.drop(), fresh.drop()]));

describe('a database of the last version that had many migrations', () => {
  it('is taken over as it is, and looks like a new one afterwards', async () => {
    await migrateDatabase(last.url);
    const applied = await query<{ at: string }>(last.url, bookkeeping);
    const since = files.slice(1).map((file) => file.folderMillis);
    expect(applied.map(({ at }) => Number(at))).toEqual([...formerMigrations, ...since]);
    const kept = [{ title: 'Kept', kind: 'url', version: 1 }];
    expect(await query(last.url, 'select title, kind, version from links')).toEqual(kept);
    expect(await query(last.url, 'select number from tags order by 1')).toEqual([{ number: 1 }, { number: 2 }]);
    // The job of the search texts makes it where there are links.
    const database = openDatabase(last.url, () => {}, 1);
    expect(await ensureSearchIndexes(database.db)).toBe(true);
    await database.close();
    for (const told of [parts, besides]) expect(await query(last.url, told)).toEqual(await query(fresh.url, told));
  });

  it('may be used by that version still', async () => {
    const [support] = await query<{ oldest: string }>(last.url, 'select oldest_program as oldest from schema_support');
    expect(Number(support?.oldest)).toBeLessThanOrEqual(formerMigrations.at(-1) ?? 0);
  });

  it('is fit in the eyes of doctor, and starts', async () => {
    const checks = await checkDatabase(config(last));
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(checks.find(({ name }) => name === 'migrations')?.status).toBe('ok');
    await (await startServer(config(last))).close();
  });
});

describe('a database of a version before that', () => {
  it('is refused with a sentence that says what to do, by the start, by migrate and by doctor', async () => {
    const sentence = /too old for an update in one step\. Start commit [0-9a-f]{7} of Waymark on it once/;
    const before = await query(older.url, bookkeeping);
    await expect(migrateDatabase(older.url)).rejects.toThrow(sentence);
    await expect(startServer(config(older))).rejects.toThrow(sentence);
    const line = openCommandLine({ DATABASE_URL: older.url });
    const { code, stderr } = await line.run('migrate');
    line.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    const checks = await checkDatabase(config(older));
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([
      { name: 'migrations', status: 'fail', message: expect.stringMatching(sentence) },
    ]);
    expect(await query(older.url, bookkeeping)).toEqual(before);
  });
});
