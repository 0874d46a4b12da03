import type { ExtractTablesWithRelations } from 'drizzle-orm';
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';
import { SettledClient } from './client.ts';
import { divideLanes } from './lanes.ts';
import { retriedStatement, retriedTransaction } from './retry.ts';
import * as schema from './schema.ts';

/** The database as query functions see it: the pool or a transaction, they cannot tell. */
export type Db = PgDatabase<NodePgQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>;

export type Database = {
  db: Db;
  /** For commands that need a connection of their own. */
  url: string;
  close(): Promise<void>;
};

/**
 * Opens a pool. Statements and transactions that Postgres undid because of others are run again (retry.ts), so that no
 * transaction may have effects outside of the database before its last statement.
 * @param url postgres:// with credentials
 * @param onIdleError told when an idle connection breaks; the pool replaces it by itself
 * @param queryTimeoutMs a query that takes longer fails and its connection is given up; unset: no limit
 * @param isKept connections stay open while nothing needs them, so that nobody else takes their places
 */
export function openDatabase(
  url: string,
  onIdleError: (error: Error) => void,
  poolSize = 10,
  queryTimeoutMs?: number,
  isKept = false,
): Database {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    async onConnect(client) {
      // A connection that breaks while it is in use says so to its statement; without a listener it would end the process.
      client.on('error', () => {});
    },
    ...(isKept && { idleTimeoutMillis: 0 }),
    Client: SettledClient,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  pool.on('error', onIdleError);
  const query = pool.query.bind(pool) as (...asked: unknown[]) => Promise<unknown>;
  pool.query = ((...asked: unknown[]) => retriedStatement(() => query(...asked))) as typeof pool.query;
  const db: Db = drizzle(pool, { schema });
  const transaction = db.transaction.bind(db);
  db.transaction = (run, config) => retriedTransaction(() => transaction(run, config));
  divideLanes(db, poolSize);
  return { db, url, close: () => pool.end() };
}
