import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryResult, QueryResultRow } from 'pg';
import type { Db } from './db.ts';

const dialect = new PgDialect();

/**
 * Runs a statement that each connection plans once: for those that take longer to plan than to run. Builders
 * of queries have a method for it.
 * @param name of this text alone, whatever its values; the driver throws where two texts share one
 */
export async function executePrepared<Row extends QueryResultRow>(db: Db, name: string, query: SQL): Promise<Row[]> {
  const prepared = db._.session.prepareQuery(dialect.sqlToQuery(query), undefined, name, false);
  return ((await prepared.execute()) as QueryResult<Row>).rows;
}
