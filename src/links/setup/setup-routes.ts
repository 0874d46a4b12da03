import type { FastifyInstance } from 'fastify';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { updateHidesSetup } from '../../people/workspaces/queries.ts';

/** Hides the checklist of the first run for one person in one workspace, and brings it back. */
export default async function setupRoutes(app: FastifyInstance): Promise<void> {
  const toManage = { preHandler: [requireWorkspace, requireRight('managePeople')] };

  for (const [verb, hidesSetup] of [
    ['hide', true],
    ['show', false],
  ] as const)
    app.post(`/w/:workspace/setup/${verb}`, toManage, async ({ workspace, user }, reply) => {
      await updateHidesSetup(app.db, workspace.id, user?.id ?? '', hidesSetup);
      if (hidesSetup)
        reply.flash('success', 'The checklist is hidden. You can bring it back in the settings, under General.');
      return reply.redirect(`/w/${workspace.slug}/links`, 303);
    });
}
