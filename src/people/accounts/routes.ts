import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Forbidden, Invalid } from '../../ground/text/errors.ts';
import { prepareAndMakeOnce } from '../../ground/http/once.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { checkInvitation, findInvitation } from '../workspaces/invitations.ts';
import { actorOf } from '../workspaces/actor.ts';
import { logInForm, signUpForm, signUpQuery } from './forms.ts';
import { rememberBrowser } from './known-browser.ts';
import { nextPath } from './next-path.ts';
import { hashOf } from './password.ts';
import { createAccount, isAnyAccount } from './queries.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, forwardCookies } from './session.ts';
import { accountAndNetwork, accountFromAnywhere, limitTries } from './tries.ts';

/** Pages for people who are not logged in yet: sign up, log in; and the way out. */
export default async function accountRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { auth, config, db } = app;
  const refuseManyFromHere = limitTries(app, 'log-in here', 10, accountAndNetwork);
  // Far higher: it is there against guessers with many addresses, who could otherwise keep the owner out for a song.
  const refuseManyFromAnywhere = limitTries(app, 'log-in', 100, accountFromAnywhere);

  /** `first` until there is an account, then what SIGN_UP says; an invitation opens the door unless it is closed. */
  async function signUpMode(invitation: string) {
    if (!(await isAnyAccount(db))) return 'first';
    return invitation === '' || config.signUp === 'closed' ? config.signUp : 'invited';
  }

  routes.get('/sign-up', { schema: { querystring: signUpQuery } }, async (request, reply) => {
    const token = request.query.invitation;
    if (await request.loadUser(reply)) return reply.redirect(token === '' ? '/' : `/invitations/${token}`);
    const invitation = token === '' ? undefined : await findInvitation(db, token);
    const mode = await signUpMode(invitation ? token : '');
    const values = invitation ? { email: invitation.email, invitation: token } : {};
    reply.header('referrer-policy', 'same-origin');
    return reply.page('people/accounts/sign-up.eta', { mode, values, errors: {} });
  });

  routes.post('/sign-up', { config: { rateLimit: { max: 20, timeWindow: '1 hour' } } }, async (request, reply) => {
    const mode = await signUpMode(signUpQuery.catch({ invitation: '' }).parse(request.body).invitation);
    const closed = new Forbidden('Sign-up is not open on this server.');
    const isClosed = mode === 'invite' || mode === 'closed';
    return takeForm(
      request,
      reply,
      signUpForm,
      async (form) => {
        const { email, password, invitation } = form;
        const anyone = config.signUp === 'open' ? 'anyone' : 'first';
        const welcome = mode === 'invited' ? { invitation } : anyone;
        // The form that is sent again finds its account made, the door closed behind it or the invitation spent.
        const { made } = await prepareAndMakeOnce(
          request,
          async () => {
            if (isClosed) throw closed;
            if (mode === 'invited') await checkInvitation(db, invitation, email);
            return hashOf(password);
          },
          (tx, passwordHash) => createAccount(tx, actorOf(request), { ...form, passwordHash }, welcome),
        );
        const logIn = { body: { email, password }, headers: authHeaders(request), returnHeaders: true } as const;
        forwardCookies(reply, (await auth.api.signInEmail(logIn)).headers);
        rememberBrowser(reply, made.userId);
        return reply.redirect('/', 303);
      },
      ({ errors }) => {
        if (isClosed) throw closed;
        return reply.page('people/accounts/sign-up.eta', { mode, values: typedValues(request.body), errors });
      },
    );
  });

  function showLogIn(reply: FastifyReply, values: Record<string, string | undefined>, errors: Record<string, string>) {
    return reply.page('people/accounts/log-in.eta', { canSignUp: config.signUp === 'open', values, errors });
  }

  routes.get(
    '/log-in',
    { schema: { querystring: z.object({ next: z.string().max(2_000).optional().catch(undefined) }) } },
    async (request, reply) => {
      if (await request.loadUser(reply)) return reply.redirect(nextPath(request.query.next));
      if (!(await isAnyAccount(db))) return reply.redirect('/sign-up');
      return showLogIn(reply, { next: request.query.next }, {});
    },
  );

  routes.post('/log-in', { config: { rateLimit: { max: 40, timeWindow: '15 minutes' } } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      logInForm,
      async ({ email, password, next }) => {
        await refuseManyFromHere(request, reply);
        await refuseManyFromAnywhere(request, reply);
        const logIn = { body: { email, password }, headers: authHeaders(request), returnHeaders: true } as const;
        // One answer for an unknown address and a wrong password: the form tells nobody who has an account.
        const wrong = new Invalid('No account has this address and this password. Check both.', { field: 'form' });
        const { headers, response } = await orRefuse(auth.api.signInEmail(logIn), {
          INVALID_EMAIL_OR_PASSWORD: wrong,
          PASSWORD_TOO_LONG: wrong,
        });
        forwardCookies(reply, headers);
        rememberBrowser(reply, response.user.id);
        return reply.redirect(nextPath(next), 303);
      },
      ({ errors }) => showLogIn(reply, typedValues(request.body), errors),
    ),
  );

  routes.post('/log-out', async (request, reply) => {
    const { headers } = await auth.api.signOut({ headers: authHeaders(request), returnHeaders: true });
    forwardCookies(reply, headers);
    const { next } = typedValues(request.body);
    return reply.redirect(next === undefined ? '/log-in' : nextPath(next), 303);
  });
}
