import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { takeForm } from '../../ground/http/forms.ts';
import { typed } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { getLogo, readLogo, updateLogo } from './logo.ts';
import { getOwnDomain } from './settings.ts';

const params = z.object({ workspace: z.string(), id: z.string().regex(/^\w+$/).catch('-') });
/** The picture as base64url, which site/browser/logo.ts makes of a file: forms are sent as text here. */
const logoForm = z.object({ logo: typed });

/** The logo of a domain: seen, set and taken away from its settings. */
export default async function logoRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')] };

  routes.get('/w/:workspace/domains/:id/logo', { ...toManage, schema: { params } }, async (request, reply) => {
    const { bytes, type } = await getLogo(db, request.workspace.id, request.params.id);
    return reply.type(type).send(bytes);
  });

  routes.post('/w/:workspace/domains/:id/logo', { ...toManage, schema: { params } }, async (request, reply) => {
    const { workspace } = request;
    const { id } = await getOwnDomain(db, workspace.id, request.params.id);
    return takeForm(
      request,
      reply,
      logoForm,
      async ({ logo }) => {
        await updateLogo(db, workspace.id, actorOf(request), id, readLogo(Buffer.from(logo, 'base64url')));
        reply.flash('success', 'Visitors see this logo from now on.');
        return toSettings(request, reply, id);
      },
      ({ errors }) => toSettings(request, reply.flash('error', Object.values(errors).join(' ')), id),
    );
  });

  routes.post('/w/:workspace/domains/:id/logo/remove', { ...toManage, schema: { params } }, async (request, reply) => {
    await updateLogo(db, request.workspace.id, actorOf(request), request.params.id, null);
    reply.flash('success', 'The logo is removed.');
    return toSettings(request, reply, request.params.id);
  });
}

const toSettings = (request: FastifyRequest, reply: FastifyReply, domainId: string) =>
  reply.redirect(`/w/${request.workspace.slug}/domains/${domainId}/settings#logo`, 303);
