import type { FastifyRequest } from 'fastify';
import { keptNetworkOf } from '../../ground/addresses/network.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { addressOf } from '../../ground/http/proxies.ts';

/**
 * The actor of a request: the person who is logged in, or the key that it came with.
 * @param name of somebody without an account, who is known by a mailed link
 */
export function actorOf(request: FastifyRequest, name = ''): Actor {
  const { user, apiKey } = request;
  const origin = { network: keptNetworkOf(addressOf(request)), requestId: request.id };
  if (apiKey) return { kind: 'key', id: apiKey.id, name: apiKey.name, userId: apiKey.userId, via: 'api', ...origin };
  const userId = user?.id ?? null;
  return { kind: 'person', id: userId, name: user?.name ?? name, userId, via: 'page', ...origin };
}
