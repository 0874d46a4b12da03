import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../workspaces/actor.ts';
import { confirmEmailChange, isEmailChange } from './email-change.ts';
import { passwordChangedMail } from './emails.ts';
import { forgotPasswordForm, mailedToken, resetPasswordForm } from './forms.ts';
import { rememberBrowser } from './known-browser.ts';
import { resetPassword } from './password.ts';
import { findResetTokenOwner } from './queries.ts';
import { spentLink } from './refused.ts';
import { accountAndNetwork, accountFromAnywhere, limitTries } from './tries.ts';

/** Pages that a mail leads to: a new password, a new e-mail address. Opening the link changes nothing; the button there does. */
export default async function mailedLinkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, config, db, mailer } = app;
  const refuseManyTries = limitTries(app, 'forgot password here', 5, accountAndNetwork);
  // Nobody is refused for what others ask: over the limit the answer is the same, and the mails that were sent before
  // hold a link that still works, because it lives as long as this window.
  const waitOfMails = waitBeyondEverywhere(app, {
    name: 'forgot password',
    max: 5,
    windowMs: 60 * 60_000,
    keyOf: accountFromAnywhere,
  });
  const rateLimit = { max: 20, timeWindow: '15 minutes' };

  routes.get('/forgot-password', async (_request, reply) =>
    reply.page('people/accounts/forgot-password.eta', { values: {}, errors: {}, sentTo: null }),
  );

  routes.post('/forgot-password', { config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      forgotPasswordForm,
      async (form) => {
        await refuseManyTries(request, reply);
        // Not awaited: how long it takes says whether there is an account.
        if ((await waitOfMails(request)) === 0)
          auth.api
            .requestPasswordReset({ body: form })
            .catch((error: unknown) => request.log.error({ err: error }, 'no link for a new password could be made'));
        const { isDelivering } = mailer;
        return reply.page('people/accounts/forgot-password.eta', { sentTo: form.email, isDelivering });
      },
      ({ errors }) => {
        const values = typedValues(request.body);
        return reply.page('people/accounts/forgot-password.eta', { values, errors, sentTo: null });
      },
    ),
  );

  routes.get('/reset-password', { schema: { querystring: mailedToken } }, async (request, reply) => {
    const { token } = request.query;
    const isLive = (await findResetTokenOwner(db, token)) !== undefined;
    return reply.code(isLive ? 200 : 410).page('people/accounts/reset-password.eta', { token, isLive, errors: {} });
  });

  routes.post('/reset-password', { config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      resetPasswordForm,
      async ({ token, password }) => {
        // Making a hash takes a fifth of a second of a core, which nobody gets for a guess.
        if ((await findResetTokenOwner(db, token)) === undefined) throw spentLink();
        const owner = await resetPassword(db, actorOf(request), token, password);
        void mailer.send(passwordChangedMail(owner, `${config.appUrl}/forgot-password`));
        rememberBrowser(reply, owner.id);
        const sentence = 'Your new password works from now on. Log in with it.';
        return reply.flash('success', sentence).redirect('/log-in', 303);
      },
      ({ errors }) => {
        const { token } = typedValues(request.body);
        return reply.page('people/accounts/reset-password.eta', { token, isLive: !errors['token'], errors });
      },
    ),
  );

  routes.get('/confirm-email', { schema: { querystring: mailedToken } }, async (request, reply) => {
    const { token } = request.query;
    const isLive = await isEmailChange(db, token);
    const errors = isLive ? {} : { token: spentLink().message };
    return reply.code(isLive ? 200 : 410).page('people/accounts/confirm-email.eta', { token, errors });
  });

  routes.post('/confirm-email', { config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      mailedToken,
      async ({ token }) => {
        const viewer = await request.loadUser(reply);
        await confirmEmailChange(db, actorOf(request), token, viewer?.id);
        reply.flash('success', 'Your new e-mail address works from now on.');
        return reply.redirect(viewer ? '/account' : '/log-in', 303);
      },
      ({ errors }) => reply.page('people/accounts/confirm-email.eta', { token: '', errors }),
    ),
  );
}
