import type { z } from 'zod';
import { meetingRefusal } from '../db/pg-errors.ts';
import { Overtaken } from './edit-form.ts';
import { AppError, refusalsIn } from '../text/errors.ts';

/** The refusals that a form's page shows, a sentence for each field; and the error that said so. */
export type Refusal = { status: number; errors: Record<string, string>; thrown?: unknown };

/**
 * Does some work whose refusal a page shows: an AppError with a field, or a row that others deleted meanwhile.
 * @throws every other error
 */
export async function orRefusal<Value>(
  work: () => Value | Promise<Value>,
): Promise<{ value: Value; refusal: null } | { value: null; refusal: Refusal }> {
  try {
    return { value: await work(), refusal: null };
  } catch (error) {
    return { value: null, refusal: refusalOf(error) };
  }
}

function refusalOf(thrown: unknown): Refusal {
  const error = meetingRefusal(thrown) ?? thrown;
  if (!(error instanceof AppError) || !error.field) throw error;
  const sentences: Record<string, string> = {};
  for (const { field = error.field, message } of refusalsIn(error)) sentences[field] ??= message;
  if (error instanceof Overtaken) for (const field of error.fields) sentences[field] = error.message;
  return { status: error.status, errors: sentences, thrown: error };
}

/** The fields that do not fit a form's schema, each with its first sentence. */
export function refusalOfFields({ issues }: z.ZodError): Refusal {
  const errors: Record<string, string> = {};
  for (const { path, message } of issues) errors[path.join('/')] ??= message;
  return { status: 422, errors };
}
