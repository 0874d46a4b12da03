import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import document from './document.ts';
import keyPages from './key-pages.ts';

/** What belongs to the API and takes no key: its description, and the pages on which keys are made. */
async function apiRoutes(app: FastifyInstance): Promise<void> {
  await app.register(keyPages);
  await app.register(document);
}

export default fp(apiRoutes, { name: 'api' });
