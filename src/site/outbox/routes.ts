import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { requireAdmin, showLastWorkspace } from '../../people/workspaces/guards.ts';
import { textWithLinks } from './links-in-text.ts';
import type { Fate } from '../../ground/mail/mail.ts';
import { type KeptMail, keptMails, listMails, retryMail } from '../../ground/mail/queries.ts';

const params = z.object({ mailId: z.string().regex(/^[1-9]\d{0,8}$/) });

/** The outbox as the instance's admin sees it, and the last mail before a stop. */
export default async function outboxRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, mailer } = app;
  app.addHook('onClose', () => mailer.close());

  // The server's shell begins with its first page.
  routes.get('/admin', { preHandler: requireAdmin }, (_request, reply) => reply.redirect('/admin/mail'));

  routes.get('/admin/mail', { preHandler: [requireAdmin, showLastWorkspace] }, async (request, reply) => {
    const { waiting, kept } = await listMails(db);
    const shown = (mail: KeptMail) => ({ ...mail, parts: textWithLinks(mail.body) });
    return reply.page('site/outbox/index.eta', {
      isDelivering: mailer.isDelivering,
      keptMails,
      waiting: waiting.map(shown),
      kept: kept.map(shown),
      timeZone: request.workspace.timeZone,
      now: new Date(),
    });
  });

  routes.post('/admin/mail/:mailId/retry', { preHandler: requireAdmin, schema: { params } }, async (request, reply) => {
    const id = Number(request.params.mailId);
    if (mailer.isDelivering) {
      await retryMail(db, id, new Date());
      const fate = await mailer.deliver(id);
      reply.flash(fate === 'sent' ? 'success' : 'error', sentences[fate]);
    }
    return reply.redirect('/admin/mail', 303);
  });
}

const sentences: Readonly<Record<Fate, string>> = {
  sent: 'The mail is sent.',
  waiting: 'The mail could not be sent now. It will be tried again.',
  refused: 'The mail server refused the mail. The list says why.',
  kept: 'Mail is not set up on this server.',
};
