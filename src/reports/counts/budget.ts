import type { Db } from '../../ground/db/db.ts';
import { budgetMs, inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { Invalid } from '../../ground/text/errors.ts';

/**
 * Runs the statements of a report in turn and within the budget (ground/db/in-turn.ts).
 * @param isOfRows whether rows are counted, or may be; else rollups answer
 * @throws Invalid (field `filter`, code `took_too_long`) when one takes longer than the budget; LimitReached or
 *   Unavailable (field `filter`) when no turn comes
 */
export function inTime<Result>(
  db: Db,
  workspaceId: string,
  isOfRows: boolean,
  work: (tx: Db) => Promise<Result>,
): Promise<Result> {
  return inTurn(db, workspaceId, isOfRows ? 'rows' : 'lists', work, { field: 'filter', tooLong });
}

const tooLong = () =>
  new Invalid(
    `Counting these clicks one by one takes longer than ${budgetMs / 1_000} seconds. Choose a shorter period, or a single link.`,
    { field: 'filter', code: tookTooLong },
  );
