import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { valuesByGoal } from '../../visitors/conversions/counts.ts';
import {
  type CountedGoal,
  insertGoal,
  listGoals,
  maxGoalName,
  readGoalName,
  removeGoal,
  updateGoal,
} from '../../visitors/conversions/goals.ts';

const fields = {
  name: z
    .string('Write name as a string.')
    .describe('What conversions name it by. Upper and lower case are the same.')
    .meta({ maxLength: maxGoalName, examples: ['Purchase'] }),
  isServerOnly: z
    .boolean('Write isServerOnly as true or false.')
    .describe('`true`: server calls and postbacks count, pixel and script do not.'),
};

const example = {
  id: 'G7pQv2TmXw4d',
  name: 'Purchase',
  isServerOnly: true,
  conversions: 412,
  values: [{ currency: 'EUR', value: 1_024_050 }],
};

const goal = z
  .object({
    id: z.string().describe('Identifies it, and never changes.'),
    ...fields,
    conversions: z.int().min(0).describe('How often it was reached, on all links.'),
    values: z
      .array(
        z.object({
          currency: z.string().describe('The currency (ISO 4217).'),
          value: z.number().describe('The sum in the smallest unit of the currency: 1250 is 12.50 EUR.'),
        }),
      )
      .describe('What its conversions brought, by currency.'),
  })
  .meta({ id: 'Goal', description: 'Something that people are meant to do after a click.', examples: [example] });

const newGoal = jsonBody({ ...fields, isServerOnly: fields.isServerOnly.default(false) }).meta({
  examples: [{ name: 'Purchase', isServerOnly: true }],
});
const goalChanges = jsonBody({ name: fields.name.optional(), isServerOnly: fields.isServerOnly.optional() }).meta({
  examples: [{ name: 'Order' }],
});
const params = z.object({
  id: z
    .string()
    .describe('The id of the goal.')
    .meta({ examples: [example.id] }),
});

/** The API's view of goals: the same functions as the pages, in JSON. */
export default async function goalsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/api/v1/goals',
    {
      schema: {
        operationId: 'listGoals',
        summary: 'List goals',
        description: 'All goals of the workspace, by name, with how often each was reached.',
        tags: ['Conversions'],
        response: { 200: z.object({ data: z.array(goal) }).describe('All goals.'), ...refusals() },
      },
    },
    async (request) => {
      const { id } = request.workspace;
      return inTurn(db, id, 'lists', async (tx) => {
        const [goals, values] = [await listGoals(tx, id), await valuesByGoal(tx, id)];
        return { data: goals.map((each) => ({ ...each, values: values.get(each.id) ?? [] })) };
      });
    },
  );

  routes.post(
    '/api/v1/goals',
    {
      schema: {
        operationId: 'createGoal',
        summary: 'Create a goal',
        description: 'A conversion that names a new goal makes it too. Create it yourself to say who may report it.',
        tags: ['Conversions'],
        body: newGoal,
        response: { 201: goal.describe('The new goal.'), ...refusals(400, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const { isServerOnly } = request.body;
      const name = readGoalName(request.body.name, 'name');
      const made = await insertGoal(db, request.workspace.id, actorOf(request), { name, isServerOnly }, 'name');
      return reply.code(201).send({ ...made, conversions: 0, values: [] });
    },
  );

  routes.patch(
    '/api/v1/goals/:id',
    {
      schema: {
        operationId: 'updateGoal',
        summary: 'Change a goal',
        description:
          'What was counted stays. Conversions that still name the old name make a new goal of it: change the name there too.',
        tags: ['Conversions'],
        params,
        body: goalChanges,
        response: { 200: goal.describe('The goal as it is now.'), ...refusals(400, 404, 409, 413, 415) },
      },
    },
    async (request) => {
      const { id: workspaceId } = request.workspace;
      const { name, isServerOnly } = request.body;
      const changed = await updateGoal(db, workspaceId, actorOf(request), request.params.id, (now) => ({
        name: name === undefined ? now.name : readGoalName(name, 'name'),
        isServerOnly: isServerOnly ?? now.isServerOnly,
      }));
      return withValues(db, workspaceId, changed);
    },
  );

  routes.delete(
    '/api/v1/goals/:id',
    {
      schema: {
        operationId: 'deleteGoal',
        summary: 'Delete a goal',
        description:
          'For good, with its conversions and their sums. Links and clicks stay. A conversion that names it again makes a new goal.',
        tags: ['Conversions'],
        params,
        response: { 204: z.undefined().describe('The goal is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeGoal(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}

async function withValues(db: Db, workspaceId: string, changed: CountedGoal): Promise<z.output<typeof goal>> {
  const values = await inTurn(db, workspaceId, 'lists', (tx) => valuesByGoal(tx, workspaceId, changed.id));
  return { ...changed, values: values.get(changed.id) ?? [] };
}
