import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';

/** Events that one statement deletes: some ten milliseconds. */
const eventsAStep = 10_000;

/** Deletes the events of a workspace that is being deleted, the oldest first, in steps of a transaction each. */
export async function deleteEventsOf(db: Db, workspaceId: string): Promise<void> {
  for (let deleted: number | null = eventsAStep; deleted === eventsAStep; ) {
    ({ rowCount: deleted } = await db.execute(sql`
delete from events where workspace_id = ${workspaceId} and id = any(array(
  select id from events where workspace_id = ${workspaceId} order by id limit ${eventsAStep}
))`));
  }
}
