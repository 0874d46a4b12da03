import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { requireRight, requireWorkspace } from '../workspaces/guards.ts';
import { dayStart, isDay } from '../zoned-time.ts';
import { insertNote, removeNote } from './notes.ts';

const params = z.object({ workspace: z.string() });
const noteForm = z.object({
  day: z.string().refine(isDay, 'Choose a day.'),
  text: z.string().trim().min(1, 'Say what happened.').max(200, 'A note has up to 200 characters.'),
  link: z
    .string()
    .regex(/^\w*$/)
    .default('')
    .transform((id) => id || null),
});

/** Notes that people put on the charts of a workspace or a link. */
export default async function noteRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const preHandler = [requireWorkspace, requireRight('organise')];

  routes.post('/w/:workspace/notes', { preHandler, schema: { params, body: noteForm } }, async (request, reply) => {
    const { id, slug, timeZone } = request.workspace;
    const { day, text, link } = request.body;
    const createdBy = reply.locals.user?.id ?? '';
    await insertNote(db, id, { at: dayStart(day, timeZone), text, linkId: link, createdBy });
    reply.flash('success', 'The note is on the chart.');
    return reply.redirect(link ? `/w/${slug}/links/${link}` : `/w/${slug}/reports`, 303);
  });

  routes.post(
    '/w/:workspace/notes/:noteId/delete',
    {
      preHandler,
      schema: {
        params: params.extend({ noteId: z.string().regex(/^\w+$/) }),
        body: z.object({ link: z.string().regex(/^\w*$/).default('') }),
      },
    },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const { link } = request.body;
      await removeNote(db, id, request.params.noteId);
      reply.flash('success', 'The note is gone.');
      return reply.redirect(link ? `/w/${slug}/links/${link}` : `/w/${slug}/reports`, 303);
    },
  );
}
