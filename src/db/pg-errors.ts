import { DrizzleQueryError } from 'drizzle-orm/errors';
import { DatabaseError } from 'pg';

/** Name of the unique constraint or index that refused the statement, or undefined when that is not what happened. */
export function uniqueViolation(error: unknown): string | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof DatabaseError && cause.code === '23505' ? cause.constraint : undefined;
}

/**
 * True when Postgres refused a statement for what is in it (SQLSTATE classes 22, 23 and 54: data, constraints, limits):
 * the connection is sound, and the same statement will be refused again.
 */
export function isRefused(error: unknown): boolean {
  return error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? '');
}
