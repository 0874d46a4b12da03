import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { flashOf, takeForm } from '../../ground/http/forms.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { errorsWith, makeChosen, type Offer, offerOf } from '../creation/offer.ts';
import { editLinkForm, editQuery, listQuery, refuseToRestore } from './forms.ts';
import { linkHead, tabShown } from './head.ts';
import { listBehind, listHref, readBack, rowsOf, showList, statesBehind } from './list-page.ts';
import { mainOf, type OptionName, optionNames, readOptions, shownOf, showOptions } from '../options/list.ts';
import { archiveLink, getLink, type Link, removeLink, restoreLink, updateLink } from '../links/queries.ts';

// A text that cannot be an id (it may hold a NUL, which Postgres refuses) is the id of no link.
const linkParams = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** Pages of links: list, edit, archive, delete. Making them is in creation, the page of one, with its report, in reports/pages. */
export default async function linkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')] };

  routes.get('/w/:workspace/links', { ...toSee, schema: { querystring: listQuery } }, async (request, reply) =>
    showList(request, reply, { ...request.query, within: '' }),
  );

  routes.get(
    '/w/:workspace/links/:linkId/edit',
    { ...toChange, schema: { params: linkParams, querystring: editQuery } },
    async (request, reply) => {
      const link = await getLink(db, request.workspace.id, request.params.linkId);
      return showEdit(request, reply, link, openEdit(showOptions(link)), {}, request.query);
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
        async ({ list, newCampaign }) => {
          const edit = edited();
          const by = actorOf(request);
          const chosen = mayDo(request.workspace.role, 'organise') ? newCampaign : '';
          const saved = await db.transaction(async (tx) => {
            await makeChosen(tx, workspaceId, by, edit.changes.campaign, chosen);
            const context = { db: tx, sites, config, isReservedSlug };
            const changes = await readOptions(context, workspaceId, edit.changes);
            return updateLink(tx, workspaceId, by, link.id, changes, (now) => edit.refuseOvertaken(showOptions(now)));
          });
          const message = withWarning(whatChanged(link, saved), saved);
          const undoIn = isOther(link, saved) ? workspaceId : undefined;
          if (isFragmentRequest(request)) return showSaved(request, reply, saved, message, undoIn);
          reply.flash('success', message, undoIn);
          const back = list === undefined ? linkHref(request, link) : listHref(request.workspace.slug, readBack(list));
          return reply.redirect(back, 303);
        },
        async ({ errors, thrown }) => {
          const now = await getLink(db, workspaceId, link.id);
          const again = edited().again(showOptions(now), thrown);
          const { list, newCampaign } = editLinkForm.parse(request.body);
          const offer = await offerOf(request, again.values.campaign, newCampaign);
          return showEdit(request, reply, now, { ...again, offer }, errorsWith(offer, errors, thrown), { list });
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
      const sentence = `${nameOf(link)} is archived. Visitors see that it is gone until you restore it.`;
      reply.flash('success', sentence, request.workspace.id);
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
        const list = await listBehind(request);
        return reply.fragment('links/pages/_restored-row.eta', { row, list, now: new Date(), timeZone, ...states });
      }
      reply.flash('success', `${nameOf(link)} works again.`, request.workspace.id);
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
  const isTested = saved.split?.versions.some(({ url }) => url === null) ?? false;
  return `${nameOf(saved)} is saved. ${option.main.changed}${isTested ? ' Its A/B test begins anew.' : ''}`;
}

/** Whether saving changed anything, so that there is something to undo. */
const isOther = (before: Link, saved: Link): boolean =>
  JSON.stringify(showOptions(before)) !== JSON.stringify(showOptions(saved));

/** The form of a link's options: a page, or the drawer of the page that asks. */
function showEdit(
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  edit: EditView<OptionName> & { offer?: Offer | undefined },
  errors: Record<string, string>,
  { list }: z.output<typeof editQuery>,
) {
  const form = { link, offer: undefined, ...edit, errors, timeZone: request.workspace.timeZone, list };
  if (isFragmentRequest(request)) return reply.fragment('links/pages/_edit-form.eta', { ...form, isInDrawer: true });
  return reply.page('links/pages/edit.eta', { title: `Edit ${nameOf(link)}`, ...form });
}

/** The new values of a link in the page that asked: its head on its own pages, its row in a list. */
async function showSaved(
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  message: string,
  undoIn: string | undefined,
) {
  const now = new Date();
  const tab = tabShown(request, link);
  const [row] = tab ? [] : await rowsOf(request, [link]);
  // It closes the drawer; other parts of the page, such as a history, may listen.
  reply.header('HX-Trigger', 'link-saved');
  return reply.fragment('links/pages/saved.eta', {
    head: tab && linkHead(request, link, tab, now),
    row,
    list: await listBehind(request),
    now,
    timeZone: request.workspace.timeZone,
    flash: flashOf(request, 'success', message, undoIn),
  });
}
