import type { FastifyInstance } from 'fastify';
import { fixedOnce, sendFixed } from '../../ground/assets/fixed-bytes.ts';
import type { Description } from './openapi.ts';
import { referenceOf } from './reference.ts';

/** By network. Nothing here takes work, but a stranger's loop has no use for it. */
const limit = { max: 60, timeWindow: 60_000 };

/**
 * The description of the API for programs and, at /docs, for people. Both are the same for everybody and for the life of a process,
 * so no key and no name ever stands in them.
 */
export default async function referenceRoutes(app: FastifyInstance): Promise<void> {
  const description = fixedOnce('openapi.json', () => JSON.stringify(app.swagger()));
  const page = fixedOnce('reference.html', () =>
    app.view('people/reference/index.eta', referenceOf(app.swagger() as unknown as Description)),
  );

  app.get('/api/v1/openapi.json', { config: { rateLimit: limit } }, async (request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return sendFixed(request, reply, await description());
  });

  app.get('/docs', { config: { rateLimit: limit } }, async (request, reply) => {
    reply.header('cache-control', 'public, no-cache');
    return sendFixed(request, reply, await page());
  });
}
