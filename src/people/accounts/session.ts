import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { NotFound } from '../../ground/text/errors.ts';
import { type Device, readDevice } from '../../visitors/visits/device.ts';
import { type Auth, openAuth } from './auth.ts';

type User = {
  id: string;
  name: string;
  email: string;
  isAdmin: boolean;
  /** The day on which the account is deleted, if they asked for that. */
  deletionAt: Date | null;
};

declare module 'fastify' {
  interface FastifyInstance {
    auth: Auth;
  }
  interface FastifyRequest {
    /** The person who asks; null until loadUser has looked, and for strangers. */
    user: User | null;
    /** Reads the session's cookie, once a request; routes that need nobody do not pay for it. */
    loadUser(reply: FastifyReply): Promise<User | null>;
  }
}

/**
 * What better-auth reads of a request: the session's cookie and, in place of the user agent, which it keeps, no more than
 * the list of sessions shows.
 */
export function authHeaders(request: FastifyRequest): Headers {
  const { cookie = '', 'user-agent': userAgent } = request.headers;
  const { device, os, browser } = readDevice(userAgent, request.headers);
  return new Headers({ cookie, 'user-agent': JSON.stringify({ device, os, browser }) });
}

/** @param kept what `authHeaders` named, or a whole user agent in sessions of earlier versions */
export function readBrowser(kept: string): Pick<Device, 'device' | 'os' | 'browser'> {
  return kept.startsWith('{') ? JSON.parse(kept) : readDevice(kept, {});
}

/** The session and its person. Only behind guards, which throw when nobody is logged in. */
export async function loadSession(request: FastifyRequest) {
  const { auth } = request.server;
  const found = await auth.api.getSession({ headers: authHeaders(request), query: { disableRefresh: true } });
  if (!found) throw new NotFound();
  return found;
}

/** Passes on the cookies that better-auth sets or takes away. */
export function forwardCookies(reply: FastifyReply, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) reply.header('set-cookie', cookie);
}

async function session(app: FastifyInstance): Promise<void> {
  const { db, config, mailer, log } = app;
  const auth = openAuth({ db, config, mailer, log });
  app.decorate('auth', auth);
  app.decorateRequest('user', null);
  app.decorateRequest('loadUser', async function loadUser(this: FastifyRequest, reply: FastifyReply) {
    if (this.user || !this.headers.cookie) return this.user;
    const { headers, response } = await auth.api.getSession({ headers: authHeaders(this), returnHeaders: true });
    forwardCookies(reply, headers);
    if (!response) return null;
    const { id, name, email, isAdmin, deletionAt } = response.user;
    this.user = { id, name, email, isAdmin: isAdmin === true, deletionAt: deletionAt ?? null };
    return this.user;
  });
}

export default fp(session, { name: 'session' });
