import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';

/** Hits that the rollups still have to take in, and how long the oldest of them has waited; both about. */
export type Backlog = { hits: number; seconds: number };

/**
 * Counts the pending hits of all workspaces, about: by the statistics of Postgres, its age by the first thousand hits.
 * Counting all of a million would take a second, on each server, each time that somebody reads the metrics.
 */
export async function readBacklog(db: Db): Promise<Backlog> {
  const { rows } = await db.execute<Backlog>(sql`
select case when count(*) < 1000 then count(*) else greatest(count(*), pg_stat_get_live_tuples('clicks_pending'::regclass)) end::int as hits,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(clicked_at)), 0))::float as seconds
from (select clicked_at from clicks_pending limit 1000) p`);
  return rows[0] ?? { hits: 0, seconds: 0 };
}
