import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LimitReached } from '../errors.ts';

/**
 * Checks of a workspace a minute, on its pages and as many by API. Each is up to a dozen questions to servers of others;
 * a page that waits asks every ten seconds.
 */
export const checksAMinute = 10;

/**
 * Counts checks of a workspace.
 * @returns throws LimitReached that says when it is over
 */
export function limitChecks(app: FastifyInstance): (request: FastifyRequest) => Promise<void> {
  const count = app.createRateLimit({
    max: checksAMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.workspace.id,
  });
  return async (request) => {
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return;
    const wait = Math.max(1, counted.ttlInSeconds);
    throw new LimitReached(`Records take minutes to change. Check again in ${wait} s.`, {
      headers: { 'retry-after': String(wait) },
    });
  };
}
