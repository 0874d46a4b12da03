import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { inTurn } from '../../ground/db/in-turn.ts';
import { editFields, type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typed, typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { linksOfGoal, valuesByGoal } from '../../visitors/conversions/counts.ts';
import {
  type CountedGoal,
  getGoal,
  insertGoal,
  listGoals,
  readGoalName,
  removeGoal,
  updateGoal,
} from '../../visitors/conversions/goals.ts';
import { formatMoney, sumsInWords } from '../../visitors/conversions/money.ts';
import { getPostbackVersion, replacePostback } from '../../visitors/conversions/postback.ts';
import { getLinks } from '../links/queries.ts';
import { postbackToken } from './postback-token.ts';
import { type ReportingWay, reportingWays, snippetsOf } from './snippets.ts';

const place = z.object({ workspace: z.string() });
const ofGoal = place.extend({ goalId: z.string().regex(/^\w+$/).catch('-') });
/** The way to report a goal that is shown. */
const wayQuery = z.object({ way: z.enum(reportingWays.map(({ name }) => name)).catch('server') });
const newGoalForm = z.object({ goal: typed, isServerOnly: typed });
const goalForm = z.object({ name: typed, isServerOnly: typed, ...editFields });

/** Links that the page of a goal shows. */
const mostLinks = 20;

/** The pages of goals, with what other sites need to report them. */
export default async function goalRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  app.addHook('preHandler', requireWorkspace);
  const toChange = { preHandler: requireRight('organise') };

  routes.get('/w/:workspace/conversions', { schema: { params: place } }, (request, reply) => showGoals(request, reply));

  routes.post('/w/:workspace/conversions', { ...toChange, schema: { params: place } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      newGoalForm,
      async ({ goal, isServerOnly }) => {
        const { id } = request.workspace;
        const name = readGoalName(goal);
        await makeOnce(request, async (tx) => ({
          id: (await insertGoal(tx, id, actorOf(request), { name, isServerOnly: isServerOnly === 'on' })).id,
        }));
        reply.flash('success', `The goal “${name}” is there.`);
        return reply.redirect(homeOf(request), 303);
      },
      ({ errors }) => showGoals(request, reply, errors),
    ),
  );

  routes.post(
    '/w/:workspace/conversions/postback/replace',
    { preHandler: requireRight('makeKeys'), schema: { params: place } },
    async (request, reply) => {
      await replacePostback(db, request.workspace.id, actorOf(request));
      reply.flash('success', 'The postback address is a new one. Give it to your networks now: the old one has ended.');
      return reply.redirect(`${homeOf(request)}?way=postback#ways`, 303);
    },
  );

  routes.get('/w/:workspace/conversions/:goalId', { schema: { params: ofGoal } }, async (request, reply) => {
    const goal = await getGoal(db, request.workspace.id, request.params.goalId);
    return showGoal(request, reply, goal, openEdit(textsOf(goal)));
  });

  routes.post('/w/:workspace/conversions/:goalId', { ...toChange, schema: { params: ofGoal } }, (request, reply) => {
    const { id } = request.workspace;
    const { goalId } = request.params;
    const edited = () => readEdit(request.body, ['name', 'isServerOnly']);
    return takeForm(
      request,
      reply,
      goalForm,
      async () => {
        const edit = edited();
        const { name, isServerOnly } = edit.changes;
        const goal = await updateGoal(db, id, actorOf(request), goalId, (now) => {
          edit.refuseOvertaken(textsOf(now));
          return {
            name: name === undefined ? now.name : readGoalName(name, 'name'),
            isServerOnly: isServerOnly === undefined ? now.isServerOnly : isServerOnly === 'yes',
          };
        });
        reply.flash('success', `“${goal.name}” is saved.`, Object.keys(edit.changes).length > 0 ? id : undefined);
        return reply.redirect(homeOf(request), 303);
      },
      async ({ errors, thrown }) => {
        const now = await getGoal(db, id, goalId);
        return showGoal(request, reply, now, edited().again(textsOf(now), thrown), errors);
      },
    );
  });

  routes.post(
    '/w/:workspace/conversions/:goalId/delete',
    { ...toChange, schema: { params: ofGoal } },
    async (request, reply) => {
      const { name } = await removeGoal(db, request.workspace.id, actorOf(request), request.params.goalId);
      reply.flash('success', `The goal “${name}” is deleted.`);
      return reply.redirect(homeOf(request), 303);
    },
  );
}

const homeOf = ({ workspace }: FastifyRequest) => `/w/${workspace.slug}/conversions`;

type Texts = { name: string; isServerOnly: string };

/** A goal as its form shows it. */
const textsOf = ({ name, isServerOnly }: CountedGoal): Texts => ({ name, isServerOnly: isServerOnly ? 'yes' : 'no' });

async function showGoals(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
  const { db } = request.server;
  const { id } = request.workspace;
  const goals = await listGoals(db, id);
  // Goals can be changed also where adding up takes too long.
  const { value: values } = await orRefusal(() => inTurn(db, id, 'lists', (tx) => valuesByGoal(tx, id)));
  return reply.page('links/conversions/goals.eta', {
    goals: goals.map((goal) => ({ ...goal, sums: (values?.get(goal.id) ?? []).map(formatMoney) })),
    values: typedValues(request.body),
    errors,
    reporting: await reportingOf(request, goals[0]?.name ?? 'Purchase', homeOf(request)),
  });
}

async function showGoal(
  request: FastifyRequest,
  reply: FastifyReply,
  goal: CountedGoal,
  edit: EditView<keyof Texts>,
  errors: Record<string, string> = {},
) {
  const { db } = request.server;
  const { id } = request.workspace;
  const count = () =>
    inTurn(db, id, 'lists', async (tx) => ({
      values: (await valuesByGoal(tx, id, goal.id)).get(goal.id) ?? [],
      reached: await linksOfGoal(tx, id, goal.id, mostLinks),
    }));
  const { value: counted } = await orRefusal(count);
  const reached = new Map(counted?.reached.map(({ linkId, conversions }) => [linkId, conversions]));
  const links = await getLinks(db, id, [...reached.keys()]);
  const action = `${homeOf(request)}/${goal.id}`;
  return reply.page('links/conversions/goal.eta', {
    goal,
    action,
    value: sumsInWords(counted?.values ?? []),
    links: links.map((link) => ({
      id: link.id,
      name: `${link.domain}/${link.slug}`,
      title: link.title,
      conversions: reached.get(link.id) ?? 0,
    })),
    mostLinks,
    edit,
    errors,
    reporting: await reportingOf(request, goal.name, action),
  });
}

/** How sites report a goal, in one of the ways: for _ways.eta. */
async function reportingOf(request: FastifyRequest, goal: string, path: string) {
  const { id, role } = request.workspace;
  const { db, config } = request.server;
  const { way }: { way: ReportingWay } = wayQuery.parse(request.query);
  const postback = mayDo(role, 'makeKeys')
    ? `${config.appUrl}/pb/${postbackToken(config.secret, { id, postbackVersion: await getPostbackVersion(db, id) })}`
    : null;
  return {
    way,
    ways: reportingWays.map(({ name, label }) => ({
      label,
      href: `${path}?way=${name}#ways`,
      isCurrent: name === way,
    })),
    snippets: snippetsOf(way, goal, config.appUrl, postback),
    replaceAction: `${homeOf(request)}/postback/replace`,
  };
}
