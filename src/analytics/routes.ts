import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { countLinks } from '../links/list.ts';
import { getLink } from '../links/queries.ts';
import { type Refusal, refusalOf } from '../refusal.ts';
import { requireWorkspace } from '../workspaces/guards.ts';
import { intervals, type Period, periodNames, resolvePeriod } from './period.ts';
import { intervalChoices, periodChoices } from './period-links.ts';
import { findFirstHitAt, type Subject } from './queries.ts';
import { loadReport } from './report.ts';
import { reportPage } from './report-page.ts';

/** An empty field of the range's form is one that was not filled in; a name that we do not know is one that was not given. */
const day = z
  .string()
  .max(40)
  .transform((text) => text.trim() || undefined)
  .optional();
const reportQuery = z.object({
  period: z.enum(periodNames).optional().catch(undefined),
  interval: z.enum(intervals).optional().catch(undefined),
  from: day,
  to: day,
});
type Asked = z.output<typeof reportQuery>;

const workspaceParams = z.object({ workspace: z.string() });
// What cannot be an id (it may hold a NUL, which Postgres refuses) is the id of no link.
const linkParams = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** The reports: of a workspace, and of a link on the link's own page. */
export default async function analyticsRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/w/:workspace/reports',
    { preHandler: requireWorkspace, schema: { params: workspaceParams, querystring: reportQuery } },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const view = await readReport(request, reply, { kind: 'workspace' }, `/w/${slug}/reports`, request.query);
      const { active, archived } = view.isUntouched ? await countLinks(db, id) : { active: 1, archived: 0 };
      return reply.viewAsync('analytics/show.eta', {
        ...view,
        title: 'Reports',
        section: 'reports',
        link: null,
        isWithoutLinks: active + archived === 0,
      });
    },
  );

  routes.get(
    '/w/:workspace/links/:linkId',
    { preHandler: requireWorkspace, schema: { params: linkParams, querystring: reportQuery } },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const link = await getLink(db, id, request.params.linkId);
      const path = `/w/${slug}/links/${link.id}`;
      return reply.viewAsync('analytics/show.eta', {
        ...(await readReport(request, reply, { kind: 'link', linkId: link.id }, path, request.query)),
        title: `${link.domain}/${link.slug}`,
        section: 'links',
        link,
        isWithoutLinks: false,
      });
    },
  );
}

/** What the page shows for the period asked for; a range that cannot be is shown again with what is wrong about it. */
async function readReport(request: FastifyRequest, reply: FastifyReply, subject: Subject, path: string, asked: Asked) {
  const { db, geo } = request.server;
  const { id, timeZone } = request.workspace;
  const firstHitAt = await findFirstHitAt(db, id, subject);
  const now = new Date();
  const { period, refusal } = readPeriod({ ...asked, timeZone, now, firstClickAt: firstHitAt });
  if (refusal) reply.code(refusal.status);
  return {
    path,
    timeZone,
    /** Nobody and nothing has opened it yet. */
    isUntouched: firstHitAt === null,
    periods: periodChoices(path, period?.name ?? null),
    intervals: period ? intervalChoices(path, period) : [],
    range: {
      from: period?.days.first ?? asked.from,
      to: period?.days.last ?? asked.to,
      isCurrent: period?.name === 'custom' || refusal !== null,
    },
    errors: refusal?.errors ?? {},
    report: period && firstHitAt ? reportPage(await loadReport(db, id, subject, period)) : null,
    credit: creditOf(geo.source.attribution),
  };
}

function readPeriod(
  input: Parameters<typeof resolvePeriod>[0],
): { period: Period; refusal: null } | { period: null; refusal: Refusal } {
  try {
    return { period: resolvePeriod(input), refusal: null };
  } catch (error) {
    return { period: null, refusal: refusalOf(error) };
  }
}

/** 'IP Geolocation by DB-IP, https://db-ip.com' as words and the address that they lead to. */
function creditOf(attribution: string | null): { words: string; href: string | null } | null {
  if (attribution === null) return null;
  const [words = '', href = null] = attribution.split(/, (?=https:)/);
  return { words, href };
}
