import { DatabaseError } from 'pg';

/** An error and what caused it, the outermost first. */
function* causesOf(error: unknown): Generator<Error> {
  // An error may be its own cause's cause.
  for (let depth = 0; error instanceof Error && depth < 5; depth++) {
    yield error;
    error = error.cause;
  }
}

/**
 * SQLSTATE of a database that cannot answer now (PostgreSQL, appendix A): connection exceptions, a log-in or a database
 * that is refused (28, 3D, 55000), insufficient resources (53300: too many connections), operator intervention (57P03: it
 * starts or stops), a lock or an answer that took too long.
 */
const outages = /^(08|28|3D|53|57|55000|55P03)/;

/** Codes of Node for a way to the database that is closed. */
const closedWays = /^(ECONN|EPIPE$|ETIMEDOUT$|EHOST|ENET|EAI_AGAIN$|ENOTFOUND$)/;

/** Messages of node-postgres and its pool that come without a code. */
const driversWords =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end)/;

/**
 * True when there is no connection to be had, it broke, or the database cannot answer at the moment. The same statement
 * may work a little later.
 */
export function isOutage(error: unknown): boolean {
  for (const cause of causesOf(error)) {
    if (cause instanceof DatabaseError) return outages.test(cause.code ?? '');
    const { code, message } = cause as NodeJS.ErrnoException;
    if (closedWays.test(code ?? '') || driversWords.test(message)) return true;
  }
  return false;
}
