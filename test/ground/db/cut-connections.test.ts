import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/ground/db/db.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

let testDatabase: TestDatabase;
let database: Database;
let idleErrors: Error[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

beforeEach(() => {
  idleErrors = [];
  database = openDatabase(testDatabase.url, (error) => idleErrors.push(error));
});
afterEach(() => database.close());

/** Cuts connections whose last statement begins so; others of the pool stay, and serve what comes next. */
const cut = (statement: string) =>
  query(
    testDatabase.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and query like '${statement}%'`,
  );

describe('a connection that Postgres cuts', () => {
  it('between two statements of a transaction fails the transaction, and not the server', async () => {
    const failing = database.db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      await cut('select 1');
      await new Promise((resume) => setTimeout(resume, 100)); // nobody asks while it breaks
      await tx.execute(sql`select 2`);
    });
    await expect(failing).rejects.toThrow();
    expect((await database.db.execute(sql`select 3 as three`)).rows).toEqual([{ three: 3 }]);
  });

  it('in the middle of a statement fails the statement', async () => {
    const failing = expect(database.db.transaction((tx) => tx.execute(sql`select pg_sleep(10)`))).rejects.toThrow();
    const isAsleep = sql`select count(*)::int as count from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`;
    await expect.poll(async () => (await database.db.execute(isAsleep)).rows).toEqual([{ count: 1 }]);
    await cut('select pg_sleep');
    await failing;
    expect((await database.db.execute(sql`select 3 as three`)).rows).toEqual([{ three: 3 }]);
  });

  it('while it is idle is replaced, and said to be broken', async () => {
    await database.db.execute(sql`select 1`);
    await cut('select 1');
    await expect.poll(() => idleErrors).toHaveLength(1);
    expect((await database.db.execute(sql`select 3 as three`)).rows).toEqual([{ three: 3 }]);
  });
});
