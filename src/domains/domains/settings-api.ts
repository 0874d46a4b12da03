import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight } from '../../people/workspaces/guards.ts';
import { logoTypes, readLogo, updateLogo } from './logo.ts';
import { removeDomain } from './removal.ts';
import { hasLogo, settings } from './settings-json.ts';
import {
  getOwnDomain,
  readSettings,
  type ApplyCasePolicy,
  type SettingsContext,
  updateDomainSettings,
} from './settings.ts';

const domainSettings = z
  .object({
    id: z.string(),
    host: z.string(),
    state: z.enum(['waiting', 'live', 'paused', 'removed']),
    ...settings,
    hasLogo,
  })
  .meta({ id: 'DomainSettings' });

const changes = jsonBody(z.object(settings).partial().shape).describe('What is left out stays as it is.');

/** The bytes themselves tell their type. */
const picture = z
  .unknown()
  .describe('The bytes of the picture.')
  .meta({ type: 'string', format: 'binary', examples: ['(a file such as logo.png)'] });

const params = z.object({ id: z.string().regex(/^\w+$/).describe("The domain's id.") });

/** Settings for the visitors of a domain, and its removal, in JSON. */
export default async function domainSettingsApi(
  app: FastifyInstance,
  rules: Pick<SettingsContext, 'readDestination'> & { applyCasePolicy: ApplyCasePolicy },
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
          ...refusals(400, 403, 404, 409, 413, 415, 422),
        },
      },
    },
    async (request) => {
      const { id: workspaceId } = request.workspace;
      const { isDefault, ...asked } = request.body;
      const { id, host } = await getOwnDomain(db, workspaceId, request.params.id);
      const read = await readSettings(context, host, asked);
      const domain = await updateDomainSettings(
        db,
        workspaceId,
        actorOf(request),
        id,
        { ...read, isDefault },
        rules.applyCasePolicy,
      );
      return { ...domain, hasLogo: domain.logoType !== null };
    },
  );

  await app.register(async (pictures) => {
    pictures.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    pictures.withTypeProvider<ZodTypeProvider>().put(
      '/api/v1/domains/:id/logo',
      {
        ...toManage,
        schema: {
          operationId: 'setDomainLogo',
          summary: "Set a domain's logo",
          description:
            'The body is the picture itself: a PNG, JPEG or WebP of at most 200 kB and 2000 × 2000 pixels, sent with its media type. Visitors see it on the pages of the domain. Takes a key that an admin made.',
          tags: ['Domains'],
          params,
          consumes: [...logoTypes],
          body: picture,
          response: { 204: z.undefined().describe('It is set.'), ...refusals(403, 404, 413, 415, 422) },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const { id } = await getOwnDomain(db, request.workspace.id, request.params.id);
        const logo = readLogo(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
        await updateLogo(db, request.workspace.id, actorOf(request), id, logo);
        return reply.code(204).send();
      },
    );
  });

  routes.delete(
    '/api/v1/domains/:id/logo',
    {
      ...toManage,
      schema: {
        operationId: 'deleteDomainLogo',
        summary: "Remove a domain's logo",
        description: 'There may be none. Takes a key that an admin made.',
        tags: ['Domains'],
        params,
        response: { 204: z.undefined().describe('There is none any more.'), ...refusals(403, 404) },
      },
    },
    async (request, reply) => {
      await updateLogo(db, request.workspace.id, actorOf(request), request.params.id, null);
      return reply.code(204).send();
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
        response: { 204: z.undefined().describe('It is removed.'), ...refusals(403, 404, 409) },
      },
    },
    async (request, reply) => {
      await removeDomain(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}
