import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type DimensionName, dimensions } from '../analytics/dimensions.ts';
import { parseFilters } from '../analytics/filter.ts';
import { intervals, type Period, periodNames, resolvePeriod } from '../analytics/period.ts';
import { findFirstHitAt, type Subject } from '../analytics/queries.ts';
import { countBy, loadReport } from '../analytics/report.ts';
import { reportPage } from '../analytics/report-page.ts';
import { byteOrderMark, csvLine } from '../csv.ts';
import { getLink } from '../links/queries.ts';
import { requireRight, requireWorkspace } from '../workspaces/guards.ts';
import { writeHits } from './hits-csv.ts';

const tables = ['time', ...dimensions.map(({ name }) => name)] as const;
const day = z
  .string()
  .max(40)
  .transform((text) => text.trim() || undefined)
  .optional();
const exportQuery = z.object({
  file: z.enum(['table', 'hits', 'chart']).default('table'),
  table: z.enum(tables).default('time'),
  link: z.string().regex(/^\w+$/).optional(),
  period: z.enum(periodNames).optional().catch(undefined),
  interval: z.enum(intervals).optional().catch(undefined),
  from: day,
  to: day,
  filter: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((filter) => [filter].flat()),
});
type Asked = z.output<typeof exportQuery>;

/** What of a report may be taken away as a file. */
export default async function exportRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  // Hits one by one are more than a report shows. Tables are for all who read.
  const mayTakeHits = requireRight('takeHits');

  routes.get(
    '/w/:workspace/export',
    {
      preHandler: requireWorkspace,
      schema: { params: z.object({ workspace: z.string() }), querystring: exportQuery },
      config: { rateLimit: { max: 60, timeWindow: '1 minute' } },
    },
    async (request, reply) => {
      const { query: asked } = request;
      if (asked.file === 'hits') await mayTakeHits(request);
      const { subject, name } = await subjectOf(request, asked);
      const period = await periodOf(request, subject, asked);
      const filters = parseFilters(asked.filter, 'filter');
      const what = asked.file === 'table' ? asked.table : asked.file;
      const file = `${name}-${what}-${period.days.first}-to-${period.days.last}`;
      const workspaceId = request.workspace.id;
      if (asked.file === 'chart') {
        const page = reportPage(await loadReport(db, workspaceId, subject, period, filters));
        asFile(reply, `${file}.svg`, 'image/svg+xml');
        return reply.viewAsync('exports/chart.eta', { page, name });
      }
      asFile(reply, `${file}.csv`, 'text/csv; charset=utf-8');
      if (asked.file === 'hits') {
        return reply.send(Readable.from(writeHits(db, workspaceId, { subject, span: period, filters })));
      }
      return writeTable(asked.table, await countBy(db, workspaceId, subject, period, asked.table, filters));
    },
  );

  async function subjectOf(request: FastifyRequest, { link }: Asked): Promise<{ subject: Subject; name: string }> {
    if (link === undefined) return { subject: { kind: 'workspace' }, name: request.workspace.slug };
    const { id, slug } = await getLink(db, request.workspace.id, link);
    return { subject: { kind: 'link', linkId: id }, name: slug };
  }

  async function periodOf(request: FastifyRequest, subject: Subject, asked: Asked): Promise<Period> {
    const { id, timeZone } = request.workspace;
    const firstClickAt = asked.period === 'all' ? await findFirstHitAt(db, id, subject) : null;
    return resolvePeriod({ ...asked, timeZone, now: new Date(), firstClickAt });
  }
}

/** RFC 6266: an ASCII name for old clients, the real one for all others. */
function asFile(reply: FastifyReply, name: string, type: string): void {
  const plain = name.replaceAll(/[^\w.-]/g, '_');
  const whole = encodeURIComponent(name).replaceAll(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  reply.header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${whole}`).type(type);
}

function writeTable(what: 'time' | DimensionName, { rows }: Awaited<ReturnType<typeof countBy>>): string {
  const counts = what === 'class' || what === 'reason' ? 'hits' : 'clicks';
  const head = csvLine([what, 'name', 'country', counts, 'visitors']);
  const lines = rows.map(({ value, label, context, clicks, visitors }) =>
    csvLine([value, label, context, clicks, visitors]),
  );
  return byteOrderMark + head + lines.join('');
}
