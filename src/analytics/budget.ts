import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { Invalid } from '../errors.ts';
import { Turns } from './turns.ts';

/** Longer than this nobody waits, and the database has visitors to serve. */
const budgetMs = 5_000;

/** The code of the refusal. */
export const tookTooLong = 'took_too_long';

const turns = new Turns();

/** What Postgres calls a statement that it gave up: query_canceled. */
const canceled = '57014';

/**
 * Runs the statements of a report on one moment: a hit may move from pending into the rollups at any time. Each may take
 * the budget.
 * @param rowsOf the workspace whose rows are counted, which a few do at a time; null where rollups answer
 * @throws Invalid (field `filter`, code `took_too_long`) when one takes longer; LimitReached when no turn comes
 */
export async function inTime<Result>(
  db: Db,
  rowsOf: string | null,
  work: (tx: Db) => Promise<Result>,
): Promise<Result> {
  const run = () =>
    db.transaction(
      async (tx) => {
        await tx.execute(sql`select set_config('statement_timeout', ${String(budgetMs)}, true)`);
        return work(tx);
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
  try {
    return await (rowsOf === null ? run() : turns.take(rowsOf, run));
  } catch (error) {
    if (!isCanceled(error)) throw error;
    throw new Invalid(
      `Counting these clicks one by one takes longer than ${budgetMs / 1_000} seconds. Choose a shorter period, or a single link.`,
      { field: 'filter', code: tookTooLong },
    );
  }
}

function isCanceled(error: unknown): boolean {
  const { code } = (error instanceof Error && error.cause ? error.cause : error) as { code?: string };
  return code === canceled;
}
