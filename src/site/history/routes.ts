import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '../../ground/text/errors.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { headOf } from '../../reports/pages/heads.ts';
import { getEvent } from './events.ts';
import { eventParams, requestParams } from './forms.ts';
import { showEvent, showHistory, showHistoryOf, showRequest } from './page.ts';
import { type ThingFilter, thingFilters } from './things.ts';

const place = {
  before: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).catch(0),
  after: z.string().max(10).catch(''),
};
const placeQuery = z.object(place);
const historyQuery = z.object({
  of: z
    .enum(Object.keys(thingFilters) as [ThingFilter, ...ThingFilter[]])
    .or(z.literal(''))
    .catch(''),
  by: z.string().regex(/^\w*$/).max(64).catch(''),
  day: z.string().max(10).catch(''),
  ...place,
});

// A text that cannot be an id (it may hold a NUL, which Postgres refuses) is the id of nothing.
const subjectParams = z.object({ workspace: z.string(), subjectId: z.string().regex(/^\w+$/).catch('-') });

/** The History: of the workspace, of one thing in it, of one change, and of all that one request changed. */
export default async function historyRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };

  routes.get('/w/:workspace/history', { ...toSee, schema: { querystring: historyQuery } }, async (request, reply) =>
    showHistory(request, reply, request.query),
  );

  routes.get('/w/:workspace/history/:eventId', { ...toSee, schema: { params: eventParams } }, async (request, reply) =>
    showEvent(request, reply, await getEvent(db, request.workspace.id, request.params.eventId)),
  );

  routes.get(
    '/w/:workspace/history/requests/:requestId',
    { ...toSee, schema: { params: requestParams, querystring: placeQuery } },
    async (request, reply) => showRequest(request, reply, request.params.requestId, request.query),
  );

  for (const kind of ['link', 'tag', 'campaign', 'domain'] as const) {
    const section = `${kind}s`;
    routes.get(
      `/w/:workspace/${section}/:subjectId/history`,
      { ...toSee, schema: { params: subjectParams, querystring: placeQuery } },
      async (request, reply) => {
        const id = request.params.subjectId;
        const headed = await headOf(request, { kind, id }, 'history', new Date());
        if (!headed) throw new NotFound(`There is no such ${kind}.`);
        return showHistoryOf(request, reply, request.query, { id, section, ...headed });
      },
    );
  }
}
