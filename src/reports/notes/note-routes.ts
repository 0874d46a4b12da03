import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../../ground/text/errors.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { refusalOf, typedValues } from '../../ground/http/refusal.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { dayStart, isDay, localDay } from '../../ground/time/zoned-time.ts';
import { insertNote, removeNote } from './notes.ts';
import { readReportAddress } from '../addresses/view-address.ts';

const params = z.object({ workspace: z.string(), noteId: z.string().regex(/^\w+$/) });
/** `link`: what it is about, empty for the whole workspace. `back`: address of the report that it was written on. */
const place = z.object({ link: z.string().regex(/^\w*$/).default(''), back: z.string().max(10_000).default('') });
const noteForm = place.extend({
  day: z.string().refine(isDay, 'Choose a day.'),
  text: oneLine('Say what happened.', 200),
});

/** Characters, escaped: the cookie that brings a note back holds 4,096 bytes, of which its text may take 1,800. */
const longestBack = 1_000;

/** Notes that people put on the charts of a workspace or a link. */
export default async function noteRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const preHandler = [requireWorkspace, requireRight('organise')];

  routes.post(
    '/w/:workspace/notes',
    { preHandler, schema: { body: noteForm }, attachValidation: true },
    async (request, reply) => {
      if (request.validationError) return showForm(request, reply, request.validationError);
      const { id, timeZone } = request.workspace;
      const { day, text, link } = request.body;
      const note = { at: dayStart(day, timeZone), text, linkId: link || null };
      await makeOnce(request, async (tx) => {
        await insertNote(tx, id, actorOf(request), note);
        return {};
      });
      reply.flash('success', 'The note is on the chart.');
      return reply.redirect(backHref(request, request.body), 303);
    },
  );

  routes.post(
    '/w/:workspace/notes/:noteId/delete',
    { preHandler, schema: { params, body: place } },
    async (request, reply) => {
      const { id, slug, timeZone } = request.workspace;
      const { at, text, linkId } = await removeNote(db, id, actorOf(request), request.params.noteId);
      const href = backHref(request, request.body);
      const back = encodeURIComponent(href).length > longestBack ? '' : href;
      const fields = { day: localDay(at, timeZone), text, link: linkId ?? '', back };
      reply.flash('success', 'The note is deleted.', { action: `/w/${slug}/notes`, fields });
      return reply.redirect(href, 303);
    },
  );
}

/** The report that a form stood on, written anew so that it leads nowhere else; without one, what the note is about. */
function backHref({ workspace }: FastifyRequest, { link, back }: z.output<typeof place>): string {
  const home = `/w/${workspace.slug}`;
  try {
    return `${home}/${readReportAddress(back, workspace, { timeZone: workspace.timeZone, now: new Date() }).address}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return link ? `${home}/links/${link}` : `${home}/reports`;
  }
}

function showForm(request: FastifyRequest, reply: FastifyReply, refused: unknown) {
  const { status, errors } = refusalOf(refused);
  const values = typedValues(request.body);
  const { success, data } = place.safeParse(values);
  return reply.code(status).page('reports/notes/note-form.eta', {
    values,
    errors,
    backHref: backHref(request, success ? data : { link: '', back: '' }),
  });
}
