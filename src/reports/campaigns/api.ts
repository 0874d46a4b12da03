import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import {
  type CampaignPlan,
  getCampaign,
  insertCampaign,
  listCampaigns,
  removeCampaign,
  updateCampaign,
} from '../../links/links/campaigns.ts';
import { readPlan } from './forms.ts';

const day = z.string('Write a day like 2026-11-22, or null for none.').nullable();
const plan = {
  name: z
    .string('Write name as a string.')
    .describe('No two campaigns of a workspace have the same name.')
    .meta({ maxLength: 80, examples: ['Spring 2026'] }),
  startsOn: day.describe('The first day, in the time zone of the workspace.').meta({ examples: ['2026-03-01'] }),
  endsOn: day.describe('The last day. It is still part of the campaign.').meta({ examples: ['2026-03-31'] }),
  goal: z
    .int('Write goal as a whole number, or null for none.')
    .nullable()
    .describe('How many clicks it is meant to bring, at least 1.')
    .meta({ examples: [5000] }),
};

const campaign = z
  .object({
    id: z.string().describe('Identifies it, and never changes.'),
    ...plan,
    createdAt: z.date().describe('When it was created.'),
    links: z.int().min(0).describe('How many links it has, archived ones included.'),
  })
  .meta({
    id: 'Campaign',
    examples: [
      {
        id: 'X4cNpL8sVb3q',
        name: 'Spring 2026',
        startsOn: '2026-03-01',
        endsOn: '2026-03-31',
        goal: 5000,
        createdAt: '2026-02-22T14:05:00.000Z',
        links: 12,
      },
    ],
  });

const newCampaign = jsonBody({
  ...plan,
  startsOn: plan.startsOn.optional(),
  endsOn: plan.endsOn.optional(),
  goal: plan.goal.optional(),
}).meta({ examples: [{ name: 'Spring 2026', startsOn: '2026-03-01', endsOn: '2026-03-31', goal: 5000 }] });
const campaignChanges = jsonBody({
  name: plan.name.optional(),
  startsOn: plan.startsOn.optional(),
  endsOn: plan.endsOn.optional(),
  goal: plan.goal.optional(),
})
  .describe('What you leave out stays as it is.')
  .meta({ examples: [{ endsOn: '2026-04-15', goal: 8000 }] });
const params = z.object({
  id: z
    .string()
    .describe('The id of the campaign.')
    .meta({ examples: ['X4cNpL8sVb3q'] }),
});

/** The API's view of campaigns: the same functions as the pages, in JSON. */
export default async function campaignsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/api/v1/campaigns',
    {
      schema: {
        operationId: 'listCampaigns',
        summary: 'List campaigns',
        description: 'All campaigns of the workspace, by name.',
        tags: ['Campaigns'],
        response: { 200: z.object({ data: z.array(campaign) }).describe('All campaigns.'), ...refusals() },
      },
    },
    async (request) => ({ data: await listCampaigns(db, request.workspace.id) }),
  );

  routes.post(
    '/api/v1/campaigns',
    {
      schema: {
        operationId: 'createCampaign',
        summary: 'Create a campaign',
        description:
          'Only `name` is needed. Links join it by its name: send `campaign` when you create or change a link.',
        tags: ['Campaigns'],
        body: newCampaign,
        response: { 201: campaign.describe('The new campaign.'), ...refusals(400, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const made = await insertCampaign(db, request.workspace.id, actorOf(request), readPlan(request.body));
      return reply.code(201).header('location', `/api/v1/campaigns/${made.id}`).send(made);
    },
  );

  routes.get(
    '/api/v1/campaigns/:id',
    {
      schema: {
        operationId: 'getCampaign',
        summary: 'Get a campaign',
        description: 'One campaign. Its clicks are counted by `GET /api/v1/analytics` with `campaignId`.',
        tags: ['Campaigns'],
        params,
        response: { 200: campaign.describe('The campaign.'), ...refusals(404) },
      },
    },
    async (request) => getCampaign(db, request.workspace.id, request.params.id),
  );

  routes.patch(
    '/api/v1/campaigns/:id',
    {
      schema: {
        operationId: 'updateCampaign',
        summary: 'Change a campaign',
        description: 'Its links stay in it, even when you rename it.',
        tags: ['Campaigns'],
        params,
        body: campaignChanges,
        response: { 200: campaign.describe('The campaign as it is now.'), ...refusals(400, 404, 409, 413, 415) },
      },
    },
    async (request) => {
      const { body } = request;
      const change = ({ name, startsOn, endsOn, goal }: CampaignPlan) =>
        readPlan({ name, startsOn, endsOn, goal, ...definedOf(body) });
      return updateCampaign(db, request.workspace.id, actorOf(request), request.params.id, change);
    },
  );

  routes.delete(
    '/api/v1/campaigns/:id',
    {
      schema: {
        operationId: 'deleteCampaign',
        summary: 'Delete a campaign',
        description: 'Its links stay, without a campaign.',
        tags: ['Campaigns'],
        params,
        response: { 204: z.undefined().describe('The campaign is deleted.'), ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      await removeCampaign(db, request.workspace.id, actorOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}

/** Without what was left out. */
function definedOf<Body extends object>(asked: Body): { [Name in keyof Body]?: Exclude<Body[Name], undefined> } {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Body]?: Exclude<Body[Name], undefined>;
  };
}
