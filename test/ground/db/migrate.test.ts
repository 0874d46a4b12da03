import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateDatabase } from '../../../src/ground/db/migrate.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

const appliedMigrations = 'select hash from drizzle.__drizzle_migrations order by id';

let migrated: TestDatabase;
let empty: TestDatabase;

beforeAll(async () => {
  migrated = await createTestDatabase();
  empty = await createEmptyDatabase();
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

  it('waits for a roll-up that is under way before it touches a table, and tells why', async () => {
    const fresh = await createEmptyDatabase();
    const rollUp = new Client(fresh.url);
    await rollUp.connect();
    await rollUp.query(`begin; select pg_advisory_xact_lock(hashtext('waymark rollups'))`);
    const said: string[] = [];
    const migrating = migrateDatabase(fresh.url, { onWait: (sentence) => said.push(sentence) });
    await expect.poll(() => said[0]).toMatch(/while something else uses its tables.*Trying again\.$/);
    // The roll-up can have every table that it asks for: the migration holds none of ours.
    const held = await query(
      fresh.url,
      `select c.relname from pg_locks l join pg_class c on c.oid = l.relation
       where l.database = (select oid from pg_database where datname = current_database()) and c.oid >= 16384`,
    );
    expect(held).toEqual([]);
    await rollUp.query('commit');
    await migrating;
    expect(await query(fresh.url, appliedMigrations)).toEqual(await query(migrated.url, appliedMigrations));
    await rollUp.end();
    await fresh.drop();
  });

  it('gives up on a lock that never comes, and leaves the database as it was', async () => {
    const fresh = await createEmptyDatabase();
    const forgotten = new Client({ connectionString: fresh.url, application_name: 'forgotten psql' });
    await forgotten.connect();
    await forgotten.query(`begin; select pg_advisory_xact_lock(hashtext('waymark rollups'))`);
    await expect(migrateDatabase(fresh.url, { patienceMs: 0 })).rejects.toThrow(
      /cannot be brought up to date .*"forgotten psql".* End it, and start again\.$/,
    );
    expect(await query(fresh.url, `select from pg_namespace where nspname = 'drizzle'`)).toEqual([]);
    await forgotten.end();
    await fresh.drop();
  });

  it('fails when nobody answers', async () => {
    await expect(migrateDatabase('postgres://waymark@127.0.0.1:1/waymark')).rejects.toThrow('ECONNREFUSED');
  });
});
