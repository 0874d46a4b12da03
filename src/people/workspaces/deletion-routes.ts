import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { takeForm } from '../../ground/http/forms.ts';
import { typed, typedValues } from '../../ground/http/typed.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { formatDate } from '../../ground/text/format.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { actorOf } from './actor.ts';
import { findContents } from './deletion.ts';
import { deletionAskedMail } from './emails.ts';
import { requireRight, requireWorkspace } from './guards.ts';
import { askDeletion, deletionDays, takeDeletionBack } from './leaving.ts';
import { listAddressesByRight } from './members.ts';

const params = z.object({ workspace: z.string() });
const deletionForm = z.object({ name: typed });

/** The page where an owner has a workspace deleted, and the way back. */
export default async function workspaceDeletionRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db, mailer } = app;
  const toDelete = { schema: { params }, preHandler: [requireWorkspace, requireRight('deleteWorkspace')] };

  async function showForm(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
    const contents = await findContents(db, request.workspace.id);
    if (!contents) throw new NotFound();
    return reply.page('people/workspaces/delete.eta', {
      contents,
      deletionDays,
      /** If it is asked for now. */
      wouldGoAt: new Date(Date.now() + deletionDays * DAY),
      typedName: typedValues(request.body)['name'] ?? '',
      errors,
    });
  }

  routes.get('/w/:workspace/settings/delete', toDelete, async (request, reply) => showForm(request, reply));

  routes.post(
    '/w/:workspace/settings/delete',
    { ...toDelete, config: { rateLimit: { max: 20, timeWindow: '1 hour' } } },
    async (request, reply) =>
      takeForm(
        request,
        reply,
        deletionForm,
        async (form) => {
          const { id, name, slug, timeZone } = request.workspace;
          if (nameOf(form.name) !== nameOf(name))
            throw new Invalid(`Type ${name} to delete this workspace.`, { field: 'name' });
          const by = actorOf(request);
          const url = `${config.appUrl}/w/${slug}/settings#delete`;
          const mails: number[] = [];
          const deletionAt = await askDeletion(db, by, 'workspace', id, async (tx, at) => {
            const workspace = { name, timeZone, deletionAt: at };
            for (const to of await listAddressesByRight(tx, id, 'deleteWorkspace'))
              mails.push(await mailer.enqueue(tx, deletionAskedMail({ to, workspace, url, by: by.name })));
          });
          for (const mail of mails) void mailer.deliver(mail);
          const sentence = `${name} will be deleted on ${formatDate(deletionAt, timeZone)}. Until then you can keep it.`;
          return reply.flash('success', sentence).redirect(`/w/${slug}/settings#delete`, 303);
        },
        ({ errors }) => showForm(request, reply, errors),
      ),
  );

  routes.post('/w/:workspace/settings/keep', toDelete, async (request, reply) => {
    const { id, name, slug } = request.workspace;
    await takeDeletionBack(db, actorOf(request), 'workspace', id);
    return reply.flash('success', `${name} stays.`).redirect(`/w/${slug}/settings`, 303);
  });
}

/** White space and capitals are no reason to refuse somebody who means it. */
const nameOf = (text: string): string => text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
