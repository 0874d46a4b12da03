import { lt, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { tries } from './schema.ts';

/**
 * Counts one try of what a key stands for, in a window that begins with the first. Every node counts in the same row,
 * and no flood of other keys makes it forgotten.
 * @param key a keyed hash: what it stands for is kept nowhere
 * @returns tries in this window, this one included, and how long the window goes on
 */
export async function countTry(db: Db, key: Buffer, windowMs: number): Promise<{ count: number; msLeft: number }> {
  const end = sql`now() + ${`${windowMs} milliseconds`}::interval`;
  const isOver = sql`${tries.endsAt} <= now()`;
  const [row] = await db
    .insert(tries)
    .values({ key, count: 1, endsAt: end })
    .onConflictDoUpdate({
      target: tries.key,
      set: {
        count: sql`case when ${isOver} then 1 else ${tries.count} + 1 end`,
        endsAt: sql`case when ${isOver} then excluded.ends_at else ${tries.endsAt} end`,
      },
    })
    .returning({
      count: tries.count,
      msLeft: sql`extract(epoch from ${tries.endsAt} - now()) * 1000`.mapWith(Number),
    });
  return row ?? { count: 1, msLeft: windowMs };
}

/** Forgets windows that are over. */
export async function removeOldTries(db: Db): Promise<void> {
  await db.delete(tries).where(lt(tries.endsAt, sql`now()`));
}
