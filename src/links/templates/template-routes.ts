import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import {
  editTemplateForm,
  readTemplate,
  templateFields,
  templateForm,
  type TemplateTexts,
  textsOfTemplate,
} from './forms.ts';
import {
  getTemplate,
  insertTemplate,
  type LinkTemplate,
  listTemplates,
  removeTemplate,
  updateTemplate,
} from './templates.ts';

const params = z.object({ workspace: z.string(), templateId: z.string().regex(/^\w+$/).catch('-') });

/** The page of link templates, and their forms. */
export default async function templateRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const contextOf = (tx: Db) => ({ db: tx, sites, config, isReservedSlug });
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('organise')] };

  routes.get('/w/:workspace/templates', toSee, async (request, reply) =>
    reply.page('links/templates/templates.eta', { linkTemplates: await listTemplates(db, request.workspace.id) }),
  );

  routes.get(
    '/w/:workspace/templates/new',
    { ...toChange, schema: { querystring: templateForm } },
    async (request, reply) => showTemplate(reply, null, openEdit(request.query), {}),
  );

  routes.post('/w/:workspace/templates', toChange, async (request, reply) =>
    takeForm(
      request,
      reply,
      templateForm,
      async (form) => {
        const { id: workspaceId } = request.workspace;
        const { made } = await makeOnce(request, async (tx) => ({
          name: (
            await insertTemplate(
              tx,
              workspaceId,
              actorOf(request),
              await readTemplate(contextOf(tx), workspaceId, form),
            )
          ).name,
        }));
        reply.flash('success', `“${made.name}” is ready. Choose it under Template when you create a link.`);
        return reply.redirect(templatesHref(request), 303);
      },
      ({ errors }) => showTemplate(reply, null, openEdit(templateForm.parse(request.body)), errors),
    ),
  );

  routes.get('/w/:workspace/templates/:templateId', { ...toChange, schema: { params } }, async (request, reply) => {
    const template = await getTemplate(db, request.workspace.id, request.params.templateId);
    return showTemplate(reply, template, openEdit(textsOfTemplate(template)), {});
  });

  routes.post('/w/:workspace/templates/:templateId', { ...toChange, schema: { params } }, async (request, reply) => {
    const { id: workspaceId } = request.workspace;
    const { templateId } = request.params;
    const edited = () => readEdit(editTemplateForm.parse(request.body), templateFields);
    return takeForm(
      request,
      reply,
      editTemplateForm,
      async () => {
        const edit = edited();
        const saved = await updateTemplate(db, workspaceId, actorOf(request), templateId, (now, tx) => {
          edit.refuseOvertaken(textsOfTemplate(now));
          return readTemplate(contextOf(tx), workspaceId, { ...textsOfTemplate(now), ...edit.changes }, now);
        });
        const sentence = `“${saved.name}” is saved. Links that were made with it stay as they are.`;
        reply.flash('success', sentence, Object.keys(edit.changes).length > 0 ? workspaceId : undefined);
        return reply.redirect(templatesHref(request), 303);
      },
      async ({ errors, thrown }) => {
        const now = await getTemplate(db, workspaceId, templateId);
        return showTemplate(reply, now, edited().again(textsOfTemplate(now), thrown), errors);
      },
    );
  });

  routes.post(
    '/w/:workspace/templates/:templateId/delete',
    { ...toChange, schema: { params } },
    async (request, reply) => {
      const gone = await removeTemplate(db, request.workspace.id, actorOf(request), request.params.templateId);
      reply.flash('success', `The link template “${gone.name}” is deleted.`);
      return reply.redirect(templatesHref(request), 303);
    },
  );
}

const templatesHref = (request: FastifyRequest) => `/w/${request.workspace.slug}/templates`;

function showTemplate(
  reply: FastifyReply,
  template: LinkTemplate | null,
  edit: EditView<keyof TemplateTexts>,
  errors: Record<string, string>,
) {
  const title = template ? `Link template ${template.name}` : 'New link template';
  return reply.page('links/templates/template.eta', { title, template, ...edit, errors });
}
