import { createHmac } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { isSameSecret } from '../text/secret.ts';

/**
 * What a cookie of ours is called. Over HTTPS browsers take a `__Host-` name from this host alone, with Path=/ and
 * without Domain (RFC 6265bis, 4.1.3.2): a sibling host can neither set nor shadow it.
 */
export const cookieName = (isHttps: boolean, name: string): string => `${isHttps ? '__Host-' : ''}waymark${name}`;

type Options = {
  sameSite?: 'lax' | 'strict';
  /** In seconds; left out, browsers forget it when they close. */
  maxAge?: number;
  /** Opens only with the session that it was made in: it holds what is that person's alone. */
  isOfSession?: boolean;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** The value of a signed cookie; undefined when there is none, or it was made for another name, session or server. */
    readSigned(name: string, options?: Pick<Options, 'isOfSession'>): string | undefined;
    /** Whether a cookie of that name came along, whatever it holds. */
    hasCookie(name: string): boolean;
  }
  interface FastifyReply {
    /** Sets a cookie that only this server can have written, and only under this name. */
    setSigned(name: string, value: string, options?: Options): FastifyReply;
    clearSigned(name: string): FastifyReply;
  }
}

/** Cookies that hold something: signed together with their names. */
async function cookies(app: FastifyInstance, { secret, isHttps }: { secret: string; isHttps: boolean }): Promise<void> {
  await app.register(cookie);
  const named = (name: string) => cookieName(isHttps, name);
  const sessionName = named('.session_token');

  const sign = (name: string, session: string, value: string) =>
    createHmac('sha256', secret).update(['cookie', name, session, value].join('\n')).digest('base64url');

  app.decorateReply('setSigned', function setSigned(this: FastifyReply, name, value, options = {}) {
    const { sameSite = 'lax', maxAge, isOfSession = false } = options;
    const signature = sign(name, isOfSession ? sessionAfter(this) : '', value);
    const attributes = { path: '/', httpOnly: true, sameSite, secure: isHttps } as const;
    return this.setCookie(
      named(name),
      `${value}.${signature}`,
      maxAge === undefined ? attributes : { ...attributes, maxAge },
    );
  });

  app.decorateReply('clearSigned', function clearSigned(this: FastifyReply, name) {
    return this.clearCookie(named(name), { path: '/', secure: isHttps });
  });

  app.decorateRequest('readSigned', function readSigned(this: FastifyRequest, name, options = {}) {
    const sent = this.cookies[named(name)];
    if (sent === undefined) return undefined;
    const end = sent.lastIndexOf('.');
    const value = sent.slice(0, Math.max(end, 0));
    const session = options.isOfSession === true ? (this.cookies[sessionName] ?? '') : '';
    return isSameSecret(sent.slice(end + 1), sign(name, session, value)) ? value : undefined;
  });

  app.decorateRequest('hasCookie', function hasCookie(this: FastifyRequest, name) {
    return this.cookies[named(name)] !== undefined;
  });

  /** The session that the next request comes with: one that this answer begins, as a change of password does. */
  function sessionAfter(reply: FastifyReply): string {
    const begun = [reply.getHeader('set-cookie') ?? []]
      .flat()
      .map((line) => String(line))
      .findLast((line) => line.startsWith(`${sessionName}=`));
    if (begun === undefined) return reply.request.cookies[sessionName] ?? '';
    return decodeURIComponent(begun.slice(sessionName.length + 1).split(';', 1)[0] ?? '');
  }
}

export default fp(cookies, { name: 'cookies' });
