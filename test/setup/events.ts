import { asc, gt, sql } from 'drizzle-orm';
import type { Db } from '../../src/ground/db/db.ts';
import { events } from '../../src/ground/db/schema.ts';

export type KeptEvent = Omit<typeof events.$inferSelect, 'id'> & { id: string | null; kind: string; name: string };

/** The number of the newest event; 0 without one. */
export async function lastEvent(db: Db): Promise<number> {
  const [last] = await db.select({ id: sql`coalesce(max(${events.id}), 0)`.mapWith(Number) }).from(events);
  return last?.id ?? 0;
}

/** The events after one, the oldest first; `id`, `kind` and `name` are those of the actor. */
export async function eventsAfter(db: Db, id: number): Promise<KeptEvent[]> {
  const rows = await db.select().from(events).where(gt(events.id, id)).orderBy(asc(events.id));
  return rows.map((event) => ({ ...event, kind: event.actorKind, id: event.actorId, name: event.actorName }));
}
