import type { FastifyError, FastifyInstance } from 'fastify';
import assets from '../plugins/assets.ts';
import { refuseUnknownHost } from './pages.ts';
import { answerBroken, hostOfRequest, type RedirectParts } from './routes.ts';

/** Styles, typeface and icon of the pages that visitors meet. On a host that is nobody's there are none. */
export default async function pageFiles(app: FastifyInstance, parts: RedirectParts): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (await hostOfRequest(request, parts)) return undefined;
    parts.traffic.outcomes['unknown-host']++;
    return refuseUnknownHost(reply);
  });
  // A range beyond the end and the like: the dashboard's error page has no business here.
  app.setErrorHandler<FastifyError & { status?: number }>((error, request, reply) => {
    const status = error.statusCode ?? error.status ?? 500;
    if (status >= 500) return answerBroken(error, request, reply, parts.traffic);
    return reply.code(status).type('text/plain; charset=utf-8').send('Not available\n');
  });
  await app.register(assets);
}
