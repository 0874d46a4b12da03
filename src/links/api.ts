import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from '../api/problem.ts';
import { readLinkChanges, readNewLink } from './forms.ts';
import { listLinks } from './list.ts';
import { archiveLink, getLink, insertLink, removeLink, restoreLink, updateLink } from './queries.ts';

const link = z
  .object({
    id: z.string(),
    domain: z.string().describe('Host of the short link.'),
    slug: z.string().describe('Path of the short link, as it was typed.'),
    shortUrl: z.string().describe('The short link, ready to share.'),
    url: z.string().describe('Where it leads, byte for byte as it was given.'),
    title: z.string().nullable(),
    createdAt: z.date(),
    archivedAt: z.date().nullable().describe('Since when visitors meet "410 Gone"; null while the link works.'),
    clicks: z.int().min(0).describe('Clicks of people so far, exact at this moment.'),
  })
  .meta({
    id: 'Link',
    examples: [
      {
        id: 'V7mQdT2ZkC9x',
        domain: 'go.acme.com',
        slug: 'spring',
        shortUrl: 'https://go.acme.com/spring',
        url: 'https://www.acme.com/sale?season=spring',
        title: 'Spring sale',
        createdAt: '2026-11-22T14:05:00.000Z',
        archivedAt: null,
        clicks: 1204,
      },
    ],
  });

const linkPage = z
  .object({
    data: z.array(link),
    nextCursor: z.string().nullable().describe('What to send as `cursor` for the next page.'),
  })
  .meta({ id: 'LinkPage', description: 'Links, the newest first.' });

const url = z
  .string('Write url as a string: the address that the link should lead to.')
  .describe('Where the link leads: http or https. Its bytes are kept as they are.')
  .meta({ examples: ['https://www.acme.com/sale?season=spring'] });
const title = z
  .string('Write title as a string, or null for none.')
  .nullable()
  .describe('A name for you and your team, at most 200 characters.')
  .meta({ examples: ['Spring sale'] });

/** Properties that we do not know are refused: who misspells `title` should hear of it. */
const body = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `There is no property "${issue.keys?.[0]}".`
        : 'Send the properties as a JSON object.',
  });

const newLink = body({
  url,
  slug: z
    .string('Write slug as a string, or leave it out.')
    .nullish()
    .describe('Path of the short link. Without it, a random one.')
    .meta({ examples: ['spring'] }),
  domain: z
    .string('Write domain as a string, or leave it out.')
    .nullish()
    .describe("One of your workspace's domains. Without it, the usual one.")
    .meta({ examples: ['go.acme.com'] }),
  title: title.optional(),
});

const linkChanges = body({
  url: url.optional(),
  title: title.optional(),
  archived: z
    .boolean('Write archived as true or false.')
    .optional()
    .describe('`true` closes the link: visitors meet "410 Gone". `false` opens it again.'),
}).describe('What is left out stays as it is.');

const listQuery = z.object({
  search: z
    .string()
    .max(200, 'A search has at most 200 characters.')
    .regex(/^\P{Cc}*$/u, 'A search holds no control characters.')
    .default('')
    .describe('Finds words in titles, destinations and short links.'),
  limit: z.coerce
    .number('limit is a number from 1 to 100.')
    .int('limit is a whole number.')
    .min(1, 'limit is 1 at least.')
    .max(100, 'limit is 100 at most.')
    .default(20)
    .describe('Links a page.'),
  cursor: z.string().optional().describe('`nextCursor` of the page before.'),
});

const linkId = z.object({ id: z.string().describe("The link's id.") });

/** The API's view of links: the same functions as the pages, in JSON. */
export default async function linksApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.post(
    '/api/v1/links',
    {
      schema: {
        operationId: 'createLink',
        summary: 'Create a link',
        tags: ['Links'],
        body: newLink,
        response: { 201: link.describe('The new link.'), ...refusals(400, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { id: workspaceId } = request.workspace;
      const input = await readNewLink(app, workspaceId, request.body);
      const made = await insertLink(app.db, workspaceId, { ...input, createdBy: null });
      return reply.code(201).header('location', `/api/v1/links/${made.id}`).send(made);
    },
  );

  routes.get(
    '/api/v1/links',
    {
      schema: {
        operationId: 'listLinks',
        summary: 'List links',
        description: 'Archived ones included; deleted ones are gone.',
        tags: ['Links'],
        querystring: listQuery,
        response: { 200: linkPage.describe('A page of links.'), ...refusals(422) },
      },
    },
    async (request) => {
      const { search, limit, cursor = null } = request.query;
      const options = { search, limit, cursor, sort: 'newest', state: 'all' } as const;
      const page = await listLinks(app.db, request.workspace.id, options);
      return { data: page.links, nextCursor: page.nextCursor };
    },
  );

  routes.get(
    '/api/v1/links/:id',
    {
      schema: {
        operationId: 'getLink',
        summary: 'Get a link',
        tags: ['Links'],
        params: linkId,
        response: { 200: link.describe('The link.'), ...refusals(404) },
      },
    },
    async (request) => getLink(app.db, request.workspace.id, request.params.id),
  );

  routes.patch(
    '/api/v1/links/:id',
    {
      schema: {
        operationId: 'updateLink',
        summary: 'Change a link',
        description: 'Visitors follow the change at once. The short link itself stays as it is.',
        tags: ['Links'],
        params: linkId,
        body: linkChanges,
        response: { 200: link.describe('The link as it is now.'), ...refusals(400, 404, 413, 415, 422) },
      },
    },
    async (request) => {
      const { id: workspaceId } = request.workspace;
      const { archived, ...typed } = request.body;
      const changes = await readLinkChanges(app, typed);
      return app.db.transaction(async (tx) => {
        const updated = await updateLink(tx, workspaceId, request.params.id, changes);
        if (archived === undefined) return updated;
        return archived
          ? archiveLink(tx, workspaceId, request.params.id)
          : restoreLink(tx, workspaceId, request.params.id);
      });
    },
  );

  routes.delete(
    '/api/v1/links/:id',
    {
      schema: {
        operationId: 'deleteLink',
        summary: 'Delete a link',
        description: 'For good: visitors meet "410 Gone", and the slug is never given to anybody again.',
        tags: ['Links'],
        params: linkId,
        response: { 204: z.undefined().describe('It is deleted.'), ...refusals(404) },
      },
    },
    async (request, reply) => {
      await removeLink(app.db, request.workspace.id, request.params.id);
      return reply.code(204).send();
    },
  );
}
