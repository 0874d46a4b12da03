import { LimitReached } from '../errors.ts';

/**
 * Checks of a workspace a minute, on its pages and as many by API. Each is up to a dozen questions to servers of others;
 * a page that waits asks every ten seconds.
 */
export const checksAMinute = 10;

/** What a limiter of @fastify/rate-limit counted. */
type Counted = { isAllowed: true } | { isAllowed: false; isExceeded: boolean; ttlInSeconds: number };

/** @throws LimitReached that says when it is over */
export function refuseManyChecks(counted: Counted): void {
  if (counted.isAllowed || !counted.isExceeded) return;
  const wait = Math.max(1, counted.ttlInSeconds);
  throw new LimitReached(`Records take minutes to change. Check again in ${wait} s.`, {
    headers: { 'retry-after': String(wait) },
  });
}
