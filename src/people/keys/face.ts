import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { z } from 'zod';
import { Invalid, LimitReached } from '../../ground/text/errors.ts';
import { waitBeyond } from '../../ground/http/rate-limit.ts';
import { authenticate } from './authenticate.ts';

const requestsAMinute = 600;
const wrongKeysAMinute = 60;

/** Every route of its scope takes a key, is limited by workspace, reads JSON only, and its answers are kept nowhere. */
async function face(app: FastifyInstance): Promise<void> {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Many clients name the type on requests without a body, such as DELETE.
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });

  app.decorateRequest('apiKey', null);
  // Keys that are none are counted by address (IPv6: /64): each costs a look into the database.
  const waitOfWrongKeys = waitBeyond(app, { max: wrongKeysAMinute, timeWindow: 60_000 });
  app.addHook('onRequest', async (request) => {
    try {
      await authenticate(request);
    } catch (error) {
      throw (await waitOfWrongKeys(request)) > 0 ? new LimitReached() : error;
    }
  });
  // One limiter for all routes of the scope, where a route's own config would count each by itself.
  app.addHook(
    'onRequest',
    app.rateLimit({
      max: requestsAMinute,
      timeWindow: 60_000,
      // Not the key's: a workspace may make several.
      keyGenerator: (request) => request.workspace.id,
    }),
  );
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  app.addHook('preValidation', async (request) => refuseUnknownParameters(request));
}

/** Misspelt parameters, such as `timezone`, are refused as properties of a body are. @throws Invalid */
function refuseUnknownParameters({ query, routeOptions }: FastifyRequest): void {
  const { querystring } = routeOptions.schema ?? {};
  const known = querystring instanceof z.ZodObject ? querystring.shape : {};
  const unknown = Object.keys(query as object).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw new Invalid(`There is no parameter "${unknown}" here.`, { field: unknown });
}

export default fp(face, { name: 'api-face' });
