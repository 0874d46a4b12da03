import type { FastifyInstance } from 'fastify';
import { readAssets } from '../../ground/assets/serve.ts';
import { fixedOnce, sendFixed } from '../../ground/assets/fixed-bytes.ts';

/**
 * The program that draws the reference writes its own styles, so that this page alone has a looser policy for them; it
 * reaches no other host.
 */
const referencePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** By network. Nothing here takes work, but one file is a megabyte: a reader needs it once, and a stranger's loop does not. */
const limit = { max: 60, timeWindow: 60_000 };

/** The description of the API for programs and, at /docs, for people. It is the same for the life of a process. */
export default async function referenceRoutes(app: FastifyInstance): Promise<void> {
  const files = readAssets();
  const page = fixedOnce('reference.html', () => app.view('people/keys/reference.eta'));
  const description = fixedOnce('openapi.json', () => JSON.stringify(app.swagger()));

  app.get('/api/v1/openapi.json', { config: { rateLimit: limit } }, async (request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return sendFixed(request, reply, await description());
  });

  app.get('/docs', { config: { rateLimit: limit } }, async (request, reply) => {
    reply.headers({ 'content-security-policy': referencePolicy, 'cache-control': 'public, no-cache' });
    return sendFixed(request, reply, await page());
  });

  app.get<{ Params: { file: string } }>(
    '/docs/:file',
    { config: { rateLimit: limit } },
    (request, reply) => files.send(request, reply, '/docs/', request.params.file) ?? reply.callNotFound(),
  );
}
