import type { CreateRateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * A limit that a route counts by itself, where it knows what counts: routes that count every request name theirs in
 * their `config`.
 * @param limit.keyGenerator what is counted as one; the network (IPv6: /64) unless told
 * @returns counts a request and answers 0, or, beyond the limit, the seconds until the next one may come
 */
export function waitBeyond(
  app: FastifyInstance,
  limit: CreateRateLimitOptions,
): (request: FastifyRequest) => Promise<number> {
  const count = app.createRateLimit(limit);
  return async (request) => {
    const counted = await count(request);
    return !counted.isAllowed && counted.isExceeded ? Math.max(1, counted.ttlInSeconds) : 0;
  };
}
