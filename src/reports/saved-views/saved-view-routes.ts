import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { editFields, type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { AppError } from '../../ground/text/errors.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { nameLinks } from '../counts/link-names.ts';
import { getScope } from '../counts/queries.ts';
import {
  getView,
  insertView,
  type ListedView,
  listViews,
  readViewName,
  removeView,
  renameView,
} from './saved-views.ts';
import { readReportAddress, type SavedReport, savedWords } from '../addresses/view-address.ts';

const params = z.object({ workspace: z.string(), viewId: z.string() });
const text = z.string().max(10_000).default('');
const nameForm = z.object({ name: text });
const renameForm = nameForm.extend(editFields);
const viewForm = nameForm.extend({ address: text });
type Typed = z.output<typeof viewForm>;

/** Saved views: the list, the forms, and what saves what a report shows. */
export default async function savedViewRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('organise')] };

  routes.get('/w/:workspace/views', toSee, async (request, reply) => {
    const { id } = request.workspace;
    const views = (await listViews(db, id)).map((view) => ({ ...view, report: readStored(view, request) }));
    const filters = views.flatMap(({ report }) => report?.filters ?? []);
    const linkNames = await nameLinks(db, id, filters);
    return reply.page('reports/saved-views/views.eta', {
      views: views.map(({ report, ...view }) => ({ ...view, words: report && savedWords(report, linkNames) })),
    });
  });

  routes.post('/w/:workspace/views', toChange, async (request, reply) => {
    const home = homeOf(request);
    return takeForm(
      request,
      reply,
      viewForm,
      async (asked) => {
        const report = readReportAddress(asked.address, request.workspace, clockOf(request));
        await getScope(db, request.workspace.id, report.subject);
        const { address } = report;
        const name = readViewName(asked.name);
        const { id: workspaceId } = request.workspace;
        await makeOnce(request, async (tx) => ({
          id: (await insertView(tx, workspaceId, actorOf(request), { name, address })).id,
        }));
        reply.flash('success', `“${name}” is saved.`);
        return reply.redirect(`${home}/${address}`, 303);
      },
      ({ errors }) =>
        showForm(reply, {
          title: 'Save this view',
          action: `${home}/views`,
          values: typedValues(request.body),
          shown: '',
          conflicts: {},
          errors,
        }),
    );
  });

  routes.get('/w/:workspace/views/:viewId', { ...toChange, schema: { params } }, async (request, reply) => {
    const view = await getView(db, request.workspace.id, request.params.viewId);
    return showForm(reply, renaming(request, view.name, openEdit({ name: view.name }), {}));
  });

  routes.post('/w/:workspace/views/:viewId', { ...toChange, schema: { params } }, async (request, reply) => {
    const { id } = request.workspace;
    const view = await getView(db, id, request.params.viewId);
    const edited = () => readEdit(request.body, ['name']);
    return takeForm(
      request,
      reply,
      renameForm,
      async () => {
        const edit = edited();
        const { name } = edit.changes;
        if (name !== undefined)
          await renameView(db, id, actorOf(request), view.id, (now) => {
            edit.refuseOvertaken({ name: now.name });
            return readViewName(name);
          });
        reply.flash('success', 'The view has its new name.', name === undefined ? undefined : id);
        return reply.redirect(`${homeOf(request)}/views`, 303);
      },
      async ({ errors, thrown }) => {
        const { name } = await getView(db, id, view.id);
        return showForm(reply, renaming(request, name, edited().again({ name }, thrown), errors));
      },
    );
  });

  routes.post('/w/:workspace/views/:viewId/delete', { ...toChange, schema: { params } }, async (request, reply) => {
    const home = homeOf(request);
    const { id } = request.workspace;
    const { name } = await removeView(db, id, actorOf(request), request.params.viewId);
    reply.flash('success', `The view “${name}” is deleted.`, id);
    return reply.redirect(`${home}/views`, 303);
  });
}

const homeOf = (request: FastifyRequest) => `/w/${request.workspace.slug}`;

const clockOf = ({ workspace: { timeZone, weekStartsOn } }: FastifyRequest) => ({
  timeZone,
  weekStartsOn,
  now: new Date(),
});

/** The period and filters of a saved view; null where reports cannot say them any more, or its subject is gone. */
function readStored({ address, subjectName }: ListedView, request: FastifyRequest): SavedReport | null {
  if (subjectName === null) return null;
  try {
    return readReportAddress(`${homeOf(request)}/${address}`, request.workspace, clockOf(request));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

type Form = Omit<EditView<'name'>, 'values'> & {
  title: string;
  action: string;
  values: Partial<Typed>;
  errors: Record<string, string>;
};

const renaming = (
  request: FastifyRequest,
  name: string,
  edit: EditView<'name'>,
  errors: Record<string, string>,
): Form => ({ title: `Rename ${name}`, action: request.url, ...edit, errors });

function showForm(reply: FastifyReply, form: Form) {
  return reply.page('reports/saved-views/view-form.eta', form);
}
