import type { FastifyInstance } from 'fastify';
import { requireAdmin, showLastWorkspace } from '../workspaces/guards.ts';
import { textWithLinks } from './links-in-text.ts';
import { keptMails, listMails } from './queries.ts';

/** The page for mail that was not sent, and the last mail before a stop. */
export default async function mailRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onClose', () => app.mailer.close());

  app.get('/admin/mail', { preHandler: [requireAdmin, showLastWorkspace] }, async (request, reply) => {
    const mails = await listMails(app.db);
    return reply.viewAsync('mail/index.eta', {
      isDelivering: app.mailer.isDelivering,
      keptMails,
      mails: mails.map((mail) => ({ ...mail, parts: textWithLinks(mail.body) })),
      timeZone: request.workspace.timeZone,
      now: new Date(),
    });
  });
}
