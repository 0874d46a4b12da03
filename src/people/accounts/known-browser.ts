import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../ground/http/cookies.ts';
import { isSameSecret } from '../../ground/text/secret.ts';
import { findUserId } from './queries.ts';

const nameOf = ({ config }: FastifyInstance) => cookieName(config.appUrl.startsWith('https:'), '_known');

/** In seconds. Browsers keep no cookie for longer than 400 days (RFC 6265bis, 5.5). */
const year = 365 * 24 * 60 * 60;

/** Names a person so that only we can make the name and nobody can read it: a keyed hash is its own signature. */
const markOf = (secret: string, userId: string) =>
  createHmac('sha256', secret).update(`known browser\n${userId}`).digest('base64url');

/**
 * Marks a browser whose user has just proved to own the account, so that strangers who guess at it from afar do not keep
 * them out ("device cookies", OWASP). It opens nothing: the password is asked for all the same.
 */
export function rememberBrowser(reply: FastifyReply, userId: string): void {
  const { appUrl, secret } = reply.server.config;
  reply.setCookie(nameOf(reply.server), markOf(secret, userId), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: appUrl.startsWith('https:'),
    maxAge: year,
  });
}

/** Whether the last who logged in with this browser was the one with this e-mail address. */
export async function isKnownBrowser(request: FastifyRequest, email: string): Promise<boolean> {
  const { config, db } = request.server;
  const mark = request.cookies[nameOf(request.server)];
  const userId = mark === undefined ? undefined : await findUserId(db, email);
  return mark !== undefined && userId !== undefined && isSameSecret(mark, markOf(config.secret, userId));
}
