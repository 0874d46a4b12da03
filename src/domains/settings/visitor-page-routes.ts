import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { formWithFiles, readFields, takeFilesIn } from '../../ground/http/multipart.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { brandStyle } from '../../visitors/redirect/brand.ts';
import { domainPath } from '../domains/head.ts';
import { getLogo } from '../domains/logo.ts';
import { getOwnDomain } from '../domains/settings.ts';
import { type SettingsRules, tabParams } from './form.ts';
import { showVisitorPage, shownPage, storedBrand, typedBrand } from './visitor-page.ts';

/** Black for what is no colour. */
const styleQuery = z.object({
  color: z
    .string()
    .regex(/^[\da-f]{6}$/)
    .catch('000000'),
});

/** Pages of visitors as the frame in the settings shows them, with the files that they load. */
export default async function visitorPageRoutes(
  app: FastifyInstance,
  { readDestination }: Pick<SettingsRules, 'readDestination'>,
): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites } = app;
  takeFilesIn(app);

  routes.get(
    '/w/:workspace/domains/:id/visitor-page',
    { preHandler: requireWorkspace, schema: { params: tabParams, querystring: shownPage } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      const path = domainPath(`/w/${request.workspace.slug}`, domain);
      return showVisitorPage(request, reply, domain, storedBrand(path, domain), request.query);
    },
  );

  // With what is typed and chosen in the form, and saved nowhere.
  routes.post(
    '/w/:workspace/domains/:id/visitor-page',
    { ...formWithFiles([requireWorkspace, requireRight('manageDomains')]), schema: { params: tabParams } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      const body = await readFields(request);
      const path = domainPath(`/w/${request.workspace.slug}`, domain);
      const brand = await typedBrand({ db, sites, readDestination }, body, path, domain);
      return showVisitorPage(request, reply, domain, brand, shownPage.parse(body));
    },
  );

  routes.get(
    '/w/:workspace/domains/:id/visitor-page.css',
    { preHandler: requireWorkspace, schema: { params: tabParams, querystring: styleQuery } },
    async (request, reply) => reply.type('text/css; charset=utf-8').send(brandStyle(request.query.color)),
  );

  routes.get(
    '/w/:workspace/domains/:id/logo',
    { preHandler: requireWorkspace, schema: { params: tabParams } },
    async (request, reply) => {
      const { bytes, type } = await getLogo(db, request.workspace.id, request.params.id);
      return reply.type(type).send(bytes);
    },
  );
}
