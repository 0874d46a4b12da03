import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { showHost } from '../../domains/dns/name.ts';
import { getOwnDomain } from '../../domains/domains/settings.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getLink } from '../../links/links/queries.ts';
import { getTag } from '../../links/links/tags.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { getEvent } from './events.ts';
import { eventParams, requestParams } from './forms.ts';
import { type HistorySubject, showEvent, showHistory, showHistoryOf, showRequest } from './page.ts';
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
const idOf = z.string().regex(/^\w+$/).catch('-');
const linkParams = z.object({ workspace: z.string(), linkId: idOf });
const tagParams = z.object({ workspace: z.string(), tagId: idOf });
const campaignParams = z.object({ workspace: z.string(), campaignId: idOf });
const domainParams = z.object({ workspace: z.string(), domainId: idOf });

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

  routes.get(
    '/w/:workspace/links/:linkId/history',
    { ...toSee, schema: { params: linkParams, querystring: placeQuery } },
    async (request, reply) => {
      const { id, domain, slug } = await getLink(db, request.workspace.id, request.params.linkId);
      return showHistoryOf(request, reply, request.query, subject(request, 'links', id, `${domain}/${slug}`, 'links'));
    },
  );

  routes.get(
    '/w/:workspace/tags/:tagId/history',
    { ...toSee, schema: { params: tagParams, querystring: placeQuery } },
    async (request, reply) => {
      const { id, name } = await getTag(db, request.workspace.id, request.params.tagId);
      return showHistoryOf(request, reply, request.query, subject(request, 'tags', id, name, 'reports/tags'));
    },
  );

  routes.get(
    '/w/:workspace/campaigns/:campaignId/history',
    { ...toSee, schema: { params: campaignParams, querystring: placeQuery } },
    async (request, reply) => {
      const { id, name } = await getCampaign(db, request.workspace.id, request.params.campaignId);
      return showHistoryOf(request, reply, request.query, subject(request, 'campaigns', id, name, 'reports/campaigns'));
    },
  );

  routes.get(
    '/w/:workspace/domains/:domainId/history',
    { ...toSee, schema: { params: domainParams, querystring: placeQuery } },
    async (request, reply) => {
      const { id, host } = await getOwnDomain(db, request.workspace.id, request.params.domainId);
      return showHistoryOf(
        request,
        reply,
        request.query,
        subject(request, 'domains', id, showHost(host).shown, 'domains'),
      );
    },
  );
}

const subject = (
  { workspace }: FastifyRequest,
  section: string,
  id: string,
  name: string,
  folder: string,
): HistorySubject => ({
  id,
  name,
  section,
  back: { href: `/w/${workspace.slug}/${folder}/${id}`, label: name },
});
