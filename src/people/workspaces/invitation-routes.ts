import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { orRefusal } from '../../ground/http/refusal.ts';
import { requireUser } from './guards.ts';
import { actorOf } from './actor.ts';
import { invitationToken } from './forms.ts';
import { acceptInvitation, findInvitation, type Invitation } from './invitations.ts';

const params = z.object({ token: invitationToken });

/** The choices of a person who has an invitation open. */
type Step = 'accept' | 'switch' | 'log-in' | 'sign-up' | 'closed';

/** The page that a mailed invitation leads to. Opening the link changes nothing; the button there does. */
export default async function invitationRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db } = app;
  const rateLimit = { max: 40, timeWindow: '15 minutes' };

  function stepOf(request: FastifyRequest, invitation: Invitation): Step {
    if (request.user) return request.user.email === invitation.email ? 'accept' : 'switch';
    if (invitation.hasAccount) return 'log-in';
    return config.signUp === 'closed' ? 'closed' : 'sign-up';
  }

  async function showInvitation(request: FastifyRequest, reply: FastifyReply, token: string) {
    const invitation = await findInvitation(db, token);
    reply.header('referrer-policy', 'same-origin');
    if (!invitation) return reply.code(410).page('people/workspaces/invitation.eta', { invitation: null });
    return reply.page('people/workspaces/invitation.eta', {
      invitation,
      step: stepOf(request, invitation),
      path: `/invitations/${token}`,
      token,
      viewer: request.user?.email,
    });
  }

  routes.get('/invitations/:token', { schema: { params }, config: { rateLimit } }, async (request, reply) => {
    await request.loadUser(reply);
    return showInvitation(request, reply, request.params.token);
  });

  routes.post(
    '/invitations/:token',
    { schema: { params }, preHandler: requireUser, config: { rateLimit } },
    async (request, reply) => {
      const { token } = request.params;
      const accept = () => acceptInvitation(db, actorOf(request), token, request.user?.id ?? '');
      const { value: workspace, refusal } = await orRefusal(accept);
      if (refusal) return showInvitation(request, reply.code(refusal.status), token);
      reply.flash('success', 'Welcome. You are in this workspace now.');
      return reply.redirect(`/w/${workspace.slug}/links`, 303);
    },
  );
}
