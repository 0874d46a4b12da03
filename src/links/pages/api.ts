import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { refusals } from '../../people/keys/problem.ts';
import { refuseToRestore } from './forms.ts';
import { readNewLink } from '../creation/new-link.ts';
import {
  jsonOfOptions,
  newMainSchemas,
  newOtherSchemas,
  readOptions,
  sentSchemas,
  shownOf,
  valueSchemas,
} from '../options/list.ts';
import { linkSorts, linkStates, listLinks } from '../links/list.ts';
import { insertLink } from '../links/insert.ts';
import { archiveLink, getLink, type Link, removeLink, restoreLink, updateLink } from '../links/queries.ts';
import { listTags, tagColours } from '../links/tags.ts';

const link = z
  .object({
    id: z.string(),
    domain: z.string().describe('Host of the short link.'),
    slug: z.string().describe('Path of the short link, as it was typed.'),
    shortUrl: z.string().describe('The short link, ready to share.'),
    ...valueSchemas,
    createdAt: z.date(),
    archivedAt: z.date().nullable().describe('Since when visitors meet "410 Gone"; null while the link works.'),
    clicks: z.int().min(0).describe('Clicks of people so far, exact at this moment.'),
    visitors: z.int().min(0).describe('Visitors so far, of each day anew, exact at this moment.'),
    lastClickAt: z.date().nullable().describe('null until somebody clicks.'),
    warning: z
      .string()
      .nullable()
      .describe('What may be wrong with `url`, such as a host that only a private network knows; null for nothing.'),
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
        tags: ['newsletter', 'Spain'],
        campaign: 'Spring 2026',
        createdAt: '2026-11-22T14:05:00.000Z',
        archivedAt: null,
        clicks: 1204,
        visitors: 988,
        lastClickAt: '2026-11-23T06:31:09.214Z',
        warning: null,
      },
    ],
  });

const tag = z
  .object({
    name: z.string(),
    colour: z.enum(tagColours),
    links: z.int().min(0).describe('How many links carry it, archived ones included.'),
  })
  .meta({ id: 'Tag', examples: [{ name: 'newsletter', colour: 'blue', links: 12 }] });

const linkPage = z
  .object({
    data: z.array(link),
    nextCursor: z.string().nullable().describe('What to send as `cursor` for the next page.'),
  })
  .meta({ id: 'LinkPage', description: 'Links in the order that was asked for.' });

/** A link as the API gives it: names where pages know more. */
const asJson = (made: Link) => ({ ...made, ...jsonOfOptions(made), warning: shownOf(made).warning });

const changes = z.object(sentSchemas).partial().shape;

const newLink = jsonBody({
  ...newMainSchemas,
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
  ...newOtherSchemas,
});

const linkChanges = jsonBody({
  ...changes,
  tags: changes.tags.describe('All tags that it is to have; the others are taken off.'),
  archived: z
    .boolean('Write archived as true or false.')
    .optional()
    .describe('`true` closes the link: visitors meet "410 Gone". `false` opens it again.'),
}).describe('What is left out stays as it is.');

const words = z
  .string()
  .max(200, 'A search has at most 200 characters.')
  .regex(/^\P{Cc}*$/u, 'A search holds no control characters.')
  .default('');

const listQuery = z.object({
  search: words.describe('Finds words in titles, destinations and short links.'),
  tag: words.describe('Only links with the tag of this name.'),
  campaign: words.describe('Only links in the campaign of this name.'),
  state: z.enum(linkStates).default('all').describe('`active` for links that work, `archived` for those that do not.'),
  sort: z
    .enum(linkSorts)
    .default('newest')
    .describe('By `clicks` and `last-click`, the highest and the latest come first.'),
  limit: z.coerce
    .number('limit is a number from 1 to 100.')
    .int('limit is a whole number.')
    .min(1, 'limit is 1 at least.')
    .max(100, 'limit is 100 at most.')
    .default(20)
    .describe('Links a page.'),
  cursor: z.string().optional().describe('`nextCursor` of the page before, in the same order.'),
});

const linkId = z.object({ id: z.string().describe("The link's id.") });

/** The API's view of links: the same functions as the pages, in JSON. */
export default async function linksApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { sites, config, isReservedSlug } = app;

  routes.get(
    '/api/v1/tags',
    {
      schema: {
        operationId: 'listTags',
        summary: 'List tags',
        description: 'By name. Tags are made by naming them at a link.',
        tags: ['Links'],
        response: { 200: z.object({ data: z.array(tag) }).describe('All tags of the workspace.'), ...refusals() },
      },
    },
    async (request) => ({ data: await listTags(app.db, request.workspace.id) }),
  );

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
      const made = await insertLink(app.db, workspaceId, actorOf(request), input);
      return reply.code(201).header('location', `/api/v1/links/${made.id}`).send(asJson(made));
    },
  );

  routes.get(
    '/api/v1/links',
    {
      schema: {
        operationId: 'listLinks',
        summary: 'List links',
        description: 'Archived ones included unless `state` says otherwise; deleted ones are gone.',
        tags: ['Links'],
        querystring: listQuery,
        response: { 200: linkPage.describe('A page of links.'), ...refusals(422) },
      },
    },
    async (request) => {
      const { cursor = null, ...filter } = request.query;
      const page = await listLinks(app.db, request.workspace.id, { ...filter, cursor });
      return { data: page.links.map(asJson), nextCursor: page.nextCursor };
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
    async (request) => asJson(await getLink(app.db, request.workspace.id, request.params.id)),
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
        response: { 200: link.describe('The link as it is now.'), ...refusals(400, 404, 409, 413, 415, 422) },
      },
    },
    async (request) => {
      const { id: workspaceId } = request.workspace;
      const { archived, ...typed } = request.body;
      const changed = await readOptions(app, workspaceId, typed);
      const by = actorOf(request);
      return app.db.transaction(async (tx) => {
        const updated = await updateLink(tx, workspaceId, by, request.params.id, changed);
        if (archived === undefined) return asJson(updated);
        if (archived) return asJson(await archiveLink(tx, workspaceId, by, updated.id));
        await refuseToRestore({ db: tx, sites, config, isReservedSlug }, workspaceId, [updated.id]);
        return asJson(await restoreLink(tx, workspaceId, by, updated.id));
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
        response: { 204: z.undefined().describe('It is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeLink(app.db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}
