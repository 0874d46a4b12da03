import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { fitsUndo } from './bulk-routes.ts';
import { editLinkForm, listQuery, refuseToRestore } from './forms.ts';
import { rowsOf, showList, statesBehind } from './list-page.ts';
import { mainOf, type OptionName, optionNames, readOptions, shownOf, showOptions } from '../options/list.ts';
import { archiveLink, getLink, type Link, removeLink, restoreLink, updateLink } from '../links/queries.ts';

// A text that cannot be an id (it may hold a NUL, which Postgres refuses) is the id of no link.
const linkParams = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** Pages of links: list, edit, archive, delete. Making them is in creation, the page of one, with its report, in reports/pages. */
export default async function linkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')] };

  routes.get('/w/:workspace/links', { ...toSee, schema: { querystring: listQuery } }, async (request, reply) =>
    showList(request, reply, request.query),
  );

  routes.get(
    '/w/:workspace/links/:linkId/edit',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      return showEdit(request, reply, link, openEdit(showOptions(link)), {});
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/edit',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const { id: workspaceId } = request.workspace;
      const link = await getLink(db, workspaceId, request.params.linkId);
      const edited = () => readEdit(request.body, optionNames);
      return takeForm(
        request,
        reply,
        editLinkForm,
        async () => {
          const edit = edited();
          const changes = await readOptions(app, workspaceId, edit.changes);
          const saved = await updateLink(db, workspaceId, actorOf(request), link.id, changes, (now) =>
            edit.refuseOvertaken(showOptions(now)),
          );
          reply.flash('success', withWarning(whatChanged(link, saved), saved), undoOf(request, link, saved));
          return reply.redirect(linkHref(request, link), 303);
        },
        async ({ errors, thrown }) => {
          const now = await getLink(db, workspaceId, link.id);
          return showEdit(request, reply, now, edited().again(showOptions(now), thrown), errors);
        },
      );
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/archive',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      const link = await archiveLink(db, request.workspace.id, actorOf(request), request.params.linkId);
      if (isFragmentRequest(request))
        return reply.fragment('links/pages/_archived-row.eta', { link, ...(await statesBehind(request)) });
      reply.flash('success', `${nameOf(link)} is archived. Visitors see that it is gone until you restore it.`);
      return reply.redirect(linkHref(request, link), 303);
    },
  );

  routes.post(
    '/w/:workspace/links/:linkId/restore',
    { ...toChange, schema: { params: linkParams } },
    async (request, reply) => {
      await refuseToRestore(app, request.workspace.id, [request.params.linkId]);
      const link = await restoreLink(db, request.workspace.id, actorOf(request), request.params.linkId);
      if (isFragmentRequest(request)) {
        const [row] = await rowsOf(request, [link]);
        const { timeZone } = request.workspace;
        const states = await statesBehind(request);
        return reply.fragment('links/pages/_restored-row.eta', { row, now: new Date(), timeZone, ...states });
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
      await removeLink(db, request.workspace.id, actorOf(request), link.id);
      reply.flash('success', `${nameOf(link)} is deleted.`);
      return reply.redirect(`/w/${request.workspace.slug}/links`, 303);
    },
  );
}

/** How people call a link: without scheme, in its own letters. */
const nameOf = (link: Link): string => `${link.domain}/${link.slug}`;

const withWarning = (sentence: string, link: Link) => [sentence, shownOf(link).warning].filter(Boolean).join(' ');

const linkHref = (request: FastifyRequest, link: Link): string => `/w/${request.workspace.slug}/links/${link.id}`;

/** The result of saving, and its meaning for visitors. */
function whatChanged(before: Link, saved: Link): string {
  const option = mainOf(saved);
  if (option.show(saved) === option.show(before)) return `${nameOf(saved)} is saved.`;
  if (saved.archivedAt) return `${nameOf(saved)} is saved. It stays archived: visitors see that it is gone.`;
  return `${nameOf(saved)} is saved. ${option.main.changed}`;
}

/** The way back to what it opened before, where a cookie holds it; it says what it takes back. */
function undoOf(request: FastifyRequest, before: Link, saved: Link) {
  const option = mainOf(saved);
  const [was, is] = [option.show(before), option.show(saved)];
  const fields = { [option.name]: was, shown: openEdit({ [option.name]: is }).shown };
  return is !== was && fitsUndo(fields) ? { action: `${linkHref(request, before)}/edit`, fields } : undefined;
}

function showEdit(
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  edit: EditView<OptionName>,
  errors: Record<string, string>,
) {
  return reply.page('links/pages/edit.eta', {
    title: `Edit ${nameOf(link)}`,
    link,
    ...edit,
    errors,
    timeZone: request.workspace.timeZone,
  });
}
