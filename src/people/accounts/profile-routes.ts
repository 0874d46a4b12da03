import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../workspaces/actor.ts';
import { showLastWorkspace } from '../workspaces/guards.ts';
import { startEmailChange } from './email-change.ts';
import { confirmEmailMail, emailChangeAskedMail } from './emails.ts';
import { emailForm, nameForm } from './forms.ts';
import { findUserId, updateName } from './queries.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, loadSession } from './session.ts';
import { limitOwnPassword } from './tries.ts';

/** The page of one's own account: name and e-mail address. */
export default async function profileRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, config, db, mailer } = app;
  const refuseManyTries = limitOwnPassword(app);
  const rateLimit = { max: 40, timeWindow: '15 minutes' };
  app.addHook('preHandler', showLastWorkspace);

  async function showProfile(
    request: FastifyRequest,
    reply: FastifyReply,
    errors: Record<string, string> = {},
    edit?: EditView<'name'>,
  ) {
    const { user } = await loadSession(request);
    return reply.page('people/accounts/profile.eta', {
      ...(edit ?? openEdit({ name: user.name })),
      values: { name: user.name, ...typedValues(request.body), ...edit?.values },
      errors,
      isDelivering: mailer.isDelivering,
    });
  }

  routes.get('/account', (request, reply) => showProfile(request, reply));

  routes.post('/account/name', { config: { rateLimit } }, async (request, reply) => {
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
        return reply.flash('success', 'Your name is changed.').redirect('/account', 303);
      },
      ({ errors, thrown }) =>
        showProfile(request, reply, errors, readEdit(request.body, ['name']).again({ name: stored }, thrown)),
    );
  });

  routes.post('/account/email', { config: { rateLimit } }, async (request, reply) =>
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
        return reply.flash('success', sentence).redirect('/account', 303);
      },
      ({ errors }) => showProfile(request, reply, errors),
    ),
  );

  // Addresses of older versions: bookmarks, and forms that were open while the server was updated.
  routes.get('/profile', (_request, reply) => reply.redirect('/account', 301));
  for (const form of ['name', 'email'])
    routes.post(`/profile/${form}`, (_request, reply) => reply.redirect(`/account/${form}`, 308));
  for (const form of ['password', 'sessions/end-others', 'sessions/:sessionId/end'])
    routes.post(
      `/profile/${form}`,
      { schema: { params: z.object({ sessionId: z.string().regex(/^\w+$/).optional() }) } },
      ({ params: { sessionId = '' } }, reply) =>
        reply.redirect(`/account/security/${form.replace(':sessionId', sessionId)}`, 308),
    );
}
