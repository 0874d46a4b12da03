import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { drawSparkline } from '../sparkline.ts';
import { refusalOf } from '../refusal.ts';
import { requireRole, requireWorkspace } from '../workspaces/guards.ts';
import { checkSlug, editLinkForm, listQuery, newLinkForm, readLinkChanges, readNewLink } from './forms.ts';
import { countLinks, listLinks, sparklinesOf } from './list.ts';
import { archiveLink, getLink, insertLink, type Link, removeLink, restoreLink, updateLink } from './queries.ts';

const linksPerPage = 50;
const sparklineDays = 30;

// What cannot be an id (it may hold a NUL, which Postgres refuses) is the id of no link.
const linkParams = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** Pages of links: list, create, edit, archive, delete. The page of one link, with its report, is in analytics/. */
export default async function linkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRole('member')] };

  routes.get('/w/:workspace/links', { ...toSee, schema: { querystring: listQuery } }, async (request, reply) => {
    const { search, sort, state, cursor } = request.query;
    const { id, timeZone } = request.workspace;
    const [page, counts] = await Promise.all([
      listLinks(db, id, { search, sort, state, cursor, limit: linksPerPage }),
      countLinks(db, id, search),
    ]);
    const canonical = listHref(request, {});
    if (isFragmentRequest(request) && cursor === null) reply.header('HX-Replace-Url', canonical);
    return reply.viewAsync('links/index.eta', {
      title: 'Links',
      search,
      sort,
      state,
      isFirstPage: cursor === null,
      counts,
      rows: await rowsOf(request, page.links),
      now: new Date(),
      timeZone,
      firstHref: canonical,
      nextHref: page.nextCursor && listHref(request, { cursor: page.nextCursor }),
      stateHref: (other: string) => listHref(request, { state: other }),
    });
  });

  routes.get('/w/:workspace/links/new', toChange, async (_request, reply) =>
    reply.viewAsync('links/new.eta', { title: 'Create a link', values: {}, errors: {}, idPrefix: 'new' }),
  );

  routes.get(
    '/w/:workspace/links/slug-check',
    { ...toChange, schema: { querystring: newLinkForm } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return reply.viewAsync('components/_slug-state.eta', {
        ...(await checkSlug(app, request.workspace.id, request.query)),
      });
    },
  );

  routes.post('/w/:workspace/links', { ...toChange, schema: { body: newLinkForm } }, async (request, reply) => {
    const { idPrefix, ...values } = request.body;
    const isFragment = isFragmentRequest(request);
    try {
      const input = await readNewLink(app, request.workspace.id, values);
      const link = await insertLink(db, request.workspace.id, { ...input, createdBy: request.user?.id ?? null });
      if (!isFragment) {
        reply.flash('success', `${nameOf(link)} is ready.`);
        return reply.redirect(linkHref(request, link), 303);
      }
      // The list behind the dialog shows it at once; on the first link's page the form's own place shows it.
      if (idPrefix === 'quick') reply.header('HX-Trigger', 'link-created');
      return await reply.viewAsync('components/_created-link.eta', {
        link,
        qrUrl: `/qr/${link.qrSlugId}.svg`,
        idPrefix,
      });
    } catch (error) {
      const { status, errors } = refusalOf(error);
      const view = { title: 'Create a link', values, errors, idPrefix };
      reply.code(status);
      if (isFragment) return reply.viewAsync('components/_create-link.eta', view);
      return reply.viewAsync('links/new.eta', view);
    }
  });

  routes.get(
    '/w/:workspace/links/:linkId/edit',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      const { url, title } = link;
      return showEdit(request, reply, link, { url, title: title ?? '' }, {});
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/edit',
    { ...toChange, schema: { params: linkParams, body: editLinkForm } },
    async (request, reply) => {
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      try {
        await updateLink(db, request.workspace.id, link.id, await readLinkChanges(app, request.body));
      } catch (error) {
        const { status, errors } = refusalOf(error);
        return showEdit(request, reply.code(status), link, request.body, errors);
      }
      reply.flash('success', `${nameOf(link)} is saved. Visitors follow the new destination from now on.`);
      return reply.redirect(linkHref(request, link), 303);
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/archive',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await archiveLink(db, request.workspace.id, request.params.linkId);
      if (isFragmentRequest(request)) return reply.viewAsync('links/_archived-row.eta', { link });
      reply.flash('success', `${nameOf(link)} is archived. Visitors see that it is gone until you restore it.`);
      return reply.redirect(linkHref(request, link), 303);
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/restore',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await restoreLink(db, request.workspace.id, request.params.linkId);
      if (isFragmentRequest(request)) {
        const [row] = await rowsOf(request, [link]);
        return reply.viewAsync('links/_row.eta', { row, now: new Date(), timeZone: request.workspace.timeZone });
      }
      reply.flash('success', `${nameOf(link)} works again.`);
      return reply.redirect(linkHref(request, link), 303);
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/delete',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      await removeLink(db, request.workspace.id, link.id);
      reply.flash('success', `${nameOf(link)} is deleted.`);
      return reply.redirect(`/w/${request.workspace.slug}/links`, 303);
    },
  );
}

/** htmx takes a piece of a page; everybody else a whole one. */
const isFragmentRequest = (request: FastifyRequest): boolean => request.headers['hx-request'] === 'true';

/** How people call a link: without scheme, in its own letters. */
const nameOf = (link: Link): string => `${link.domain}/${link.slug}`;

const linkHref = (request: FastifyRequest, link: Link): string => `/w/${request.workspace.slug}/links/${link.id}`;

/** This list with some parameters changed; what is usual is left out, so that addresses stay short. */
function listHref(request: FastifyRequest, changes: { cursor?: string; state?: string }): string {
  const { search, sort, state } = request.query as z.infer<typeof listQuery>;
  const parameters = { search, sort, state, ...changes };
  const usual: Record<string, string> = { search: '', sort: 'newest', state: 'active' };
  const said = Object.entries(parameters).filter(([name, value]) => value !== usual[name]);
  const query = new URLSearchParams(said).toString();
  return `/w/${request.workspace.slug}/links${query && `?${query}`}`;
}

/** Links with their last thirty days drawn. */
async function rowsOf(request: FastifyRequest, links: readonly Link[]) {
  const { id, timeZone } = request.workspace;
  const lines = await sparklinesOf(
    request.server.db,
    id,
    links.map((link) => link.id),
    { days: sparklineDays, timeZone, now: new Date() },
  );
  return links.map((link) => {
    const counts = lines.get(link.id) ?? [];
    return { link, sparkline: drawSparkline(counts), recentClicks: counts.reduce((sum, count) => sum + count, 0) };
  });
}

function showEdit(
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  values: { url: string; title: string },
  errors: Record<string, string>,
) {
  return reply.viewAsync('links/edit.eta', {
    title: `Edit ${nameOf(link)}`,
    link,
    values,
    errors,
    timeZone: request.workspace.timeZone,
  });
}
