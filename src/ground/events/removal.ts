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

/** The name of people whose account is gone, in events. */
export const deletedAccount = 'a deleted account';

/** Fields of events that hold names and addresses of people. */
const personalFields = ['name', 'email', 'recipient'];

/**
 * Takes a person out of all events: their name, their address, and the networks that they came from. That something happened,
 * when, and by one and the same account, stays. Steps are transactions of their own, and can be repeated.
 */
export async function forgetPerson(db: Db, { id, email }: { id: string; email: string }): Promise<void> {
  const isTheirs = sql`(actor_kind = 'person' and actor_id = ${id})`;
  const isAbout = sql`(target_id = ${id} or target_name = ${email} or ${email} in (before->>'email', after->>'email', before->>'recipient', after->>'recipient'))`;
  const fields = sql`${sql.param(personalFields)}::text[]`;
  for (let changed: number | null = eventsAStep; changed === eventsAStep; ) {
    ({ rowCount: changed } = await db.execute(sql`
update events e set
  actor_name = case when ${isTheirs} then ${deletedAccount} else actor_name end,
  network = case when ${isTheirs} then null else network end,
  target_name = case when ${isAbout} then ${deletedAccount} else target_name end,
  before = case when ${isAbout} then before - ${fields} else before end,
  after = case when ${isAbout} then after - ${fields} else after end
from (
  select id, at from events
  where (${isTheirs} and (actor_name <> ${deletedAccount} or network is not null))
     or (${isAbout} and (target_name <> ${deletedAccount} or before ?| ${fields} or after ?| ${fields}))
  limit ${eventsAStep}
) part
where e.id = part.id and e.at = part.at`));
  }
}
