import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { reportHref } from '../addresses/address.ts';
import { type DimensionName, dimensions } from '../../visitors/rollups/dimensions.ts';
import { filterSentence } from '../counts/filter.ts';
import { filterQuery } from '../counts/filter-query.ts';
import { nameLinks } from '../counts/link-names.ts';
import { periodWords, viewOf } from '../addresses/period-links.ts';
import { countBy, loadChart } from '../counts/report.ts';
import { chartPage } from '../pages/report-page.ts';
import { reportQuery } from '../addresses/report-query.ts';
import { openReport, reportFields } from '../counts/subjects.ts';
import { attachment } from '../../ground/http/attachment.ts';
import { byteOrderMark, csvLine } from '../../ground/text/csv.ts';
import { beginDownload } from '../../ground/http/downloads.ts';
import { inRounds } from '../../ground/time/event-loop.ts';
import { listQuery } from '../../links/pages/forms.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import { writeHits } from './hits-csv.ts';
import { writeLinks } from './links-csv.ts';
import { countHits } from './queries.ts';

const tables = ['time', ...dimensions.map(({ name }) => name)] as const;
const exportQuery = reportQuery.omit({ f: true, goal: true }).extend({
  ...reportFields.shape,
  file: z.enum(['table', 'hits', 'chart']).default('table'),
  table: z.enum(tables).default('time'),
  filter: filterQuery('filter'),
});

/** A page that shows its progress holds the file until it is whole; one of more rows (some 400 MB) the browser saves as it comes. */
const mostInAPage = 2_000_000;

/** Lines that are written at once: a table may have one for each of many links. */
const linesAtOnce = 500;

/** Files to take away: of a report, and the list of links. */
export default async function exportRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const config = { rateLimit: { max: 60, timeWindow: '1 minute' } };
  const options = { schema: { params: z.object({ workspace: z.string() }), querystring: exportQuery }, config };
  // Hits one by one are more than a report shows. Tables are for all who read.
  const mayTakeHits = requireRight('takeHits');

  routes.get('/w/:workspace/export', { preHandler: requireWorkspace, ...options }, async (request, reply) => {
    const { query: asked } = request;
    if (asked.file === 'hits') await mayTakeHits(request);
    const about = await openReport(db, request.workspace, asked, new Date());
    const { subject, period } = about;
    const { filter: filters } = asked;
    const what = asked.file === 'table' ? asked.table : asked.file;
    const file = fileName(about, what);
    const workspaceId = request.workspace.id;
    if (asked.file === 'chart') {
      const page = chartPage(await loadChart(db, workspaceId, subject, period, filters));
      reply.header('content-disposition', attachment(`${file}.svg`)).type('image/svg+xml');
      return reply.fragment('reports/exports/chart.eta', { page, name: about.name });
    }
    const csv =
      asked.file === 'hits'
        ? await beginDownload(workspaceId, writeHits(db, workspaceId, { subject, span: period, filters }))
        : await writeTable(asked.table, await countBy(db, request.workspace, subject, period, asked.table, filters));
    reply.header('content-disposition', attachment(`${file}.csv`)).type('text/csv; charset=utf-8');
    return reply.send(csv);
  });

  routes.get(
    '/w/:workspace/export/hits',
    { preHandler: [requireWorkspace, mayTakeHits], ...options },
    async (request, reply) => {
      const { query: asked } = request;
      const { id, slug } = request.workspace;
      const about = await openReport(db, request.workspace, asked, new Date());
      const { subject, period } = about;
      const { filter: filters } = asked;
      const rows = await countHits(db, id, { subject, span: period, filters });
      // The same question, for the file itself.
      const search = new URLSearchParams(request.url.split('?')[1]);
      search.set('file', 'hits');
      search.delete('table');
      const linkNames = await nameLinks(db, id, filters);
      return reply.page('reports/exports/hits.eta', {
        about,
        section: about.section,
        backHref: reportHref(about.path, viewOf(period, filters)),
        period: periodWords(period),
        filters: filters.map((filter) => filterSentence(filter, linkNames)),
        rows,
        isHeldByPage: rows !== null && rows <= mostInAPage,
        href: `/w/${slug}/export?${search.toString()}`,
        file: `${fileName(about, 'hits')}.csv`,
        timeZone: request.workspace.timeZone,
      });
    },
  );

  routes.get(
    '/w/:workspace/links.csv',
    { preHandler: requireWorkspace, schema: { querystring: listQuery }, config },
    async (request, reply) => {
      const { id, slug, timeZone } = request.workspace;
      const name = `${slug}-links-${localDay(new Date(), timeZone)}.csv`;
      const file = await beginDownload(id, writeLinks(db, id, request.query, app.config.appUrl));
      reply.header('content-disposition', attachment(name)).type('text/csv; charset=utf-8');
      return reply.send(file);
    },
  );
}

/** 'spring-hits-2026-11-01-to-2026-11-22' */
function fileName({ shortName, period: { days } }: Awaited<ReturnType<typeof openReport>>, what: string): string {
  return `${shortName}-${what}-${days.first}-to-${days.last}`;
}

async function writeTable(
  what: 'time' | DimensionName,
  { rows }: Awaited<ReturnType<typeof countBy>>,
): Promise<string> {
  const counts = what === 'class' || what === 'reason' ? 'hits' : 'clicks';
  const head = csvLine([what, 'name', 'country', counts, 'visitors']);
  const lines = await inRounds(rows, linesAtOnce, (some) =>
    some
      .map(({ value, label, context, clicks, visitors }) => csvLine([value, label, context, clicks, visitors]))
      .join(''),
  );
  return byteOrderMark + head + lines.join('');
}
