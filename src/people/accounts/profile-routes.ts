import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../workspaces/actor.ts';
import { showLastWorkspace } from '../workspaces/guards.ts';
import { startEmailChange } from './email-change.ts';
import { confirmEmailMail, emailChangeAskedMail, passwordChangedMail } from './emails.ts';
import { emailForm, nameForm, passwordForm } from './forms.ts';
import { changePassword } from './password.ts';
import { findUserId, updateName } from './queries.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, forwardCookies, readBrowser } from './session.ts';
import { limitTries } from './tries.ts';

/** The page of one's own account: name, e-mail address, password, sessions. */
export default async function profileRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, config, db, mailer } = app;
  const refuseManyTries = limitTries(app, 'password of a profile', 10, (request) => request.user?.id ?? '');
  const rateLimit = { max: 40, timeWindow: '15 minutes' };
  app.addHook('preHandler', showLastWorkspace);

  /** Only behind showLastWorkspace, which throws when nobody is logged in. */
  async function loadSession(request: FastifyRequest) {
    const found = await auth.api.getSession({ headers: authHeaders(request), query: { disableRefresh: true } });
    if (!found) throw new NotFound();
    return found;
  }

  async function showProfile(
    request: FastifyRequest,
    reply: FastifyReply,
    errors: Record<string, string> = {},
    edit?: EditView<'name'>,
  ) {
    const { session, user } = await loadSession(request);
    const sessions = await auth.api.listSessions({ headers: authHeaders(request) });
    return reply.page('people/accounts/profile.eta', {
      ...(edit ?? openEdit({ name: user.name })),
      values: { name: user.name, ...typedValues(request.body), ...edit?.values },
      errors,
      isDelivering: mailer.isDelivering,
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

  routes.get('/profile', (request, reply) => showProfile(request, reply));

  routes.post('/profile/name', { config: { rateLimit } }, async (request, reply) => {
    const { user } = await loadSession(request);
    let stored = user.name;
    return takeForm(
      request,
      reply,
      nameForm,
      async (form) => {
        const edit = readEdit(form, ['name']);
        if (edit.changes.name !== undefined)
          await updateName(db, actorOf(request), user.id, edit.changes.name, ({ name }) => {
            stored = name;
            edit.refuseOvertaken({ name });
          });
        return reply.flash('success', 'Your name is changed.').redirect('/profile', 303);
      },
      ({ errors, thrown }) =>
        showProfile(request, reply, errors, readEdit(request.body, ['name']).again({ name: stored }, thrown)),
    );
  });

  routes.post('/profile/email', { config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      emailForm,
      async ({ email, emailPassword }) => {
        await refuseManyTries(request, reply);
        const { user, session } = await loadSession(request);
        if (email === user.email) throw new Invalid('This is your address already.', { field: 'email' });
        await orRefuse(auth.api.verifyPassword({ body: { password: emailPassword }, headers: authHeaders(request) }), {
          INVALID_PASSWORD: new Invalid('This is not your password.', { field: 'emailPassword' }),
        });
        const asker = { userId: user.id, sessionId: session.id };
        const token = await startEmailChange(db, actorOf(request), asker, email);
        // Nothing is sent if another account has this address; the same answer reveals nothing.
        if ((await findUserId(db, email)) === undefined) {
          const url = `${config.appUrl}/confirm-email?token=${token}`;
          void mailer.send(confirmEmailMail({ name: user.name, email }, url));
        }
        void mailer.send(emailChangeAskedMail(user, email));
        const sentence = `Open the link in the mail to ${email}. Your old address stays until then.`;
        return reply.flash('success', sentence).redirect('/profile', 303);
      },
      ({ errors }) => showProfile(request, reply, errors),
    ),
  );

  routes.post('/profile/password', { config: { rateLimit } }, async (request, reply) =>
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
        return reply.flash('success', sentence).redirect('/profile', 303);
      },
      ({ errors }) => showProfile(request, reply, errors),
    ),
  );

  routes.post('/profile/sessions/end-others', async (request, reply) => {
    await auth.api.revokeOtherSessions({ headers: authHeaders(request) });
    return reply.flash('success', 'All other sessions are ended.').redirect('/profile', 303);
  });

  routes.post(
    '/profile/sessions/:sessionId/end',
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
      return reply.flash('success', 'The session is ended.').redirect('/profile', 303);
    },
  );
}
