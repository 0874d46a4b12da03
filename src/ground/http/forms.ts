import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply } from 'fastify';
import fp from 'fastify-plugin';
import { z } from 'zod';

const flashCookie = '_flash';

const flashShape = z.object({
  kind: z.enum(['success', 'error']),
  message: z.string(),
  /** The form that takes back what a message tells of. */
  undo: z.object({ action: z.string(), fields: z.record(z.string(), z.string()) }).optional(),
});

export type Flash = z.infer<typeof flashShape>;
export type Undo = NonNullable<Flash['undo']>;

declare module 'fastify' {
  interface FastifyReply {
    /** Leaves a message that the next page shows once. */
    flash(kind: Flash['kind'], message: string, undo?: Undo): FastifyReply;
  }
}

/** Forms: their bodies, and messages that survive the redirect after a POST. */
async function forms(app: FastifyInstance): Promise<void> {
  await app.register(formbody);

  app.addHook('onRequest', async (_request, reply) => {
    reply.locals = {};
  });

  app.decorateReply('flash', function flash(this: FastifyReply, kind: Flash['kind'], message: string, undo?: Undo) {
    return this.setSigned(flashCookie, JSON.stringify({ kind, message, undo }), { maxAge: 60, isOfSession: true });
  });

  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'GET') return;
    const left = readFlash(request.readSigned(flashCookie, { isOfSession: true }));
    if (left) reply.locals.flash = left;
    if (request.hasCookie(flashCookie)) reply.clearSigned(flashCookie);
  });
}

/** Undefined for what another version of this server has left. */
function readFlash(kept: string | undefined): Flash | undefined {
  if (kept === undefined) return undefined;
  try {
    return flashShape.safeParse(JSON.parse(kept)).data;
  } catch {
    return undefined;
  }
}

export default fp(forms, { name: 'forms' });
