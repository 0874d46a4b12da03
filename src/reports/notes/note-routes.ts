import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../../ground/text/errors.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { dayStart, isDay } from '../../ground/time/zoned-time.ts';
import { insertNote, removeNote } from './notes.ts';
import { readReportAddress } from '../addresses/view-address.ts';
import { kinds } from '../counts/kinds.ts';

const params = z.object({ workspace: z.string(), noteId: z.string().regex(/^\w+$/) });
/** `link`: what it is about, empty for the whole workspace. `back`: address of the report that it was written on. */
const place = z.object({ link: z.string().regex(/^\w*$/).default(''), back: z.string().max(10_000).default('') });
const noteForm = place.extend({
  day: z.string().refine(isDay, 'Choose a day.'),
  text: oneLine('Say what happened.', 200),
});

/** Notes that people put on the charts of a workspace or a link. */
export default async function noteRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const preHandler = [requireWorkspace, requireRight('organise')];

  routes.post('/w/:workspace/notes', { preHandler }, async (request, reply) =>
    takeForm(
      request,
      reply,
      noteForm,
      async (form) => {
        const { id, timeZone } = request.workspace;
        const { day, text, link } = form;
        const note = { at: dayStart(day, timeZone), text, linkId: link || null };
        await makeOnce(request, async (tx) => {
          await insertNote(tx, id, actorOf(request), note);
          return {};
        });
        reply.flash('success', 'The note is on the chart.', id);
        return reply.redirect(reportBehind(request, form).href, 303);
      },
      ({ errors }) => showForm(request, reply, errors),
    ),
  );

  routes.post(
    '/w/:workspace/notes/:noteId/delete',
    { preHandler, schema: { params, body: place } },
    async (request, reply) => {
      const { id } = request.workspace;
      await removeNote(db, id, actorOf(request), request.params.noteId);
      reply.flash('success', 'The note is deleted.', id);
      return reply.redirect(reportBehind(request, request.body).href, 303);
    },
  );
}

/** The report that a form stood on, written anew so that it leads nowhere else; without one, what the note is about. */
function reportBehind({ workspace }: FastifyRequest, { link, back }: z.output<typeof place>) {
  const home = `/w/${workspace.slug}`;
  try {
    const clock = { timeZone: workspace.timeZone, now: new Date() };
    const { address, subject } = readReportAddress(back, workspace, clock);
    return { href: `${home}/${address}`, section: kinds[subject.kind].section };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return link
      ? { href: `${home}/links/${link}`, section: kinds.link.section }
      : { href: `${home}/reports`, section: kinds.workspace.section };
  }
}

function showForm(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string>) {
  const values = typedValues(request.body);
  const { success, data } = place.safeParse(values);
  return reply.page('reports/notes/note-form.eta', {
    values,
    errors,
    report: reportBehind(request, success ? data : { link: '', back: '' }),
  });
}
