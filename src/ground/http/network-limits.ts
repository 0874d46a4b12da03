import type { CreateRateLimitOptions, RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LimitReached } from '../text/errors.ts';
import { networkOf, widerNetworkOf } from '../addresses/network.ts';
import { addressOf } from './proxies.ts';

/**
 * Networks that a limit of one process tells apart; the oldest are forgotten. One IPv6 /48 has 65,536 of them, but is
 * counted as a whole as well and gets no further than `widerShare` of its limits.
 */
const maxNetworks = 20_000;

/** How much more a whole /48 of IPv6 may do than one of its /64: a company or a campus is many people. */
const widerShare = 8;

/** A limit of so many requests in so much time, as @fastify/rate-limit takes it. */
export type Limit = CreateRateLimitOptions & { max: number };

/** Of routes that name a limit in their `config`. */
export const rateLimits: RateLimitPluginOptions = {
  global: false,
  enableDraftSpec: true,
  keyGenerator: (request) => networkOf(addressOf(request)),
  errorResponseBuilder: (_request, { after }) => new LimitReached(`Too many requests. Try again in ${after}.`),
};

/** Counts in the memory of this process. @returns counts a request and answers 0, or the seconds until the next may come */
export function counterOf(app: FastifyInstance, limit: CreateRateLimitOptions) {
  const kept: CreateRateLimitOptions & { cache: number } = { ...limit, cache: maxNetworks };
  const count = app.createRateLimit(kept);
  return async (request: FastifyRequest): Promise<number> => {
    const counted = await count(request);
    return !counted.isAllowed && counted.isExceeded ? Math.max(1, counted.ttlInSeconds) : 0;
  };
}

/**
 * The limit of a whole /48 of IPv6 that belongs to a limit by network.
 * @returns as `counterOf`; always 0 for IPv4
 */
export function widerCounterOf(app: FastifyInstance, { max, timeWindow }: Limit) {
  const count = counterOf(app, {
    max: max * widerShare,
    ...(timeWindow === undefined ? {} : { timeWindow }),
    keyGenerator: (request) => widerNetworkOf(addressOf(request)) ?? '',
  });
  return async (request: FastifyRequest): Promise<number> =>
    widerNetworkOf(addressOf(request)) === undefined ? 0 : count(request);
}

/**
 * Counts a whole /48 of IPv6 besides each of its /64 wherever a route limits requests by network, so that who holds one
 * neither gets around the limit nor pushes the networks of others out of memory. Registered before @fastify/rate-limit.
 */
async function networkLimits(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    const limit = route.config?.rateLimit;
    if (!limit || limit.keyGenerator || typeof limit.max !== 'number') return;
    limit.cache = maxNetworks;
    const waitOf = widerCounterOf(app, { ...limit, max: limit.max });
    // The HEAD route of a GET route has both hooks.
    const counted = new WeakSet<FastifyRequest>();
    const refuse = async (request: FastifyRequest): Promise<void> => {
      if (counted.has(request)) return;
      counted.add(request);
      const wait = await waitOf(request);
      if (wait === 0) return;
      const headers = { 'retry-after': String(wait) };
      throw new LimitReached(`Too many requests. Try again in ${wait} s.`, { headers });
    };
    route.onRequest = [refuse, ...[route.onRequest ?? []].flat()];
  });
}

export default fp(networkLimits, { name: 'network-limits' });
