import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight } from '../../people/workspaces/guards.ts';
import { domainJson, domainParams as params, exampleOfDomain } from './domain-json.ts';
import { logoTypes, readLogo } from './logo.ts';
import { removeDomain } from './removal.ts';
import { exampleOfSettings, hasLogo, settings } from './settings-json.ts';
import {
  type ApplyCasePolicy,
  type DomainChanges,
  getOwnDomain,
  readSettings,
  type SettingsContext,
  updateDomainSettings,
} from './settings.ts';

const domainSettings = z
  .object({ ...domainJson.pick({ id: true, host: true, state: true }).shape, ...settings, hasLogo })
  .meta({
    id: 'DomainSettings',
    examples: [
      { id: exampleOfDomain.id, host: exampleOfDomain.host, state: 'live', ...exampleOfSettings, hasLogo: true },
    ],
  });

const changesBody = jsonBody(z.object(settings).partial().shape)
  .describe('What you leave out stays as it is.')
  .meta({ examples: [{ rootUrl: 'https://www.acme.com', brandName: 'Acme', brandColor: '#0f7b5c' }] });

/** The bytes themselves tell their type. */
const picture = z
  .unknown()
  .describe('The bytes of the picture.')
  .meta({ type: 'string', format: 'binary', examples: ['(a file such as logo.png)'] });

/** Settings for the visitors of a domain, and its removal, in JSON. */
export default async function domainSettingsApi(
  app: FastifyInstance,
  rules: Pick<SettingsContext, 'readDestination'> & { applyCasePolicy: ApplyCasePolicy },
): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const context = { db, sites: app.sites, readDestination: rules.readDestination };
  const toManage = { preHandler: requireRight('manageDomains') };
  const change = (request: FastifyRequest, domainId: string, changes: DomainChanges) =>
    updateDomainSettings(db, request.workspace.id, actorOf(request), domainId, changes, rules.applyCasePolicy);

  routes.patch(
    '/api/v1/domains/:id',
    {
      ...toManage,
      schema: {
        operationId: 'updateDomain',
        summary: 'Change the settings of a domain',
        description: 'Visitors meet the change at once. Needs a key that an admin or owner created.',
        tags: ['Domains'],
        params,
        body: changesBody,
        response: {
          200: domainSettings.describe('The domain as it is now.'),
          ...refusals(400, 403, 404, 409, 413, 415),
        },
      },
    },
    async (request) => {
      const { isDefault, ...asked } = request.body;
      const { id, host } = await getOwnDomain(db, request.workspace.id, request.params.id);
      const read = await readSettings(context, host, asked);
      const domain = await change(request, id, { ...read, isDefault });
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
          summary: 'Set the logo of a domain',
          description:
            'Visitors see it on the pages of the domain. Send the picture itself: a PNG, JPEG or WebP of at most 200 kB and 2000 × 2000 pixels. Needs a key that an admin or owner created.',
          tags: ['Domains'],
          params,
          consumes: [...logoTypes],
          body: picture,
          response: { 204: z.undefined().describe('The logo is set.'), ...refusals(403, 404, 413, 415) },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const { id } = await getOwnDomain(db, request.workspace.id, request.params.id);
        await change(request, id, { logo: readLogo(Buffer.isBuffer(body) ? body : Buffer.alloc(0)) });
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
        summary: 'Remove the logo of a domain',
        description: 'Succeeds even if there is none. Needs a key that an admin or owner created.',
        tags: ['Domains'],
        params,
        response: { 204: z.undefined().describe('The domain has no logo.'), ...refusals(403, 404) },
      },
    },
    async (request, reply) => {
      await change(request, request.params.id, { logo: null });
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
          'Its short links stop working. They and their clicks stay in reports. Needs a key that an admin or owner created.',
        tags: ['Domains'],
        params,
        response: { 204: z.undefined().describe('The domain is removed.'), ...refusals(403, 404, 409) },
      },
    },
    async (request, reply) => {
      await removeDomain(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}
