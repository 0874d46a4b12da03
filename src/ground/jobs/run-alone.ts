import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';

/**
 * Does work that one node at a time may do. The lock lives as long as its connection, so that a crash lets go of it. Work goes
 * through other connections, and the one of the lock has no snapshot that would hold up vacuums.
 * @param key a text of its own for each kind of work
 * @returns false, and nothing is done, while another node is at it
 */
export const runAlone = (db: Db, key: string, work: () => Promise<void>): Promise<boolean> =>
  db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ isFree: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext(${key})) as "isFree"`,
    );
    if (!rows[0]?.isFree) return false;
    await work();
    return true;
  });
