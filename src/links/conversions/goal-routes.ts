import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { takeForm } from '../../ground/http/forms.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { typed, typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { insertGoal, listGoals, readGoalName, updateGoal } from '../../visitors/conversions/goals.ts';
import { postbackToken } from './postback-token.ts';
import { snippetsOf } from './snippets.ts';

const place = z.object({ workspace: z.string() });
const ofGoal = place.extend({ goalId: z.string().regex(/^\w+$/) });
const newGoalForm = z.object({ goal: typed, isServerOnly: typed });
const switchForm = z.object({ isServerOnly: typed });

/** The page of goals, with what other sites need to report them. */
export default async function goalRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  app.addHook('preHandler', requireWorkspace);

  routes.get('/w/:workspace/conversions', { schema: { params: place } }, (request, reply) => show(request, reply));

  routes.post(
    '/w/:workspace/conversions',
    { schema: { params: place }, preHandler: requireRight('organise') },
    async (request, reply) =>
      takeForm(
        request,
        reply,
        newGoalForm,
        async ({ goal, isServerOnly }) => {
          const { id, slug } = request.workspace;
          const name = readGoalName(goal);
          await makeOnce(request, async (tx) => ({
            id: (await insertGoal(tx, id, actorOf(request), { name, isServerOnly: isServerOnly === 'on' })).id,
          }));
          reply.flash('success', `The goal “${name}” is there.`);
          return reply.redirect(`/w/${slug}/conversions`, 303);
        },
        ({ errors }) => show(request, reply, errors),
      ),
  );

  routes.post(
    '/w/:workspace/conversions/:goalId',
    { schema: { params: ofGoal, body: switchForm }, preHandler: requireRight('organise') },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      const isServerOnly = request.body.isServerOnly === 'yes';
      const goal = await updateGoal(db, id, actorOf(request), request.params.goalId, { isServerOnly });
      const words = isServerOnly ? 'counts server calls only' : 'counts pixel and script too';
      reply.flash('success', `“${goal.name}” ${words}.`);
      return reply.redirect(`/w/${slug}/conversions`, 303);
    },
  );

  async function show(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
    const { id, role } = request.workspace;
    const { secret, appUrl } = app.config;
    const goals = await listGoals(db, id);
    const postback = mayDo(role, 'makeKeys') ? `${appUrl}/pb/${postbackToken(secret, id)}` : null;
    return reply.page('links/conversions/goals.eta', {
      goals,
      values: typedValues(request.body),
      errors,
      snippets: snippetsOf(goals[0]?.name ?? 'Purchase', appUrl, postback),
    });
  }
}
