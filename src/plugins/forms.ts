import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply } from 'fastify';
import fp from 'fastify-plugin';

const flashCookie = 'waymark_flash';

/** The form that takes back what a message tells of. */
export type Undo = { action: string; fields: Record<string, string> };

export type Flash = { kind: 'success' | 'error'; message: string; undo?: Undo | undefined };

declare module 'fastify' {
  interface FastifyReply {
    /** Leaves a message that the next page shows once. */
    flash(kind: Flash['kind'], message: string, undo?: Undo): FastifyReply;
  }
}

/** Forms: their bodies, cookies, and messages that survive the redirect after a POST. */
async function forms(app: FastifyInstance, options: { secret: string; isHttps: boolean }): Promise<void> {
  await app.register(cookie, { secret: options.secret });
  await app.register(formbody);
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.isHttps, signed: true } as const;

  app.addHook('onRequest', async (_request, reply) => {
    reply.locals = {};
  });

  app.decorateReply('flash', function flash(this: FastifyReply, kind: Flash['kind'], message: string, undo?: Undo) {
    return this.setCookie(flashCookie, JSON.stringify({ kind, message, undo }), { ...attributes, maxAge: 60 });
  });

  app.addHook('preHandler', async (request, reply) => {
    const kept = request.cookies[flashCookie];
    if (!kept || request.method !== 'GET') return;
    const { valid, value } = request.unsignCookie(kept);
    if (valid && value) reply.locals.flash = JSON.parse(value) as Flash;
    reply.clearCookie(flashCookie, { path: '/' });
  });
}

export default fp(forms, { name: 'forms' });
