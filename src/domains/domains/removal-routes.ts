import { domainToASCII } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { attachment } from '../../ground/http/attachment.ts';
import { beginDownload } from '../../ground/http/downloads.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { maxTyped } from '../../ground/text/composed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { plural } from '../../ground/text/format.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { showHost } from '../dns/name.ts';
import { countLinksOn, removeDomain, writeRedirectMap } from './removal.ts';
import { getOwnDomain, type OwnDomain } from './settings.ts';

const params = z.object({ workspace: z.string(), id: z.string().regex(/^\w+$/).catch('-') });
/** Making ASCII of a host takes time by the square of its length. */
const removalForm = z.object({ host: z.string().max(maxTyped).catch('') });

/** The removal of a domain, and the file of its links to take along. */
export default async function domainRemovalRoutes(
  app: FastifyInstance,
  { shortUrlOf }: { shortUrlOf: (scheme: string, host: string, slug: string) => string },
): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')] };

  routes.get('/w/:workspace/domains/:id/remove', { ...toManage, schema: { params } }, async (request, reply) => {
    const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
    return showRemoval(reply, request.workspace.id, domain, '', {});
  });

  routes.post('/w/:workspace/domains/:id/remove', { ...toManage, schema: { params } }, async (request, reply) => {
    const { id: workspaceId, slug } = request.workspace;
    const domain = await getOwnDomain(db, workspaceId, request.params.id);
    const { shown } = showHost(domain.host);
    return takeForm(
      request,
      reply,
      removalForm,
      async ({ host }) => {
        if (domainToASCII(host.trim()) !== domain.host)
          throw new Invalid(`Type ${shown}, so that it is this domain and no other.`, { field: 'host' });
        const links = await countLinksOn(db, workspaceId, domain.id);
        await removeDomain(db, workspaceId, actorOf(request), domain.id);
        reply.flash('success', `${shown} is removed. ${plural(links, 'link')} stopped; reports keep them.`);
        return reply.redirect(`/w/${slug}/domains`, 303);
      },
      ({ errors }) => showRemoval(reply, workspaceId, domain, removalForm.parse(request.body).host, errors),
    );
  });

  routes.get(
    '/w/:workspace/domains/:id/redirect-map.csv',
    { ...toManage, schema: { params }, config: { rateLimit: { max: 60, timeWindow: '1 minute' } } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      const { id: workspaceId } = request.workspace;
      const file = await beginDownload(workspaceId, writeRedirectMap(db, workspaceId, domain, shortUrlOf));
      reply.header('content-disposition', attachment(`${domain.host}-redirects.csv`));
      return reply.type('text/csv; charset=utf-8').send(file);
    },
  );

  async function showRemoval(
    reply: FastifyReply,
    workspaceId: string,
    domain: OwnDomain,
    typedHost: string,
    errors: Record<string, string>,
  ) {
    const links = await countLinksOn(db, workspaceId, domain.id);
    const { shown } = showHost(domain.host);
    return reply.page('domains/domains/remove.eta', {
      title: `Remove ${shown}`,
      domain,
      shown,
      links,
      typedHost,
      errors,
    });
  }
}
