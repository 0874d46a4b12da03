import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LimitReached } from '../../ground/text/errors.ts';
import { waitBeyond } from '../../ground/http/rate-limit.ts';

/**
 * Checks of a workspace a minute, on its pages and as many by API. Each is up to a dozen questions to servers of others;
 * a page that waits asks every ten seconds.
 */
export const checksAMinute = 10;

/**
 * Counts checks of a workspace.
 * @returns counts a request; that throws LimitReached, with the time to wait, when it is one too many
 */
export function limitChecks(app: FastifyInstance): (request: FastifyRequest) => Promise<void> {
  const waitOf = waitBeyond(app, {
    max: checksAMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.workspace.id,
  });
  return async (request) => {
    const wait = await waitOf(request);
    if (wait === 0) return;
    throw new LimitReached(`Records take minutes to change. Check again in ${wait} s.`, {
      headers: { 'retry-after': String(wait) },
    });
  };
}
