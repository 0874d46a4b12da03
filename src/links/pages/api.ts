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
    id: z.string().describe('Identifies it, and never changes.'),
    domain: z.string().describe('The host of the short link.'),
    slug: z.string().describe('The path of the short link, as it was typed.'),
    shortUrl: z.string().describe('The short link, ready to share.'),
    ...valueSchemas,
    createdAt: z.date().describe('When it was created.'),
    archivedAt: z
      .date()
      .nullable()
      .describe('When the link was archived. Since then visitors are answered with 410. `null` while it works.'),
    clicks: z.int().min(0).describe('Clicks of people so far.'),
    visitors: z.int().min(0).describe('Visitors so far. Somebody who comes back on another day counts again.'),
    lastClickAt: z.date().nullable().describe('The time of the last click, `null` until there is one.'),
    warning: z
      .string()
      .nullable()
      .describe('What may be wrong with `url`, such as a host that only a private network knows. `null` for nothing.'),
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
        split: null,
        routes: null,
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
    name: z.string().describe('Its name.'),
    colour: z.enum(tagColours).describe('Its colour in the dashboard.'),
    links: z.int().min(0).describe('How many links have it, archived ones included.'),
  })
  .meta({ id: 'Tag', examples: [{ name: 'newsletter', colour: 'blue', links: 12 }] });

const linkPage = z
  .object({
    data: z.array(link).describe('The links of this page.'),
    nextCursor: z.string().nullable().describe('Send it as `cursor` for the next page. `null` at the end.'),
  })
  .meta({ id: 'LinkPage', description: 'Links in the order that you asked for.' });

/** A link as the API gives it: names where pages know more. */
const asJson = (made: Link) => ({ ...made, ...jsonOfOptions(made), warning: shownOf(made).warning });

const changes = z.object(sentSchemas).partial().shape;

const newLink = jsonBody({
  ...newMainSchemas,
  slug: z
    .string('Write slug as a string, or leave it out.')
    .nullish()
    .describe('The path of the short link. Without it, you get a random one.')
    .meta({ examples: ['spring'] }),
  domain: z
    .string('Write domain as a string, or leave it out.')
    .nullish()
    .describe('One of the domains of your workspace. Without it, its default domain.')
    .meta({ examples: ['go.acme.com'] }),
  ...newOtherSchemas,
}).meta({
  examples: [{ url: 'https://www.acme.com/sale?season=spring', title: 'Spring sale', tags: ['newsletter', 'Spain'] }],
});

const linkChanges = jsonBody({
  ...changes,
  tags: changes.tags.describe('All tags that the link is to have. It loses all others.'),
  archived: z
    .boolean('Write archived as true or false.')
    .optional()
    .describe('`true` archives the link: visitors are answered with 410. `false` brings it back.'),
})
  .describe('What you leave out stays as it is.')
  .meta({ examples: [{ url: 'https://www.acme.com/sale?season=summer', title: 'Summer sale' }] });

const words = z
  .string()
  .max(200, 'A search has at most 200 characters.')
  .regex(/^\P{Cc}*$/u, 'A search holds no control characters.')
  .default('');

const listQuery = z.object({
  search: words
    .describe('Words that stand in the title, the destination or the short link.')
    .meta({ examples: ['spring'] }),
  tag: words.describe('The name of a tag: only links that have it.'),
  campaign: words.describe('The name of a campaign: only its links.'),
  state: z
    .enum(linkStates)
    .default('all')
    .describe('`active` for links that work, `archived` for those that are archived.'),
  sort: z
    .enum(linkSorts)
    .default('newest')
    .describe(
      'The order of the list. `clicks` puts the link with the most clicks first, `last-click` the one that was clicked last.',
    ),
  limit: z.coerce
    .number('limit is a number from 1 to 100.')
    .int('limit is a whole number.')
    .min(1, 'limit is 1 at least.')
    .max(100, 'limit is 100 at most.')
    .default(20)
    .describe('How many links a page can have.')
    .meta({ examples: [50] }),
  cursor: z.string().optional().describe('`nextCursor` of the page before. Keep the other parameters as they were.'),
});

const linkId = z.object({
  id: z
    .string()
    .describe('The id of the link.')
    .meta({ examples: ['V7mQdT2ZkC9x'] }),
});

/** The API's view of links: the same functions as the pages, in JSON. */
export default async function linksApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { sites, config, isReservedSlug } = app;

  routes.post(
    '/api/v1/links',
    {
      schema: {
        operationId: 'createLink',
        summary: 'Create a link',
        description:
          'Only `url` is needed. The link works at once, and its QR code too. To make sure that a repeated request creates no second link, send a `slug`.',
        tags: ['Links'],
        body: newLink,
        response: { 201: link.describe('The new link.'), ...refusals(400, 409, 413, 415) },
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
        description:
          'Links of the workspace, page by page. Archived ones are among them unless `state` says otherwise.',
        tags: ['Links'],
        querystring: listQuery,
        response: { 200: linkPage.describe('A page of links.'), ...refusals() },
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
        description: 'One link, with what it has counted so far.',
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
        description:
          'Visitors follow the change at once. The short link and its QR code stay as they are. To archive a link, send `archived`.',
        tags: ['Links'],
        params: linkId,
        body: linkChanges,
        response: { 200: link.describe('The link as it is now.'), ...refusals(400, 404, 409, 413, 415) },
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
        description:
          'For good. Visitors are answered with 410, and nobody gets the slug again. Archive a link to be able to bring it back.',
        tags: ['Links'],
        params: linkId,
        response: { 204: z.undefined().describe('The link is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeLink(app.db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );

  routes.get(
    '/api/v1/tags',
    {
      schema: {
        operationId: 'listTags',
        summary: 'List tags',
        description: 'All tags of the workspace, by name. You create a tag by naming it in a link.',
        tags: ['Links'],
        response: { 200: z.object({ data: z.array(tag) }).describe('All tags.'), ...refusals() },
      },
    },
    async (request) => ({ data: await listTags(app.db, request.workspace.id) }),
  );
}
