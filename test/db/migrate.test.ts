import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { query } from '../setup/postgres.ts';

const appliedMigrations = 'select hash from drizzle.__drizzle_migrations order by id';

let migrated: TestDatabase;
let empty: TestDatabase;

beforeAll(async () => {
  migrated = await createTestDatabase();
  empty = await createTestDatabase();
  await query(empty.url, 'drop schema drizzle cascade; drop schema public cascade; create schema public');
});

afterAll(async () => {
  await migrated.drop();
  await empty.drop();
});

describe('migrating', () => {
  it('works from several servers that start at once, and applies each migration once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(empty.url)));
    const applied = await query(empty.url, appliedMigrations);
    expect(applied.length).toBeGreaterThan(0);
    expect(applied).toEqual(await query(migrated.url, appliedMigrations));
  });

  it('does nothing to a database that is up to date', async () => {
    const before = await query(migrated.url, appliedMigrations);
    await migrateDatabase(migrated.url);
    expect(await query(migrated.url, appliedMigrations)).toEqual(before);
  });

  it('leaves the lock to the next one when it fails', async () => {
    await query(empty.url, 'drop schema drizzle cascade');
    await expect(migrateDatabase(empty.url)).rejects.toThrow();
    await query(empty.url, 'drop schema public cascade; create schema public');
    await migrateDatabase(empty.url);
    expect(await query(empty.url, appliedMigrations)).toEqual(await query(migrated.url, appliedMigrations));
  });

  it('fails when nobody answers', async () => {
    await expect(migrateDatabase('postgres://waymark@127.0.0.1:1/waymark')).rejects.toThrow('ECONNREFUSED');
  });
});
