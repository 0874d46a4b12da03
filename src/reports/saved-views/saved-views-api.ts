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
    .describe('At most 80 characters; no two views of a workspace have the same.')
    .meta({ examples: ['Phones in Germany'] }),
  url: z
    .string('Write url as a string.')
    .max(10_000, 'The address of a report has up to 10,000 characters.')
    .describe(
      'Address of the report: its subject, period and filters, as a browser shows them. Answers give it whole; requests may leave out the host: `/w/acme/reports?period=30d`.',
    )
    .meta({ examples: ['https://app.example.com/w/acme/reports?period=30d&f=device:is:mobile'] }),
};

const view = z.object({ id: z.string(), ...fields }).meta({
  id: 'SavedView',
  description: 'A report under a name. Named periods stay relative to the day on which it is opened.',
  examples: [
    {
      id: 'V7mQdT2ZkC9x',
      name: 'Phones in Germany',
      url: 'https://app.example.com/w/acme/reports?period=30d&f=device:is:mobile&f=country:is:DE',
    },
  ],
});
const listed = view.extend({
  isGone: z.boolean().describe('True where what it is about is deleted: its url leads nowhere.'),
});
const newView = jsonBody(fields);
const params = z.object({ id: z.string().describe("The view's id.") });

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
        description: 'By name.',
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
        tags: ['Analytics'],
        body: newView,
        response: { 201: view.describe('The new view.'), ...refusals(400, 404, 409, 413, 415, 422) },
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
        tags: ['Analytics'],
        params,
        response: { 204: z.undefined().describe('It is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeView(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}
