import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { domainHead } from '../../domains/domains/head.ts';
import { getOwnDomain } from '../../domains/domains/settings.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getLink } from '../../links/links/queries.ts';
import { linkHead } from '../../links/pages/head.ts';
import { tagHead } from '../../links/pages/tag-head.ts';
import { campaignHead } from '../../reports/campaigns/head.ts';
import { getTag } from '../../links/links/tags.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
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
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      const head = linkHead(request, link, 'history', new Date());
      const name = `${link.domain}/${link.slug}`;
      return showHistoryOf(request, reply, request.query, { id: link.id, name, section: 'links', head });
    },
  );

  routes.get(
    '/w/:workspace/tags/:tagId/history',
    { ...toSee, schema: { params: tagParams, querystring: placeQuery } },
    async (request, reply) => {
      const tag = await getTag(db, request.workspace.id, request.params.tagId);
      const { id, name } = tag;
      const head = tagHead(request, tag, 'history');
      return showHistoryOf(request, reply, request.query, { id, name, section: 'tags', tagHead: head });
    },
  );

  routes.get(
    '/w/:workspace/campaigns/:campaignId/history',
    { ...toSee, schema: { params: campaignParams, querystring: placeQuery } },
    async (request, reply) => {
      const campaign = await getCampaign(db, request.workspace.id, request.params.campaignId);
      const { id, name } = campaign;
      const head = await campaignHead(request, campaign, 'history', new Date());
      return showHistoryOf(request, reply, request.query, { id, name, section: 'campaigns', campaignHead: head });
    },
  );

  routes.get(
    '/w/:workspace/domains/:domainId/history',
    { ...toSee, schema: { params: domainParams, querystring: placeQuery } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.domainId);
      const head = domainHead(request, domain, 'history');
      const { id } = domain;
      return showHistoryOf(request, reply, request.query, {
        id,
        name: head.shown,
        section: 'domains',
        domainHead: head,
      });
    },
  );
}
