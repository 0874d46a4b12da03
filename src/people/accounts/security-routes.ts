import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { actorOf } from '../workspaces/actor.ts';
import { showLastWorkspace } from '../workspaces/guards.ts';
import { passwordChangedMail } from './emails.ts';
import { passwordForm } from './forms.ts';
import { changePassword } from './password.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, forwardCookies, loadSession, readBrowser } from './session.ts';
import { limitOwnPassword } from './tries.ts';

/** The page of an account's security: password and sessions. */
export default async function securityRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, config, db, mailer } = app;
  const refuseManyTries = limitOwnPassword(app);
  const rateLimit = { max: 40, timeWindow: '15 minutes' };
  app.addHook('preHandler', showLastWorkspace);

  async function showSecurity(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
    const { session } = await loadSession(request);
    const sessions = await auth.api.listSessions({ headers: authHeaders(request) });
    return reply.page('people/accounts/security.eta', {
      errors,
      sessions: sessions
        .map(({ id, userAgent, updatedAt }) => ({
          id,
          ...readBrowser(userAgent ?? ''),
          lastUsedAt: updatedAt,
          isCurrent: id === session.id,
        }))
        .sort((one, other) => Number(other.isCurrent) - Number(one.isCurrent) || +other.lastUsedAt - +one.lastUsedAt),
      now: new Date(),
    });
  }

  routes.get('/account/security', (request, reply) => showSecurity(request, reply));

  routes.post('/account/security/password', { config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      passwordForm,
      async ({ currentPassword, newPassword }) => {
        await refuseManyTries(request, reply);
        const { user, session: asked } = await loadSession(request);
        const headers = authHeaders(request);
        await orRefuse(auth.api.verifyPassword({ body: { password: currentPassword }, headers }), {
          INVALID_PASSWORD: new Invalid('This is not your password.', { field: 'currentPassword' }),
        });
        await changePassword(db, actorOf(request), { userId: user.id, sessionId: asked.id }, newPassword);
        void mailer.send(passwordChangedMail(user, `${config.appUrl}/forgot-password`));
        const logIn = { body: { email: user.email, password: newPassword }, headers, returnHeaders: true } as const;
        const session = await auth.api.signInEmail(logIn).catch(() => undefined);
        if (!session)
          return reply.flash('success', 'Your password is changed. Log in with it.').redirect('/log-in', 303);
        forwardCookies(reply, session.headers);
        const sentence = 'Your password is changed. Every other session is ended.';
        return reply.flash('success', sentence).redirect('/account/security', 303);
      },
      ({ errors }) => showSecurity(request, reply, errors),
    ),
  );

  routes.post('/account/security/sessions/end-others', async (request, reply) => {
    await auth.api.revokeOtherSessions({ headers: authHeaders(request) });
    return reply.flash('success', 'All other sessions are ended.').redirect('/account/security', 303);
  });

  routes.post(
    '/account/security/sessions/:sessionId/end',
    { schema: { params: z.object({ sessionId: z.string().max(64) }) } },
    async (request, reply) => {
      const headers = authHeaders(request);
      // Pages name sessions by id; better-auth ends them by token, which is a secret that no page may show.
      const sessions = await auth.api.listSessions({ headers });
      const session = sessions.find(({ id }) => id === request.params.sessionId);
      if (!session) throw new NotFound('This session has ended already.');
      const { headers: answer } = await auth.api.revokeSession({
        body: { token: session.token },
        headers,
        returnHeaders: true,
      });
      forwardCookies(reply, answer);
      return reply.flash('success', 'The session is ended.').redirect('/account/security', 303);
    },
  );
}
