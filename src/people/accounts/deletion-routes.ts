import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { formatDate } from '../../ground/text/format.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { actorOf } from '../workspaces/actor.ts';
import { listLeftWorkspaces } from '../workspaces/account-memberships.ts';
import { requireUser } from '../workspaces/guards.ts';
import { deletionDays, takeDeletionBack } from '../workspaces/leaving.ts';
import { askAccountDeletion, isOnlyAdmin } from './deletion.ts';
import { accountDeletionAskedMail } from './emails.ts';
import { deleteAccountForm } from './forms.ts';
import { orRefuse } from './refused.ts';
import { authHeaders, loadSession } from './session.ts';
import { limitOwnPassword } from './tries.ts';

/** The page where somebody has their account deleted, and the way back. It needs no workspace. */
export default async function accountDeletionRoutes(app: FastifyInstance): Promise<void> {
  const { auth, config, db, mailer } = app;
  const refuseManyTries = limitOwnPassword(app);
  const rateLimit = { max: 40, timeWindow: '15 minutes' };
  const toDelete = { preHandler: requireUser };

  async function showForm(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
    const { user } = await loadSession(request);
    return reply.page('people/accounts/delete.eta', {
      left: await listLeftWorkspaces(db, user.id),
      isOnlyAdmin: await isOnlyAdmin(db, user.id),
      deletionDays,
      /** If it is asked for now. */
      wouldGoAt: new Date(Date.now() + deletionDays * DAY),
      values: typedValues(request.body),
      errors,
    });
  }

  app.get('/account/delete', toDelete, async (request, reply) => showForm(request, reply));

  app.post('/account/delete', { ...toDelete, config: { rateLimit } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      deleteAccountForm,
      async ({ email, password }) => {
        await refuseManyTries(request, reply);
        const { user, session } = await loadSession(request);
        if (email !== user.email) throw new Invalid(`Type ${user.email} to delete this account.`, { field: 'email' });
        await orRefuse(auth.api.verifyPassword({ body: { password }, headers: authHeaders(request) }), {
          INVALID_PASSWORD: new Invalid('This is not your password.', { field: 'password' }),
        });
        const asker = { userId: user.id, sessionId: session.id };
        const mails: number[] = [];
        const deletionAt = await askAccountDeletion(db, actorOf(request), asker, async (tx, at) => {
          const account = { ...user, deletionAt: at };
          mails.push(await mailer.enqueue(tx, accountDeletionAskedMail(account, `${config.appUrl}/account/delete`)));
        });
        for (const mail of mails) void mailer.deliver(mail);
        const sentence = `Your account will be deleted on ${formatDate(deletionAt, 'UTC')}. Until then you can keep it.`;
        return reply.flash('success', sentence).redirect('/account/delete', 303);
      },
      ({ errors }) => showForm(request, reply, errors),
    ),
  );

  app.post('/account/keep', toDelete, async (request, reply) => {
    await takeDeletionBack(db, actorOf(request), 'account', request.user?.id ?? '');
    return reply.flash('success', 'Your account stays.').redirect('/account/security', 303);
  });
}
