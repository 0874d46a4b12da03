import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { uniqueViolation } from '../db/pg-errors.ts';
import { Invalid } from '../errors.ts';
import { refusalOf, typedValues } from '../refusal.ts';
import { forgotPasswordForm, mailedToken, resetPasswordForm } from './forms.ts';
import { isResetToken, removeResetTokens } from './queries.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, forwardCookies } from './session.ts';
import { limitTries } from './tries.ts';

const spent = () => new Invalid('This link does not work any more. Ask for a new one.', { field: 'token' });

/** Pages that a mail leads to: a new password, a new e-mail address. What a link opens changes nothing; the button there does. */
export default async function mailedLinkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, db, mailer } = app;
  const refuseManyMails = limitTries(app, 5);
  const rateLimit = { max: 20, timeWindow: '15 minutes' };

  routes.get('/forgot-password', async (_request, reply) =>
    reply.viewAsync('accounts/forgot-password.eta', { values: {}, errors: {}, sentTo: null }),
  );

  routes.post(
    '/forgot-password',
    { schema: { body: forgotPasswordForm }, attachValidation: true, config: { rateLimit } },
    async (request, reply) => {
      try {
        if (request.validationError) throw request.validationError;
        await refuseManyMails(request, reply);
        await auth.api.requestPasswordReset({ body: request.body });
        const { isDelivering } = mailer;
        return await reply.viewAsync('accounts/forgot-password.eta', { sentTo: request.body.email, isDelivering });
      } catch (error) {
        const { status, errors } = refusalOf(error);
        reply.code(status);
        return reply.viewAsync('accounts/forgot-password.eta', {
          values: typedValues(request.body),
          errors,
          sentTo: null,
        });
      }
    },
  );

  routes.get('/reset-password', { schema: { querystring: mailedToken } }, async (request, reply) => {
    const { token } = request.query;
    const isLive = await isResetToken(db, token);
    return reply.code(isLive ? 200 : 410).viewAsync('accounts/reset-password.eta', { token, isLive, errors: {} });
  });

  routes.post(
    '/reset-password',
    { schema: { body: resetPasswordForm }, attachValidation: true, config: { rateLimit } },
    async (request, reply) => {
      try {
        if (request.validationError) throw request.validationError;
        const { token, password } = request.body;
        await orRefuse(auth.api.resetPassword({ body: { token, newPassword: password } }), { INVALID_TOKEN: spent() });
        return await reply
          .flash('success', 'Your new password works from now on. Log in with it.')
          .redirect('/log-in', 303);
      } catch (error) {
        const { status, errors } = refusalOf(error);
        const { token } = typedValues(request.body);
        reply.code(status);
        return reply.viewAsync('accounts/reset-password.eta', { token, isLive: !errors['token'], errors });
      }
    },
  );

  routes.get('/confirm-email', { schema: { querystring: mailedToken } }, async (request, reply) =>
    reply.viewAsync('accounts/confirm-email.eta', { token: request.query.token, errors: {} }),
  );

  routes.post('/confirm-email', { schema: { body: mailedToken }, config: { rateLimit } }, async (request, reply) => {
    try {
      const verify = { query: request.body, headers: authHeaders(request), returnHeaders: true } as const;
      const { headers, response } = await orRefuse(auth.api.verifyEmail(verify), {
        INVALID_TOKEN: spent(),
        TOKEN_EXPIRED: spent(),
        USER_NOT_FOUND: spent(),
        INVALID_USER: new Invalid('You are logged in to another account. Log out, then open the link again.', {
          field: 'token',
        }),
      });
      // Links that went to the old mailbox must not open the account any more. (The user is missing in its types.)
      const { user } = response as { user?: { id: string } };
      if (user) await removeResetTokens(db, user.id);
      forwardCookies(reply, headers);
      reply.flash('success', 'Your new e-mail address works from now on.');
      return await reply.redirect((await request.loadUser(reply)) ? '/profile' : '/log-in', 303);
    } catch (error) {
      // Somebody else made an account with this address since the mail was sent.
      const { status, errors } = refusalOf(uniqueViolation(error) ? spent() : error);
      reply.code(status);
      return reply.viewAsync('accounts/confirm-email.eta', { token: '', errors });
    }
  });
}
