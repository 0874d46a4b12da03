import { DatabaseError, Pool } from 'pg';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOutage } from '../../../src/ground/reach/outages.ts';
import { freePort } from '../../setup/free-port.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.drop());

/** What drizzle throws for a statement on a pool of these settings. */
async function errorOf(settings: ConstructorParameters<typeof Pool>[0], statement = sql`select 1`): Promise<unknown> {
  const pool = new Pool({ connectionString: database.url, max: 1, ...settings });
  pool.on('error', () => {});
  try {
    return await drizzle(pool).execute(statement);
  } catch (error) {
    return error;
  } finally {
    await pool.end();
  }
}

const sqlState = (code: string) => Object.assign(new DatabaseError('of a test', 0, 'error'), { code });

describe('a database that cannot answer now', () => {
  it('is told from a statement that is wrong', async () => {
    expect(isOutage(await errorOf({}, sql`select nothing_there`))).toBe(false);
    expect(isOutage(await errorOf({}, sql`select 1 / 0`))).toBe(false);
    expect(isOutage(new Error('something else', { cause: new TypeError('timeout of a test') }))).toBe(false);
  });

  it('is one where nobody listens, and one that breaks the connection', async () => {
    const port = await freePort();
    expect(isOutage(await errorOf({ connectionString: `postgres://nobody@127.0.0.1:${port}/none` }))).toBe(true);
    expect(isOutage(await errorOf({}, sql`select pg_terminate_backend(pg_backend_pid())`))).toBe(true);
    expect(isOutage(await errorOf({ query_timeout: 50 }, sql`select pg_sleep(1)`))).toBe(true);
    expect(isOutage(await errorOf({ statement_timeout: 50 }, sql`select pg_sleep(1)`))).toBe(true);
  });

  it('is a pool that gives no connection in time, within a transaction too', async () => {
    const pool = new Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: 2_000 });
    const held = await pool.connect();
    const db = drizzle(pool);
    const errors = await Promise.all([
      db.execute(sql`select 1`).catch((error: unknown) => error),
      db.transaction((tx) => tx.execute(sql`select 1`)).catch((error: unknown) => error),
    ]);
    held.release();
    await pool.end();
    expect(errors.map(isOutage)).toEqual([true, true]);
  });

  it.each(['08006', '28P01', '3D000', '55000', '53300', '53200', '57P01', '57P03', '57014', '55P03'])(
    'is SQLSTATE %s',
    (code) => {
      expect(isOutage(new Error('wrapped', { cause: sqlState(code) }))).toBe(true);
    },
  );

  it.each(['23505', '22P02', '42P01', '54001', '40P01'])('is not SQLSTATE %s', (code) => {
    expect(isOutage(sqlState(code))).toBe(false);
  });
});
