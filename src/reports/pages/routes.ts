import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { countLinks } from '../../links/links/list.ts';
import { getLink, type Link } from '../../links/links/queries.ts';
import { linkHead, linkPath } from '../../links/pages/head.ts';
import { findLinkOfCode } from '../../links/qr/queries.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { reportHref } from '../addresses/address.ts';
import { dimensions } from '../../visitors/rollups/dimensions.ts';
import { filterText, withFilter } from '../counts/filter.ts';
import { filterChips } from '../addresses/filter-chips.ts';
import { nameLinks } from '../counts/link-names.ts';
import { noteMarks } from '../notes/note-marks.ts';
import { listNotes } from '../notes/notes.ts';
import { type Period, resolvePeriod } from '../counts/period.ts';
import { intervalChoices, periodChoices, periodSteps, periodWords, viewOf } from '../addresses/period-links.ts';
import { kinds, type Subject, subjectKinds } from '../counts/kinds.ts';
import { findBeginning } from '../counts/beginning.ts';
import { dimensionsOf } from '../counts/queries.ts';
import { countBy, loadReport } from '../counts/report.ts';
import { keepGoal } from '../conversions/kept-goal.ts';
import { loadTile } from '../conversions/tile.ts';
import { type Head, headOf } from './heads.ts';
import { keepPeriod } from './kept-period.ts';
import { reportPage } from './report-page.ts';
import { reportQuery } from '../addresses/report-query.ts';
import { offerViews } from '../saved-views/saved-views.ts';
import { fieldOf, isKept, openReport, openSubject } from '../counts/subjects.ts';
import { valueList, valuesOfPage } from './value-list.ts';
import { lastingHref } from '../addresses/view-address.ts';

type Asked = z.output<typeof reportQuery>;
const valuesQuery = reportQuery.omit({ interval: true, goal: true }).extend({
  by: z.enum(dimensions.map(({ name }) => name)),
  q: z.string().max(200).catch('').default(''),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
});

const workspaceParams = z.object({ workspace: z.string() });
const linkParams = workspaceParams.extend({ linkId: z.string() });
// No id at all would be the whole workspace, and is the id of nothing.
const namedParams = workspaceParams.extend({ subjectId: z.string().min(1).catch('-') });
const valuesParams = namedParams.partial({ subjectId: true });

/** Subjects with a name and a report of their own below the reports. */
const named = ['campaign', 'tag', 'domain', 'qr'] as const;

/** The reports: of a workspace, and of a link on the link's own page. */
export default async function analyticsRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/w/:workspace/reports',
    { preHandler: requireWorkspace, schema: { params: workspaceParams, querystring: reportQuery } },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const view = await readReport(request, reply, { kind: 'workspace', id }, `/w/${slug}/reports`, request.query);
      const { active, archived } = view.isUntouched ? await countLinks(db, id) : { active: 1, archived: 0 };
      return reply.page('reports/pages/show.eta', {
        ...view,
        title: 'Reports',
        section: 'reports',
        link: null,
        head: null,
        isWithoutLinks: active + archived === 0,
      });
    },
  );

  routes.get(
    '/w/:workspace/links/:linkId',
    { preHandler: requireWorkspace, schema: { params: linkParams, querystring: reportQuery } },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const { linkId } = request.params;
      const link = await getLink(db, id, linkId).catch(async (error: unknown) => {
        const { link: names = {} } = await nameLinks(db, id, [{ dimension: 'link', value: linkId }]);
        if (Object.hasOwn(names, linkId)) return null;
        throw error;
      });
      if (!link) {
        // It is deleted. Its clicks are still in the workspace's report.
        const { f, goal: _, ...asked } = request.query;
        const filters = withFilter(f, { dimension: 'link', operator: 'is', value: linkId });
        return reply.redirect(reportHref(`/w/${slug}/reports`, { ...asked, filters }), 303);
      }
      const path = linkPath(`/w/${slug}`, link);
      return reply.page('reports/pages/show.eta', {
        ...(await readReport(request, reply, { kind: 'link', id: link.id }, path, request.query, link)),
        title: `${link.domain}/${link.slug}`,
        section: 'links',
        link,
        head: { kind: 'link', shown: linkHead(request, link, 'report', new Date()) } satisfies Head,
        isWithoutLinks: false,
      });
    },
  );

  for (const kind of named) {
    routes.get(
      `/w/:workspace/${kinds[kind].folder}/:subjectId`,
      { preHandler: requireWorkspace, schema: { params: namedParams, querystring: reportQuery } },
      async (request, reply) => {
        const { path, subject, name } = await openSubject(db, request.workspace, { [kind]: request.params.subjectId });
        const view = await readReport(request, reply, subject, path, request.query);
        const headed = await headOf(request, subject, 'report', new Date());
        return reply.page('reports/pages/show.eta', {
          ...view,
          title: name,
          section: kinds[kind].section,
          link: null,
          head: headed?.head ?? null,
          back: headed ? null : await backOf(request, subject),
          isWithoutLinks: false,
        });
      },
    );
  }

  for (const kind of subjectKinds) {
    const path = kind === 'workspace' ? kinds[kind].folder : `${kinds[kind].folder}/:subjectId`;
    routes.get(
      `/w/:workspace/${path}/values`,
      { preHandler: requireWorkspace, schema: { params: valuesParams, querystring: valuesQuery } },
      async (request, reply) => {
        const asked = { ...request.query, [kind]: request.params.subjectId };
        const about = await openReport(db, request.workspace, asked, new Date());
        const values = await readValues(request, about, request.query);
        const of = about.field ? about.name : 'Reports';
        return reply.page('reports/pages/values.eta', { ...values, section: about.section, of });
      },
    );
  }
}

/** The page that leads to the report of a part, such as the tab of a code's link; null where there is none. */
async function backOf({ server, workspace }: FastifyRequest, { kind, id }: Subject) {
  const home = `/w/${workspace.slug}`;
  if (kind === 'domain') return { href: `${home}/domains`, label: 'Domains' };
  const linkId = kind === 'qr' ? await findLinkOfCode(server.db, workspace.id, id) : undefined;
  return linkId === undefined ? null : { href: `${linkPath(home, { id: linkId })}/qr`, label: 'QR code' };
}

/** All values of one list of a report, with search and pages. */
async function readValues(
  request: FastifyRequest,
  { subject, path, period }: Awaited<ReturnType<typeof openReport>>,
  asked: z.output<typeof valuesQuery>,
) {
  const { slug } = request.workspace;
  const { by, q, page, f: filters, ...chosen } = asked;
  const counted = await countBy(
    request.server.db,
    request.workspace,
    subject,
    period,
    by,
    filters,
    valuesOfPage(q, page),
  );
  const places = { path, linksPath: `/w/${slug}/links` };
  return {
    by,
    path: `${path}/values`,
    backHref: reportHref(path, { ...chosen, filters }),
    period: periodWords(period),
    kept: Object.entries({ ...chosen, by }).filter(([, value]) => value),
    filterTexts: filters.map(filterText),
    list: valueList(by, counted, { search: q, page }, { ...chosen, filters }, places),
  };
}

/** The page of a report for the period asked for. An impossible range is shown again with its fault. */
async function readReport(
  request: FastifyRequest,
  reply: FastifyReply,
  subject: Subject,
  path: string,
  query: Asked,
  link?: Link,
) {
  const { db, geo } = request.server;
  const { id, slug, timeZone, weekStartsOn } = request.workspace;
  const beginning = await findBeginning(db, id, subject);
  const now = new Date();
  const { f: filters, goal: askedGoal, ...chosen } = keepPeriod(request, reply, query);
  const goal = keepGoal(request, reply, askedGoal);
  const { value: period, refusal: periodRefusal } = await orRefusal(() =>
    resolvePeriod({ ...chosen, timeZone, weekStartsOn, now, ...beginning }),
  );
  const { value: report, refusal: reportRefusal } = await orRefusal(() =>
    period && beginning.firstHitAt ? loadReport(db, id, subject, period, filters) : null,
  );
  const refusal = periodRefusal ?? reportRefusal;
  if (refusal) reply.code(refusal.status);
  const { visitors } = report?.total ?? { visitors: 0 };
  const givesClickIds = Boolean(link?.clickIdName);
  const told = { subject, filters, visitors, goal, givesClickIds, path, view: { ...chosen, filters } };
  const tile = report && (await loadTile(db, id, { ...told, period: report.period }));
  const field = fieldOf(subject);
  const viewAddress = lastingHref(path, { ...chosen, filters });
  return {
    path,
    /** The address that is saved with this report, and the views that were saved. */
    viewAddress,
    views: await offerViews(db, request.workspace, viewAddress),
    /** The query by which it is shared and mailed. */
    sendQuery: reportHref('', { filters }, field ? { [field.name]: field.value } : {}),
    /** How it is named where it is watched and exported, and, where it can be, shared and mailed. */
    field,
    tables: dimensionsOf(subject),
    isKept: isKept(subject),
    /** The query string, which identifies this report. */
    search: reportHref('', { ...chosen, filters }).slice(1),
    timeZone,
    /** Nobody and nothing has opened it yet. */
    isUntouched: beginning.firstHitAt === null,
    periods: periodChoices(path, period?.name ?? null, filters),
    intervals: period ? intervalChoices(path, period, filters) : [],
    steps: period ? periodSteps(path, period, { interval: chosen.interval, filters }) : [],
    filters: filterChips(path, { ...chosen, filters }, report?.linkNames ?? {}),
    filterTexts: filters.map(filterText),
    clearHref: reportHref(path, { ...chosen, filters: [] }),
    compareHref: comparison(slug, subject, period),
    range: { from: period?.days.first ?? chosen.from, to: period?.days.last ?? chosen.to },
    errors: refusal?.errors ?? {},
    tile,
    report: report && reportPage(report, { path, linksPath: `/w/${slug}/links` }),
    notes: report ? noteMarks(report, await listNotes(db, id, subject, report.period)) : [],
    today: localDay(now, timeZone),
    credit: creditOf(geo.source.attribution),
  };
}

/** 'IP Geolocation by DB-IP, https://db-ip.com' as words and the address that they lead to. */
function creditOf(attribution: string | null): { words: string; href: string | null } | null {
  if (attribution === null) return null;
  const [words = '', href = null] = attribution.split(/, (?=https:)/);
  return { words, href };
}

/** The address of a comparison of the subject with others, over the same days. */
function comparison(slug: string, subject: Subject, period: Period | null): string {
  const field = isKept(subject) ? fieldOf(subject) : null;
  const view =
    period?.name === 'all' ? { from: period.days.first, to: period.days.last } : period && viewOf(period, []);
  return reportHref(`/w/${slug}/compare`, { ...view, filters: [] }, field ? { [field.name]: field.value } : {});
}
