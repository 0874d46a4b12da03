import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LimitReached } from '../errors.ts';
import { typedValues } from '../refusal.ts';

/**
 * Counts tries an account, from whatever addresses they come: the route's own limit an address does not stop a guesser
 * who has many. Right passwords count as well, or a guesser would know when one was right.
 * @returns throws LimitReached with the field `form`
 */
export function limitTries(app: FastifyInstance, max: number) {
  const limit = app.createRateLimit({
    max,
    timeWindow: '15 minutes',
    keyGenerator: (request) => request.user?.email ?? typedValues(request.body)['email']?.trim().toLowerCase() ?? '',
  });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const tries = await limit(request);
    if (tries.isAllowed || !tries.isExceeded) return;
    reply.header('retry-after', tries.ttlInSeconds);
    const minutes = Math.ceil(tries.ttlInSeconds / 60);
    throw new LimitReached(
      `Those were too many tries for one account. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`,
      { field: 'form' },
    );
  };
}
