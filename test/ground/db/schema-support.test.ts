import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../../src/cli/doctor-database.ts';
import { readConfig } from '../../../src/config.ts';
import { migrateDatabase } from '../../../src/ground/db/migrate.ts';
import { startServer } from '../../../src/boot/start.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

/** The migration of a version that is yet to come. */
const future = 4_000_000_000_000;

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
  await query(database.url, `insert into drizzle.__drizzle_migrations (hash, created_at) values ('future', ${future})`);
});
afterEach(() => database.drop());

const config = () => readConfig({ SECRET: 'x'.repeat(32), DATA_DIR: tmpdir(), PORT: '0', DATABASE_URL: database.url });

const migrationsCheck = async () => (await checkDatabase(config())).find(({ name }) => name === 'migrations');

describe('a version that is older than its database', () => {
  it('refuses to start, as does doctor, and says what to do', async () => {
    const sentence = /^This version of Waymark is older than its database.+restore the backup/;
    await expect(migrateDatabase(database.url)).rejects.toThrow(sentence);
    await expect(startServer(config())).rejects.toThrow(sentence);
    expect(await migrationsCheck()).toMatchObject({ status: 'fail', message: expect.stringMatching(sentence) });
  });

  it('refuses where the newer version speaks of another schema than that which is there', async () => {
    await query(database.url, `update schema_support set oldest_program = 0, schema = ${future - 1}`);
    await expect(migrateDatabase(database.url)).rejects.toThrow('is older than its database');
  });

  it('starts where the newer version says that it may, with a word of warning', async () => {
    await query(database.url, `update schema_support set schema = ${future}`);
    const said: string[] = [];
    await migrateDatabase(database.url, { onWait: (sentence) => said.push(sentence) });
    expect(said).toEqual([expect.stringContaining('A newer version of Waymark has brought the database up to date.')]);
    expect((await migrationsCheck())?.status).toBe('warn');
  });

  it('refuses where the newer version needs a younger one', async () => {
    await query(database.url, `update schema_support set schema = ${future}, oldest_program = ${future - 1}`);
    await expect(migrateDatabase(database.url)).rejects.toThrow('is older than its database');
  });
});
