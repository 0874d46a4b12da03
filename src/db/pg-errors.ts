import { DrizzleQueryError } from 'drizzle-orm/errors';
import { DatabaseError } from 'pg';

/** Name of the unique constraint or index that refused the statement, or undefined when that is not what happened. */
export function uniqueViolation(error: unknown): string | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof DatabaseError && cause.code === '23505' ? cause.constraint : undefined;
}
