import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hasToken, isNextDoor } from '../../ground/http/neighbours.ts';
import { isSameSecret } from '../../ground/text/secret.ts';
import type { Resolver } from './resolve.ts';

/** A host name as DNS writes it, with a dot and not an address: all else needs no look. */
const hostname = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9-]{2,63}$/;

/**
 * Whether a certificate may be asked for: 200 for live domains and our own hosts, else 404. Caddy asks this before each
 * one (on_demand_tls, ask). Only programs on this machine are answered, and who has TLS_ASK_TOKEN: as a bearer token, or
 * as `token` in the query, because Caddy sends no headers of ours. For everybody else there is nothing here.
 *
 * Answered from memory, which knows all live domains: hosts that strangers make up ask the database nothing.
 */
export async function tlsQuestion(
  app: FastifyInstance,
  { resolver, ownHosts }: { resolver: Resolver; ownHosts: ReadonlySet<string> },
): Promise<void> {
  const { tlsAskToken } = app.config;

  app.get('/internal/tls-allowed', { logLevel: 'warn' }, async (request, reply) => {
    const { domain, token } = request.query as Record<string, unknown>;
    if (!isNextDoor(request) && !hasAskToken(request, token, tlsAskToken)) return reply.callNotFound();
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8');
    const host = typeof domain === 'string' && domain.length <= 254 ? domain.toLowerCase().replace(/\.$/, '') : '';
    const isAllowed = await isServed(host);
    return reply.code(isAllowed ? 200 : 404).send(isAllowed ? 'Yes.\n' : 'No.\n');
  });

  /** @throws Unavailable */
  async function isServed(host: string): Promise<boolean> {
    if (ownHosts.has(host)) return true;
    return hostname.test(host) && (await resolver.findHost(host)) !== null;
  }
}

function hasAskToken(request: FastifyRequest, inQuery: unknown, expected: string | null): boolean {
  if (expected === null) return false;
  return hasToken(request, expected) || (typeof inQuery === 'string' && isSameSecret(inQuery, expected));
}
