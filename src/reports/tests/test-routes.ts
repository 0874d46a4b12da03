import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { stateOfSplit } from '../../ground/addresses/split.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { Conflict, Invalid } from '../../ground/text/errors.ts';
import { getLink, type Link, updateLink } from '../../links/links/queries.ts';
import { linkHead, linkPath } from '../../links/pages/head.ts';
import { maxVersions, versionLetter } from '../../links/splits/text.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { countRules } from '../rules/rule-clicks.ts';
import { sumsInWords } from '../../visitors/conversions/money.ts';
import { digestOfRules } from '../rules/rule-form.ts';
import { showRules } from '../rules/shown-rules.ts';
import { endTest } from './end-test.ts';
import { listGoals } from '../../visitors/conversions/goals.ts';
import { chooseGoal } from './goal-choice.ts';
import {
  digestOfTest,
  endForm,
  openTest,
  readTest,
  refuseOtherTest,
  testForm,
  type TypedTest,
  typedTest,
  withOtherRows,
} from './forms.ts';
import { liftInWords, rangeInWords } from './results.ts';
import { countTests, judgeTests } from './standing.ts';
import { loadTestChart } from './test-chart.ts';

/** The goal by which versions are compared, where a link has several. */
const goalQuery = z.object({ goal: z.string().max(100).optional().catch(undefined) });

const params = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** The forms of the page, where they are not as the link is. */
type Showing = {
  editor?: TypedTest;
  /** Digest of the test that the editor began with; the one of today where its person was told of another one. */
  editorShown?: string | undefined;
  ending?: { winner: string; reason: string };
  errors?: Record<string, string>;
  /** Id of the goal that was chosen. */
  goal?: string | undefined;
};

/** The tab of a link's page with its A/B test: how it stands, its editor, and how it ends. */
export default async function testRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const path = '/w/:workspace/links/:linkId/destinations';
  const toSee = { preHandler: requireWorkspace, schema: { params } };
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')], schema: { params } };
  const linkOf = (request: FastifyRequest<{ Params: z.output<typeof params> }>) =>
    getLink(db, request.workspace.id, request.params.linkId);

  routes.get(path, { ...toSee, schema: { params, querystring: goalQuery } }, async (request, reply) =>
    showTab(request, reply, await linkOf(request), { goal: request.query.goal }),
  );

  routes.post(path, toChange, async (request, reply) => {
    const { id: workspaceId, timeZone } = request.workspace;
    const link = await linkOf(request);
    return takeForm(
      request,
      reply,
      testForm,
      async (form) => {
        const editor = typedTest(form, link);
        const other = withOtherRows(editor, form.action);
        if (other) return showTab(request, reply, link, { editor: other, editorShown: form.shown });
        const times = { now: new Date(), timeZone };
        const split = await readTest({ db, sites, config, isReservedSlug }, link, editor, times);
        await updateLink(db, workspaceId, actorOf(request), link.id, { split }, (now) => {
          // Rows name the link's own address by its text, and the pause is no field of the form.
          refuseOtherTest(now, digestOfTest(link));
          refuseOtherTest(now, form.shown);
        });
        reply.flash('success', link.split ? 'The test is saved.' : 'The test runs.', workspaceId);
        return reply.redirect(tabHref(request, link), 303);
      },
      async ({ errors, thrown }) => {
        const form = testForm.parse(request.body);
        const isTold = thrown instanceof Conflict && thrown.code === 'overtaken';
        const editorShown = isTold ? undefined : form.shown;
        return showTab(request, reply, await linkOf(request), { editor: typedTest(form, link), editorShown, errors });
      },
    );
  });

  for (const [word, isPaused, done] of [
    ['pause', true, 'The test is paused. All visitors go to the link’s own address.'],
    ['continue', false, 'The test goes on. Visitors see the version that they saw before.'],
  ] as const)
    routes.post(`${path}/${word}`, toChange, async (request, reply) => {
      const { id: workspaceId } = request.workspace;
      const link = await linkOf(request);
      if (link.split && link.split.isPaused !== isPaused) {
        const split = { ...link.split, isPaused };
        const refuse = (now: Link) => refuseOtherTest(now, digestOfTest(link));
        await updateLink(db, workspaceId, actorOf(request), link.id, { split }, refuse);
        reply.flash('success', done, workspaceId);
      }
      return reply.redirect(tabHref(request, link), 303);
    });

  routes.post(`${path}/end`, toChange, async (request, reply) => {
    const { id: workspaceId } = request.workspace;
    const link = await linkOf(request);
    return takeForm(
      request,
      reply,
      endForm,
      async ({ winner: chosen, reason, shown, goal }) => {
        const now = new Date();
        const choice = await chooseGoal(db, workspaceId, link.id, goal);
        const counted = await countTests(db, request.workspace, link, now);
        const { current } = await judgeTests(db, link, now, counted, choice.chosen?.id);
        if (!current) return reply.redirect(tabHref(request, link), 303);
        const winner = current.rows.find(({ version }) => String(version) === chosen);
        if (!winner && chosen !== '') throw new Invalid('Choose a version of this test.', { field: 'winner' });
        const ending = { winner: winner?.version ?? null, reason, now };
        await endTest(db, actorOf(request), link, current, ending, shown);
        reply.flash('success', endedInWords(winner?.letter), workspaceId);
        return reply.redirect(tabHref(request, link), 303);
      },
      async ({ errors }) => {
        const { winner = '', reason = '', goal } = typedValues(request.body);
        return showTab(request, reply, await linkOf(request), { ending: { winner, reason }, errors, goal });
      },
    );
  });
}

const tabHref = ({ workspace }: FastifyRequest, link: Link): string =>
  `${linkPath(`/w/${workspace.slug}`, link)}/destinations`;

const endedInWords = (letter: string | undefined): string =>
  letter === undefined
    ? 'The test has ended without a winner. All visitors go to the link’s own address.'
    : `The test has ended. All visitors go to the address of ${letter} now, which is the link’s own.`;

async function showTab(request: FastifyRequest, reply: FastifyReply, link: Link, showing: Showing = {}) {
  const { workspace, server } = request;
  const now = new Date();
  // The editor is to be had also where counting takes too long.
  const goal = await chooseGoal(server.db, workspace.id, link.id, showing.goal);
  const { value } = await orRefusal(async () => {
    const counted = await countTests(server.db, workspace, link, now);
    return judgeTests(server.db, link, now, counted, goal.chosen?.id);
  });
  const current = value?.current;
  const course = current && (await orRefusal(() => loadTestChart(server.db, workspace, link, current, now))).value;
  const ruleClicks = await orRefusal(() => countRules(server.db, workspace, link, now));
  return reply.page('reports/tests/destinations.eta', {
    title: `Destinations of ${link.domain}/${link.slug}`,
    head: linkHead(request, link, 'destinations', now),
    action: tabHref(request, link),
    link,
    rules: showRules(link, now, ruleClicks.value),
    rulesShown: digestOfRules(link),
    state: link.split ? stateOfSplit(link.split, now) : null,
    tests: value,
    course,
    goal,
    goals: await listGoals(server.db, workspace.id),
    editor: showing.editor ?? openTest(link, workspace.timeZone),
    ending: showing.ending ?? { winner: String(current?.results.winner ?? ''), reason: '' },
    isEditing: showing.editor !== undefined,
    isEnding: showing.ending !== undefined,
    errors: showing.errors ?? {},
    shown: digestOfTest(link),
    editorShown: showing.editorShown ?? digestOfTest(link),
    timeZone: workspace.timeZone,
    now,
    maxVersions,
    words: { versionLetter, liftInWords, rangeInWords, sumsInWords },
  });
}
