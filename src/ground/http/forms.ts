import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { z } from 'zod';
import { pageBehind } from './fragments.ts';
import { orRefusal, type Refusal, refusalOfFields } from './refusal.ts';

const flashCookie = '_flash';

const flashShape = z.object({
  kind: z.enum(['success', 'error']),
  message: z.string(),
  /** The request whose changes can be taken back, and the workspace that they were made in. */
  undo: z.object({ workspace: z.string(), request: z.string() }).optional(),
});

type KeptFlash = z.infer<typeof flashShape>;
/** A message on the page that shows it; `path` is the address of that page. */
export type Flash = KeptFlash & { path: string };

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Leaves a message that the next page shows once.
     * @param undoIn id of the workspace in which this request changed something; the message offers to undo it
     */
    flash(kind: Flash['kind'], message: string, undoIn?: string): FastifyReply;
  }
}

/** Forms: their bodies, and messages that survive the redirect after a POST. */
async function forms(app: FastifyInstance): Promise<void> {
  await app.register(formbody);

  app.addHook('onRequest', async (_request, reply) => {
    reply.locals = {};
  });

  app.decorateReply('flash', function flash(this: FastifyReply, kind: Flash['kind'], message: string, undoIn?: string) {
    const kept = keptFlash(this.request, kind, message, undoIn);
    return this.setSigned(flashCookie, JSON.stringify(kept), { maxAge: 60, isOfSession: true });
  });

  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'GET') return;
    const left = readFlash(request.readSigned(flashCookie, { isOfSession: true }));
    if (left) reply.locals.flash = { ...left, path: request.url };
    if (request.hasCookie(flashCookie)) reply.clearSigned(flashCookie);
  });
}

const keptFlash = (request: FastifyRequest, kind: KeptFlash['kind'], message: string, undoIn?: string): KeptFlash => ({
  kind,
  message,
  ...(undoIn !== undefined && { undo: { workspace: undoIn, request: request.id } }),
});

/** The same message for a piece of the page that asks, which shows it now. @param undoIn as for `reply.flash` */
export function flashOf(request: FastifyRequest, kind: Flash['kind'], message: string, undoIn?: string): Flash {
  const { pathname, search } = pageBehind(request);
  return { ...keptFlash(request, kind, message, undoIn), path: `${pathname}${search}` };
}

/** Undefined for what another version of this server has left. */
function readFlash(kept: string | undefined): KeptFlash | undefined {
  if (kept === undefined) return undefined;
  try {
    return flashShape.safeParse(JSON.parse(kept)).data;
  } catch {
    return undefined;
  }
}

export default fp(forms, { name: 'forms' });

/**
 * Does what a form asks for: the one way in for forms that are shown again when they are refused. Fields are read behind
 * the guards of the route, so that a stranger hears of those first.
 * @param schema the fields, with sentences; `typed` for those that a noun judges
 * @param work gets the fields; its refusals are AppErrors with a field
 * @param again shows the form with what was typed (`typedValues`); the status of the answer is set
 */
export async function takeForm<Schema extends z.ZodType>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: Schema,
  work: (form: z.output<Schema>) => unknown,
  again: (refusal: Refusal) => unknown,
): Promise<unknown> {
  const { body } = request;
  const isOfFields = typeof body === 'object' && body !== null && !Array.isArray(body);
  // A request without fields is an empty form.
  const form = schema.safeParse(isOfFields ? body : {});
  // A form that is shown again shows its fields as they were read.
  if (form.success) request.body = form.data;
  const { value, refusal } = form.success
    ? await orRefusal(() => work(form.data))
    : { value: null, refusal: refusalOfFields(form.error) };
  if (!refusal) return value;
  reply.code(refusal.status);
  return again(refusal);
}
