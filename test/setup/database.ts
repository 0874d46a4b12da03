import { randomBytes } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/ground/db/db.ts';
import * as schema from '../../src/ground/db/schema.ts';
import { query, urlOfDatabase } from './postgres.ts';

export type TestDatabase = {
  url: string;
  /** Removes the database, open connections or not. With KEEP_TEST_DATABASES set it prints where it is instead. */
  drop(): Promise<void>;
};

/** A migrated, empty database for one test file, cloned from the template in less than 100 ms. */
export const createTestDatabase = (): Promise<TestDatabase> =>
  createDatabase(`template ${inject('databasePrefix')}_template strategy file_copy`);

/** A database without a table, as Postgres makes one. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createDatabase('');

async function createDatabase(options: string): Promise<TestDatabase> {
  const server = inject('serverUrl');
  const name = `${inject('databasePrefix')}_${randomBytes(4).toString('hex')}`;
  await query(server, `create database ${name} ${options}`);
  const url = urlOfDatabase(server, name);
  return {
    url,
    async drop() {
      if (process.env.KEEP_TEST_DATABASES) console.log(`Kept ${url}`);
      else await query(server, `drop database ${name} with (force)`);
    },
  };
}

/** With connections to it, which `drop` closes first. */
export type OpenTestDatabase = Database & TestDatabase;

export async function openTestDatabase(connections?: number): Promise<OpenTestDatabase> {
  const made = await createTestDatabase();
  const database = openDatabase(made.url, () => {}, connections);
  return {
    ...database,
    async drop() {
      await database.close();
      await made.drop();
    },
  };
}

/** Opens a database whose statements are written down, but for those that begin and end transactions. */
export function countStatements(url: string): [Database, string[]] {
  const pool = new Pool({ connectionString: url, max: 1 });
  const statements: string[] = [];
  const logger = { logQuery: (statement: string) => statements.push(statement) };
  return [{ db: drizzle(pool, { schema, logger }), url, close: () => pool.end() }, statements];
}
