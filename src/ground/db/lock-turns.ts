import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { sqlState } from './pg-errors.ts';

/** A turn of waiting, the pause between two, in milliseconds, and how many there are. */
const turnMs = 2_000;
const pauseMs = 1_000;
const turns = 20;

/**
 * Runs something that waits for a lock behind which everybody else would queue, in turns of two seconds: in between they
 * go on.
 * @param db a transaction keeps the lock to its end
 * @throws Postgres' lock_not_available when none was to be had for a minute
 */
export async function inLockTurns(db: Db, run: (part: Db) => Promise<unknown>): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      return await runWithin(db, turnMs, run);
    } catch (error) {
      if (turn === turns || !isTaken(error)) throw error;
    }
    await sleep(pauseMs);
  }
}

/** @returns false, and nothing is done, when it has to wait for a lock for longer */
export async function isLockedWithin(db: Db, ms: number, run: (part: Db) => Promise<unknown>): Promise<boolean> {
  try {
    await runWithin(db, ms, run);
    return true;
  } catch (error) {
    if (!isTaken(error)) throw error;
    return false;
  }
}

/** Postgres' lock_not_available. */
const isTaken = (error: unknown): boolean => sqlState(error) === '55P03';

/** A part of its own: what Postgres refuses in it leaves the rest of a transaction as it was. */
const runWithin = (db: Db, ms: number, run: (part: Db) => Promise<unknown>): Promise<void> =>
  db.transaction(async (part) => {
    await part.execute(sql`select set_config('lock_timeout', ${String(ms)}, true)`);
    await run(part);
    await part.execute(sql`select set_config('lock_timeout', '0', true)`);
  });
