import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import type { Job } from '../jobs/timetable.ts';
import { HOUR } from '../time/zoned-time.ts';

/** Keeps months ahead, for the timetable. */
export function eventJobs(db: Db): Job[] {
  return [{ name: 'make partitions of events', everyMs: 6 * HOUR, run: () => ensureEventPartitions(db) }];
}

/**
 * Makes the partitions of this month and the next two. Events of a month without one go to the default partition, so that
 * no change fails for it.
 * @throws when a long transaction is in the way. Mutations wait for this lock for two seconds at most.
 */
export async function ensureEventPartitions(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local lock_timeout = '2s'`);
    await tx.execute(sql`
select ensure_event_partition(now() + make_interval(months => m)) from generate_series(0, 2) m`);
  });
}
