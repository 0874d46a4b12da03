import type { FastifyRequest } from 'fastify';
import { Unauthorized } from '../../ground/text/errors.ts';
import { findKeyHolder, updateLastUsed } from './keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that a request to the API came with, and who made it; null on pages. */
    apiKey: { id: string; name: string; userId: string | null } | null;
  }
}

/**
 * Finds the workspace that a request speaks for by its bearer key (RFC 6750, 2.1). Runs before the body is read.
 * @throws Unauthorized, in the same words whether the key is missing, malformed or unknown
 */
export async function authenticate(request: FastifyRequest): Promise<void> {
  const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const { db } = request.server;
  const holder = key === undefined ? undefined : await findKeyHolder(db, key);
  if (!holder) {
    throw new Unauthorized('Send an API key of your workspace: "Authorization: Bearer wm_…".', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  await updateLastUsed(db, holder.workspace.id, holder, new Date());
  request.apiKey = { id: holder.keyId, name: holder.keyName, userId: holder.makerId };
  request.workspace = holder.workspace;
}
