import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { refusals } from '../../people/keys/problem.ts';
import { getScope } from '../counts/queries.ts';
import { insertView, listViews, readViewName, removeView, type SavedView } from './saved-views.ts';
import { readReportAddress } from '../addresses/view-address.ts';

const fields = {
  name: z
    .string('Write name as a string.')
    .describe('No two views of a workspace have the same name.')
    .meta({ maxLength: 80, examples: ['Phones in Germany'] }),
  url: z
    .string('Write url as a string.')
    .max(10_000, 'The address of a report has up to 10,000 characters.')
    .describe(
      'The address of the report, as a browser shows it: what it is about, its period and its filters. Requests may leave out the host.',
    )
    .meta({ examples: ['https://app.example.com/w/acme/reports?period=30d&f=device:is:mobile'] }),
};

const example = {
  id: 'P9wRtY5hJd2k',
  name: 'Phones in Germany',
  url: 'https://app.example.com/w/acme/reports?period=30d&f=device:is:mobile&f=country:is:DE',
};

const view = z.object({ id: z.string().describe('Identifies it, and never changes.'), ...fields }).meta({
  id: 'SavedView',
  description: 'A report under a name. A period such as the last 30 days ends on the day on which it is opened.',
  examples: [example],
});
const listed = view
  .extend({
    isGone: z.boolean().describe('`true` when what it is about was deleted, so that `url` leads nowhere.'),
  })
  .meta({ examples: [{ ...example, isGone: false }] });
const newView = jsonBody(fields).meta({
  examples: [{ name: 'Phones in Germany', url: '/w/acme/reports?period=30d&f=device:is:mobile&f=country:is:DE' }],
});
const params = z.object({
  id: z
    .string()
    .describe('The id of the view.')
    .meta({ examples: ['P9wRtY5hJd2k'] }),
});

/** The API's view of saved views: the same functions as the pages, in JSON. */
export default async function savedViewsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, config } = app;
  const urlOf = (request: FastifyRequest, { address }: SavedView) =>
    `${config.appUrl}/w/${request.workspace.slug}/${address}`;

  routes.get(
    '/api/v1/views',
    {
      schema: {
        operationId: 'listViews',
        summary: 'List saved views',
        description: 'All saved views of the workspace, by name.',
        tags: ['Analytics'],
        response: { 200: z.object({ data: z.array(listed) }).describe('All saved views.'), ...refusals() },
      },
    },
    async (request) => {
      const views = await listViews(db, request.workspace.id);
      return {
        data: views.map((each) => ({ ...each, url: urlOf(request, each), isGone: each.subjectName === null })),
      };
    },
  );

  routes.post(
    '/api/v1/views',
    {
      schema: {
        operationId: 'createView',
        summary: 'Save a view',
        description: 'Keeps a report of the workspace under a name, for everybody in it.',
        tags: ['Analytics'],
        body: newView,
        response: { 201: view.describe('The new view.'), ...refusals(400, 404, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const { id: workspaceId, timeZone, weekStartsOn } = request.workspace;
      const { name: typed, url } = request.body;
      const path = url.startsWith(config.appUrl) ? url.slice(config.appUrl.length) : url;
      const { subject, address } = readReportAddress(
        path,
        request.workspace,
        { timeZone, weekStartsOn, now: new Date() },
        'url',
      );
      await getScope(db, workspaceId, subject);
      const name = readViewName(typed);
      const made = await insertView(db, workspaceId, actorOf(request), { name, address });
      return reply.code(201).send({ id: made.id, name: made.name, url: urlOf(request, made) });
    },
  );

  routes.delete(
    '/api/v1/views/:id',
    {
      schema: {
        operationId: 'deleteView',
        summary: 'Delete a saved view',
        description: 'The report itself stays, and so do its clicks.',
        tags: ['Analytics'],
        params,
        response: { 204: z.undefined().describe('The view is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeView(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}
