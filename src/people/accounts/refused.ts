import { APIError } from 'better-auth/api';
import { type AppError, Invalid } from '../../ground/text/errors.ts';

export const spentLink = (): Invalid =>
  new Invalid('This link does not work any more. Ask for a new one.', { field: 'token' });

/**
 * Awaits a call of better-auth and turns what it refuses into our own words.
 * @param refusals by better-auth's code, such as INVALID_PASSWORD; any other error is thrown as it is
 */
export async function orRefuse<Answer>(call: Promise<Answer>, refusals: Record<string, AppError>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    const refusal = error instanceof APIError && refusals[error.body?.code ?? ''];
    throw refusal || error;
  }
}
