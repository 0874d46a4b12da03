import { setTimeout as sleep } from 'node:timers/promises';
import { sqlState } from './pg-errors.ts';

/**
 * Tries of one statement or transaction. Postgres needs a second to find a deadlock, so that this is some seconds at
 * most; fewer would show two people who meet by chance an error.
 */
const maxTries = 5;

/** Longest pause before the second try, in milliseconds; it doubles with each try. */
const firstPauseMs = 20;

/** Postgres undid the whole because of others (PostgreSQL, appendix A): serialization failure, deadlock. */
const meetings = ['40001', '40P01'];

/** A row that is pointed at was deleted between our look and our write: the next look sees that it is gone. */
const foreignKey = '23503';

/**
 * Runs a statement again when Postgres undid it because others changed the same rows.
 * @param run may run several times, and must have no effect but in the database
 * @throws what the last try threw
 */
export const retriedStatement = <Result>(run: () => Promise<Result>): Promise<Result> => retried(run, meetings);

/**
 * Runs a transaction again when Postgres undid it because others changed, or deleted, the rows that it works with.
 * @param run as for `retriedStatement`; it begins and ends the transaction itself
 * @throws what the last try threw
 */
export const retriedTransaction = <Result>(run: () => Promise<Result>): Promise<Result> =>
  retried(run, [...meetings, foreignKey]);

async function retried<Result>(run: () => Promise<Result>, states: readonly string[]): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries >= maxTries || !states.includes(sqlState(error) ?? '')) throw error;
      // By chance: two that met once must not meet again in step.
      await sleep(Math.random() * firstPauseMs * 2 ** (tries - 1));
    }
  }
}
