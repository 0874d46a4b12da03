import { sql } from 'drizzle-orm';
import type { Db } from './db.ts';

/**
 * The earlier of this machine's clock and the database's, for jobs that delete what is over. A clock that runs ahead
 * would delete what all nodes still need.
 */
export async function earlierNow(db: Db): Promise<Date> {
  const { rows } = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  return new Date(Math.min(Date.now(), rows[0]?.ms ?? 0));
}
