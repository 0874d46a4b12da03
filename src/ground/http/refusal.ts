import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { meetingRefusal } from '../db/pg-errors.ts';
import { Overtaken } from './edit-form.ts';
import { AppError } from '../text/errors.ts';

/** The refusals that a form's page shows: a sentence for each field. */
export type Refusal = { status: number; errors: Record<string, string> };

/**
 * Reads what a form's POST threw: the issues of its schema (route option attachValidation), an AppError with a field, or
 * a row that others deleted meanwhile. Everything else is no refusal of a form and is thrown on.
 */
export function refusalOf(thrown: unknown): Refusal {
  const error = meetingRefusal(thrown) ?? thrown;
  if (error instanceof Overtaken)
    return { status: error.status, errors: Object.fromEntries(error.fields.map((field) => [field, error.message])) };
  if (error instanceof AppError && error.field)
    return { status: error.status, errors: { [error.field]: error.message } };
  if (!hasZodFastifySchemaValidationErrors(error)) throw error;
  const errors: Record<string, string> = {};
  for (const { instancePath, message } of error.validation) {
    const field = instancePath.slice(1);
    errors[field] ??= message ?? 'This does not work.';
  }
  return { status: 422, errors };
}

/** The texts of a refused form, to be shown again. Passwords are left out. */
export function typedValues(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {};
  const texts = Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts.filter(([name]) => !/password/i.test(name)));
}
