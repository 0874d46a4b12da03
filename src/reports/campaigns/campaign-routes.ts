import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { queryOf } from '../../ground/addresses/destination.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { tabQuery } from '../../links/pages/forms.ts';
import { showLinksOf } from '../../links/pages/list-page.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { campaignHead, campaignPath } from './head.ts';

const params = z.object({ workspace: z.string(), campaignId: z.string().regex(/^\w+$/).catch('-') });

/** A campaign's page but for its report, which is in reports/pages. */
export default async function campaignPageRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };

  // Its page begins with its report, at the address that reports have.
  routes.get('/w/:workspace/campaigns/:campaignId', { ...toSee, schema: { params } }, async (request, reply) => {
    const { id, slug } = request.workspace;
    const campaign = await getCampaign(db, id, request.params.campaignId);
    const query = queryOf(request.url);
    return reply.redirect(`${campaignPath(`/w/${slug}`, campaign)}${query && `?${query}`}`, 303);
  });

  routes.get(
    '/w/:workspace/campaigns/:campaignId/links',
    { ...toSee, schema: { params, querystring: tabQuery } },
    async (request, reply) => {
      const campaign = await getCampaign(db, request.workspace.id, request.params.campaignId);
      return showLinksOf(request, reply, { kind: 'campaign', ...campaign }, request.query, async (links) =>
        reply.page('reports/campaigns/links.eta', {
          title: `Links of ${campaign.name}`,
          head: await campaignHead(request, campaign, 'links', new Date()),
          links,
        }),
      );
    },
  );
}
