import { sql } from 'drizzle-orm';
import { PgTransaction } from 'drizzle-orm/pg-core';
import { type AppError, Unavailable } from '../text/errors.ts';
import { ownRound } from '../time/event-loop.ts';
import type { Db } from './db.ts';
import { type Lane, lanesOf } from './lanes.ts';
import { sqlState } from './pg-errors.ts';
import type { Patience } from './turns.ts';

/** A statement that takes longer is given up, in milliseconds: nobody waits longer, and the database has visitors. */
export const budgetMs = 5_000;

/** The code of a refusal for that reason. */
export const tookTooLong = 'took_too_long';

export type InTurn = Patience & {
  /** The refusal of what takes longer than the budget; 503 unless told. */
  tooLong?: () => AppError;
  /** For statements of some 50 ms: to start more processes of Postgres takes longer than they save. */
  isInOneProcess?: boolean;
};

/**
 * Runs reading statements in turn with others of the workspace and of the process, on one moment. A hit may move from
 * pending into the rollups at any time. Each may take the budget, which ends with the transaction: a session's setting
 * would leak through a pooler. Within a transaction they run as a part of it.
 * @returns in a round of the event loop of its own, so that answers written at once do not hold redirects up
 * @throws LimitReached or Unavailable when no turn comes in time; `tooLong` when a statement takes longer
 */
export async function inTurn<Result>(
  db: Db,
  workspaceId: string,
  lane: Lane,
  work: (tx: Db) => Promise<Result>,
  { tooLong, isInOneProcess = false, ...patience }: InTurn = {},
): Promise<Result> {
  if (isTransaction(db)) return work(db);
  const lanes = lanesOf(db);
  // Statements of `lists` are short: only those that read rows keep a core for long.
  const mayUseProcesses = () => !isInOneProcess && lanes.rows.busy <= (lane === 'rows' ? 1 : 0);
  const run = () => runWithinBudget(db, work, mayUseProcesses());
  try {
    const result = await lanes[lane].take(workspaceId, run, patience);
    await ownRound();
    return result;
  } catch (error) {
    if (sqlState(error) !== queryCanceled) throw error;
    throw tooLong?.() ?? new Unavailable({ cause: error });
  }
}

const isTransaction = (db: object): boolean => db instanceof PgTransaction;

/** SQLSTATE of a statement that was given up. */
const queryCanceled = '57014';

/**
 * @param mayUseProcesses Postgres may use several for a statement; beside others that read rows each has one, because every
 *   more takes a core from redirects
 */
const runWithinBudget = <Result>(
  db: Db,
  work: (tx: Db) => Promise<Result>,
  mayUseProcesses: boolean,
): Promise<Result> =>
  db.transaction(
    async (tx) => {
      await tx.execute(sql`
select set_config('statement_timeout', ${String(budgetMs)}, true),
       ${mayUseProcesses ? sql`null` : sql`set_config('max_parallel_workers_per_gather', '0', true)`}`);
      return work(tx);
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
