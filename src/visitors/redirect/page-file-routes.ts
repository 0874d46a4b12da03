import type { FastifyInstance } from 'fastify';
import assets from '../../ground/assets/serve.ts';
import { refuseUnknownHost } from './pages.ts';
import { answerBroken, hostOfRequest, type RedirectParts } from './routes.ts';

/** Styles and icon of the pages that visitors meet. On a host that is nobody's there are none. */
export default async function pageFiles(app: FastifyInstance, parts: RedirectParts): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (await hostOfRequest(request, parts)) return undefined;
    parts.traffic.outcomes['unknown-host']++;
    return refuseUnknownHost(reply);
  });
  app.setErrorHandler((error, request, reply) => answerBroken(error, request, reply, parts));
  await app.register(assets);
}
