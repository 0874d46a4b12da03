import { DrizzleQueryError } from 'drizzle-orm/errors';
import { DatabaseError } from 'pg';
import { type AppError, Conflict, NotFound } from '../text/errors.ts';

const databaseErrorOf = (error: unknown): DatabaseError | undefined => {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof DatabaseError ? cause : undefined;
};

/** SQLSTATE with which Postgres refused a statement, or undefined when it did not. */
export const sqlState = (error: unknown): string | undefined => databaseErrorOf(error)?.code;

/** SQLSTATE and the beginning of the words with which Postgres refused a statement; they may quote values. */
export const reasonOf = (error: unknown): string =>
  `${sqlState(error) ?? ''} ${databaseErrorOf(error)?.message.slice(0, 200) ?? ''}`;

/** Name of the unique constraint or index that refused the statement, or undefined when that is not what happened. */
export function uniqueViolation(error: unknown): string | undefined {
  const cause = databaseErrorOf(error);
  return cause?.code === '23505' ? cause.constraint : undefined;
}

/** True when Postgres may not know the name of a time zone (invalid_parameter_value). */
export const isUnknownZone = (error: unknown): boolean => sqlState(error) === '22023';

/**
 * True when Postgres refused a statement for what is in it (SQLSTATE classes 22, 23 and 54: data, constraints, limits):
 * the connection is sound, and the same statement will be refused again.
 */
export const isRefused = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '');

/** How people call a row by the table that it was in, and the form field that names it. */
const nouns: Readonly<Record<string, { noun: string; field?: string }>> = {
  links: { noun: 'link', field: 'link' },
  campaigns: { noun: 'campaign', field: 'campaign' },
  tags: { noun: 'tag', field: 'tags' },
  domains: { noun: 'domain', field: 'domain' },
  mailings: { noun: 'mailed report' },
  users: { noun: 'account' },
};

/**
 * A refusal for people, where Postgres refused a write because of others who write at the same time, and trying again
 * (retry.ts) did not help.
 * @returns NotFound for a workspace that is gone. Conflict with code `reference_gone` for another row that is gone, and
 *   `busy` for rows that others hold. Undefined for every other error.
 */
export function meetingRefusal(error: unknown): AppError | undefined {
  const cause = databaseErrorOf(error);
  switch (cause?.code) {
    case '23503': {
      // drizzle names a key <table>_<column>_<table it points at>_<column>_fk.
      const table = /_([a-z]+)_id_fk$/.exec(cause.constraint ?? '')?.[1] ?? '';
      if (table === 'workspaces') return new NotFound('This workspace was deleted a moment ago.');
      const { noun, field } = nouns[table] ?? { noun: 'thing that this belongs to' };
      const sentence = `The ${noun} was deleted a moment ago, so nothing was saved. Reload the page to see what is there.`;
      return new Conflict(sentence, { code: 'reference_gone', ...(field ? { field } : {}) });
    }
    case '40001':
    case '40P01':
    case '55P03':
      return new Conflict(
        'Others are changing the same things right now, so nothing was saved. Try again in a moment.',
        {
          code: 'busy',
        },
      );
    default:
      return undefined;
  }
}

/** True when Postgres has no such extension for this user: no right to make it, or it is not installed. */
export function isExtensionRefused(error: unknown): boolean {
  return ['42501', '0A000', '58P01', '42704'].includes(sqlState(error) ?? '');
}
