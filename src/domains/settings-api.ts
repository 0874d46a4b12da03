import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from '../api/problem.ts';
import { requireRight } from '../workspaces/guards.ts';
import { removeDomain } from './removal.ts';
import {
  getOwnDomain,
  readSettings,
  redirectStatuses,
  referrerPolicies,
  type SettingsContext,
  updateDomainSettings,
} from './settings.ts';

const text = (name: string) => z.string(`Write ${name} as a string, or null for none.`).nullable();
const flag = (name: string) => z.boolean(`Write ${name} as true or false.`);

const settings = {
  rootUrl: text('rootUrl')
    .describe('Where the bare host leads; null shows a small page.')
    .meta({ examples: ['https://www.acme.com'] }),
  notFoundUrl: text('notFoundUrl')
    .describe('Where unknown links lead. `{slug}` and `{query}` stand for what was asked for; null shows a page.')
    .meta({ examples: ['https://www.acme.com/search?q={slug}'] }),
  expiredUrl: text('expiredUrl').describe('The same for links that were archived or deleted.'),
  brandName: text('brandName')
    .describe('Shown on those pages, at most 60 characters.')
    .meta({ examples: ['Acme'] }),
  brandColor: text('brandColor')
    .describe('As #rrggbb.')
    .meta({ examples: ['#0f7b5c'] }),
  redirectStatus: z
    .int('Write redirectStatus as a number.')
    .describe(`Status of redirects: ${redirectStatuses.join(', ')}.`)
    .meta({ examples: [302] }),
  referrerPolicy: text('referrerPolicy')
    .describe(`Referrer-Policy header of redirects: ${referrerPolicies.join(', ')}; null sends none.`)
    .meta({ examples: ['no-referrer'] }),
  isIndexed: flag('isIndexed').describe('Whether search engines may list the domain.'),
  robotsTxt: text('robotsTxt').describe('Served as /robots.txt, at most 10 kB; null lets everybody in.'),
  appleAppSiteAssociation: text('appleAppSiteAssociation').describe(
    'Served as /.well-known/apple-app-site-association: a JSON object, as text.',
  ),
  assetLinks: text('assetLinks').describe('Served as /.well-known/assetlinks.json: a JSON list, as text.'),
  isDefault: flag('isDefault').describe('Whether new links go here unless another domain is named.'),
};

const domainSettings = z
  .object({ id: z.string(), host: z.string(), state: z.enum(['waiting', 'live', 'paused', 'removed']), ...settings })
  .meta({ id: 'DomainSettings' });

const changes = z
  .strictObject(z.object(settings).partial().shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `There is no property "${issue.keys?.[0]}".`
        : 'Send the properties as a JSON object.',
  })
  .describe('What is left out stays as it is.');

const params = z.object({ id: z.string().regex(/^\w+$/).describe("The domain's id.") });

/** What visitors of a domain meet, and its removal, in JSON. */
export default async function domainSettingsApi(
  app: FastifyInstance,
  rules: Pick<SettingsContext, 'readDestination'>,
): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const context = { db, sites: app.sites, readDestination: rules.readDestination };
  const toManage = { preHandler: requireRight('manageDomains') };

  routes.patch(
    '/api/v1/domains/:id',
    {
      ...toManage,
      schema: {
        operationId: 'updateDomain',
        summary: 'Change what visitors of a domain meet',
        description: 'Visitors meet the change at once. Takes a key that an admin made.',
        tags: ['Domains'],
        params,
        body: changes,
        response: {
          200: domainSettings.describe('The domain as it is now.'),
          ...refusals(400, 403, 404, 413, 415, 422),
        },
      },
    },
    async (request) => {
      const { id: workspaceId } = request.workspace;
      const { isDefault, ...asked } = request.body;
      const { id, host } = await getOwnDomain(db, workspaceId, request.params.id);
      return updateDomainSettings(db, workspaceId, id, { ...(await readSettings(context, host, asked)), isDefault });
    },
  );

  routes.delete(
    '/api/v1/domains/:id',
    {
      ...toManage,
      schema: {
        operationId: 'deleteDomain',
        summary: 'Remove a domain',
        description:
          'Its short links answer no more; they and their clicks stay in reports. Takes a key that an admin made.',
        tags: ['Domains'],
        params,
        response: { 204: z.undefined().describe('It is removed.'), ...refusals(403, 404) },
      },
    },
    async (request, reply) => {
      await removeDomain(db, request.workspace.id, request.params.id);
      return reply.code(204).send();
    },
  );
}
