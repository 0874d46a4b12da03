import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { plural } from '../../ground/text/format.ts';
import { Conflict, NotFound } from '../../ground/text/errors.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { getEvent, type HistoryEvent, listOfRequest } from './events.ts';
import { eventParams, pathBack, requestParams, undoForm, undoLastForm } from './forms.ts';
import { historyHome, requestHref } from './lines.ts';
import { refuseHidden, showEvent, showRequest } from './page.ts';
import { thingList, thingOf } from './things.ts';
import { mayUndo, type UndoOutcome, undoChanges } from './undo.ts';

/** How long the message about a change may undo it by one press. Later, the page of the change shows first what it would do. */
const undoWithinMs = HOUR;

/** Changes that one press undoes: ten times as many links as one form changes, and more. */
const maxUndone = 5_000;

/** Reasons that a message tells; the page of the changes has all of them. */
const maxReasons = 2;

/** Undo: of one change, of all that a request changed, and of what a message tells. */
export default async function undoRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  // Each kind of change asks for the right that making it takes.
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')] };

  routes.post('/w/:workspace/history/undo', { ...toChange, schema: { body: undoLastForm } }, async (request, reply) => {
    const { workspace, user } = request;
    const { request: requestId, back } = request.body;
    const all = await listOfRequest(db, workspace.id, requestId, { limit: maxUndone + 1, hidden: [] });
    const own = all.filter(({ actorKind, actorId }) => actorKind === 'person' && actorId === user?.id);
    const [newest] = own;
    if (!newest) {
      reply.flash('error', 'There is nothing to undo.');
      return reply.redirect(pathBack(back, workspace, historyHome(workspace)), 303);
    }
    if (newest.at.getTime() < Date.now() - undoWithinMs) {
      reply.flash('error', 'This was changed more than an hour ago. Look at it first, then undo it here.');
      return reply.redirect(requestHref(workspace, newest), 303);
    }
    return undo(request, reply, own, { back });
  });

  routes.post(
    '/w/:workspace/history/:eventId/undo',
    { ...toChange, schema: { params: eventParams, body: undoForm } },
    async (request, reply) => {
      const event = await getEvent(db, request.workspace.id, request.params.eventId);
      refuseHidden(request, event);
      return undo(request, reply, [event], request.body);
    },
  );

  routes.post(
    '/w/:workspace/history/requests/:requestId/undo',
    { ...toChange, schema: { params: requestParams, body: undoForm } },
    async (request, reply) => {
      const { requestId } = request.params;
      const events = await listOfRequest(db, request.workspace.id, requestId, { limit: maxUndone + 1, hidden: [] });
      if (events.length === 0) throw new NotFound('There is no such change in the History.');
      return undo(request, reply, events, { back: request.body.back });
    },
  );
}

/**
 * Undoes changes, and returns to the page that it was asked on. The page of the change says why nothing could be
 * undone.
 * @param events the newest first
 */
async function undo(
  request: FastifyRequest,
  reply: FastifyReply,
  events: readonly HistoryEvent[],
  { back, seen = '' }: { back: string; seen?: string },
) {
  const { workspace, server } = request;
  const able = events.filter((event) => mayUndo(workspace.role, event));
  const [first] = able;
  if (!first) throw new Conflict('This cannot be undone.', { code: 'cannot_undo' });
  if (able.length > maxUndone)
    throw new Conflict(`Undo at most ${plural(maxUndone, 'change')} at once.`, { code: 'too_many' });
  const outcomes = await undoChanges(server, workspace, actorOf(request), able, { now: new Date(), seen });
  const refused = outcomes.filter((each) => each.result === 'refused');
  const isAnyDone = outcomes.some(({ result }) => result === 'done');
  if (refused.length > 0 && refused.length === outcomes.length) {
    reply.code(409);
    const why = reasonsOf(refused);
    return refused.length === 1 && refused[0]
      ? showEvent(request, reply, refused[0].event, { why })
      : showRequest(request, reply, first.requestId ?? '', { before: 0, after: '' }, { why });
  }
  reply.flash('success', sentenceOf(outcomes), isAnyDone ? workspace.id : undefined);
  return reply.redirect(pathBack(back, workspace, historyHome(workspace)), 303);
}

const reasonsOf = (refused: readonly UndoOutcome[]): string =>
  [...new Set(refused.map((each) => ('why' in each ? each.why : '')))].slice(0, maxReasons).join(' ');

/** The result for a message. */
function sentenceOf(outcomes: readonly UndoOutcome[]): string {
  const of = (result: UndoOutcome['result']) => outcomes.filter((each) => each.result === result);
  const [done, already, refused] = [of('done'), of('already'), of('refused')];
  const [only] = done;
  if (!only)
    return [outcomes.length === 1 ? 'It is undone already.' : 'They are undone already.', rest(refused)]
      .join(' ')
      .trim();
  if (outcomes.length === 1) return `Undone. ${undone(only.event)}`;
  const { one = 'thing', many = 'things' } = thingList[thingOf(only.event.what)] ?? {};
  return [
    `Undone. ${plural(done.length, one, many)} ${done.length === 1 ? 'is as it was' : 'are as they were'} before.`,
    already.length > 0 ? `${already.length} ${already.length === 1 ? 'was' : 'were'} so already.` : '',
    rest(refused),
  ]
    .filter(Boolean)
    .join(' ');
}

const rest = (refused: readonly UndoOutcome[]): string =>
  refused.length === 0 ? '' : `${refused.length} could not be undone: ${reasonsOf(refused)}`;

function undone({ what, targetName }: HistoryEvent): string {
  const thing = thingOf(what);
  if (what === 'note.deleted' || what === 'view.deleted') return `The ${thing} “${targetName}” is back.`;
  if (thing === 'note' || what === 'view.created' || what === 'view.restored')
    return `The ${thing} “${targetName}” is deleted.`;
  if (what === 'link.archived') return `${targetName} works again.`;
  if (what === 'link.restored') return `${targetName} is archived. Visitors see that it is gone.`;
  return thing === 'link' ? `${targetName} is as it was before.` : `The ${thing} is as it was before.`;
}
