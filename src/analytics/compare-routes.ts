import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { listLinks } from '../links/list.ts';
import { getLink } from '../links/queries.ts';
import { requireWorkspace } from '../workspaces/guards.ts';
import { drawCompared, loadCompared, mostCompared } from './compare.ts';
import { intervals, periodNames, resolvePeriod } from './period.ts';
import { periodChoices, periodWords } from './period-links.ts';

const params = z.object({ workspace: z.string() });
const query = z.object({
  period: z.enum(periodNames).exclude(['all']).optional().catch(undefined),
  interval: z.enum(intervals).optional().catch(undefined),
  link: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((ids) => [...new Set([ids].flat())].filter((id) => /^\w+$/.test(id)))
    .pipe(z.array(z.string()).max(mostCompared, `Compare up to ${mostCompared} links at once.`)),
});

/** How many links can be chosen from without a search: those with the most clicks. */
const offered = 100;

/** Links side by side in one chart. */
export default async function compareRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/w/:workspace/compare',
    { preHandler: requireWorkspace, schema: { params, querystring: query } },
    async (request, reply) => {
      const { id: workspaceId, slug, timeZone } = request.workspace;
      const { link: ids, period: name, interval } = request.query;
      const links = await Promise.all(ids.map((id) => getLink(db, workspaceId, id)));
      const period = resolvePeriod({ period: name, interval, timeZone, now: new Date() });
      const named = links.map((link) => ({ id: link.id, name: `${link.domain}/${link.slug}` }));
      const compared = await loadCompared(db, workspaceId, named, period);
      const listed = await listLinks(db, workspaceId, {
        search: '',
        sort: 'clicks',
        state: 'active',
        limit: offered,
        cursor: null,
      });
      const path = `/w/${slug}/compare`;
      const address = (chosen: readonly string[], of: string | null = period.name) =>
        `${path}?${[...chosen.map((id) => `link=${id}`), ...(of ? [`period=${of}`] : [])].join('&')}`;
      return reply.viewAsync('analytics/compare.eta', {
        path,
        timeZone,
        periodName: period.name,
        period: periodWords(period),
        periods: periodChoices(path, period.name)
          .filter(({ href }) => !href.endsWith('=all'))
          .map((choice) => ({ ...choice, href: address(ids, choice.href.split('=').at(-1) ?? null) })),
        chart: compared.length > 0 ? drawCompared(compared) : null,
        rows: compared.map(({ id, name: label, total }) => ({
          label,
          ...total,
          href: `/w/${slug}/links/${id}`,
          removeHref: address(ids.filter((each) => each !== id)),
        })),
        chosen: ids,
        offers: listed.links
          .filter(({ id }) => !ids.includes(id))
          .map((link) => ({ id: link.id, name: `${link.domain}/${link.slug}` })),
        isFull: ids.length >= mostCompared,
      });
    },
  );
}
