import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';

/** Hits that wait for the mover, and how long the oldest has waited, both about. `refused`: those that it cannot move. */
export type Backlog = { hits: number; seconds: number; refused: number };

/**
 * Counts the waiting hits of all workspaces, about: by the statistics of Postgres and by the first thousand batches.
 * Counting all of a million would take a second, on each server, each time that somebody reads the metrics.
 */
export async function readBacklog(db: Db): Promise<Backlog> {
  const { rows } = await db.execute<Backlog>(sql`
select (coalesce(sum(size), 0) * case when count(*) < 1000 then 1
          else greatest(1, pg_stat_get_live_tuples('hit_batches'::regclass) / 1000.0) end)::float8 as hits,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(first_hit_at)), 0))::float as seconds,
       (select coalesce(sum(size), 0) from hit_batches where problem is not null)::float8 as refused
from (select size, first_hit_at from hit_batches where problem is null limit 1000) p`);
  return rows[0] ?? { hits: 0, seconds: 0, refused: 0 };
}
