import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isAnyAccount } from '../../people/accounts/queries.ts';
import { requireWorkspace, showLastWorkspace } from '../../people/workspaces/guards.ts';
import { listWorkspacesOf } from '../../people/workspaces/queries.ts';

/** Addresses that only lead on: `/`, a workspace's own, and from the reference, which knows nobody, to one's own keys. */
export default async function homeRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get('/', async (request, reply) => {
    const user = await request.loadUser(reply);
    if (!user) return reply.redirect((await isAnyAccount(app.db)) ? '/log-in' : '/sign-up');
    const [lastOpened] = await listWorkspacesOf(app.db, user.id);
    return reply.redirect(lastOpened ? `/w/${lastOpened.slug}/links` : '/workspaces/new');
  });

  routes.get(
    '/w/:workspace',
    { schema: { params: z.object({ workspace: z.string() }) }, preHandler: requireWorkspace },
    async (request, reply) => reply.redirect(`/w/${request.workspace.slug}/links`),
  );

  routes.get('/docs/keys', { preHandler: showLastWorkspace }, async (request, reply) =>
    reply.redirect(`/w/${request.workspace.slug}/keys`),
  );
}
