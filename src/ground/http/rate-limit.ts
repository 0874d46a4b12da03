import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Db } from '../db/db.ts';
import { countTry } from '../db/tries.ts';
import { counterOf, type Limit, widerCounterOf } from './network-limits.ts';

/**
 * A limit that a route counts by itself, where it knows what counts: routes that count every request name theirs in
 * their `config`. It is counted in the memory of this process, which a flood of other keys can push out: for keys that
 * cost a stranger nothing there is `waitBeyondEverywhere`.
 * @param limit.keyGenerator what is counted as one; the network (IPv6: /64, and /48 as well) unless told
 * @returns counts a request and answers 0, or, beyond the limit, the seconds until the next one may come
 */
export function waitBeyond(app: FastifyInstance, limit: Limit): (request: FastifyRequest) => Promise<number> {
  const narrow = counterOf(app, limit);
  if (limit.keyGenerator) return narrow;
  const wide = widerCounterOf(app, limit);
  return async (request) => (await wide(request)) || narrow(request);
}

/**
 * A limit that protects an account, a shared report or the like, whose key costs a stranger nothing. It is counted in the
 * database: on all nodes together, over restarts, and however many other keys are named meanwhile.
 * @param limit.name tells this limit from others of the same key
 * @param limit.keyOf what is counted as one; only a keyed hash of it is kept, until the window ends
 * @returns counts a request, in a transaction where one is given, and answers as `waitBeyond`
 */
export function waitBeyondEverywhere(
  app: FastifyInstance,
  limit: {
    name: string;
    max: number;
    windowMs: number;
    keyOf: (request: FastifyRequest) => string | Promise<string>;
  },
): (request: FastifyRequest, tx?: Db) => Promise<number> {
  const { name, max, windowMs, keyOf } = limit;
  return async (request, tx = app.db) => {
    const text = `limit\n${name}\n${await keyOf(request)}`;
    const key = createHmac('sha256', app.config.secret).update(text).digest().subarray(0, 16);
    const { count, msLeft } = await countTry(tx, key, windowMs);
    return count > max ? Math.max(1, Math.ceil(msLeft / 1_000)) : 0;
  };
}
