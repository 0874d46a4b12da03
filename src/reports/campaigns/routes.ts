import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Period, periodNames, resolvePeriod } from '../counts/period.ts';
import { periodChoices, periodWords, previousWords, viewOf } from '../addresses/period-links.ts';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { plural } from '../../ground/text/format.ts';
import { makeOnce } from '../../ground/http/once.ts';
import {
  type Campaign,
  getCampaign,
  insertCampaign,
  removeCampaign,
  suggestCampaigns,
  updateCampaign,
} from '../../links/links/campaigns.ts';
import { mostCompared } from '../../links/pages/forms.ts';
import { type Flash, flashOf, takeForm } from '../../ground/http/forms.ts';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { typed } from '../../ground/http/typed.ts';
import { nameKey } from '../../links/links/name.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { campaignForm, editCampaignForm, readPlan, textsOf } from './forms.ts';
import { campaignHead, campaignPath, campaignTabShown } from './head.ts';
import { loadCampaigns } from './page.ts';

const params = z.object({ workspace: z.string(), campaignId: z.string() });
const day = z
  .string()
  .max(40)
  .transform((text) => text.trim() || undefined)
  .optional()
  .catch(undefined);
const listQuery = z.object({
  // A comparison over all time has nothing to compare with.
  period: z.enum(periodNames).exclude(['all']).optional().catch(undefined),
  from: day,
  to: day,
});
type Typed = z.output<typeof campaignForm>;

/** The page of campaigns, side by side, and their forms. */
export default async function campaignRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('organise')] };

  routes.get('/w/:workspace/campaigns', { ...toSee, schema: { querystring: listQuery } }, async (request, reply) => {
    const { id, slug, timeZone, weekStartsOn } = request.workspace;
    const path = `/w/${slug}/campaigns`;
    const asked = { ...request.query, timeZone, weekStartsOn, now: new Date() };
    const { value: period, refusal: refusedPeriod } = await orRefusal(() => readPeriod(asked));
    const { value: rows, refusal: refusedRows } = await orRefusal(() => (period ? loadCampaigns(db, id, period) : []));
    const refusal = refusedPeriod ?? refusedRows;
    if (refusal) reply.code(refusal.status);
    return reply.page('reports/campaigns/index.eta', {
      title: 'Campaigns',
      path,
      rows: rows ?? [],
      mostCompared,
      /** The query of a comparison of some of them. */
      asked: period ? comparisonOf(period) : [],
      periodName: period && periodWords(period),
      /** 'the 30 days before', 'yesterday' */
      previous: period && previousWords(period).replace(/^(in|on) /, ''),
      periods: periodChoices(path, period?.name ?? null).filter(({ name }) => name !== 'all'),
      range: { from: period?.days.first ?? request.query.from, to: period?.days.last ?? request.query.to },
      errors: refusal?.errors ?? {},
    });
  });

  // Completes names in forms while they are typed.
  routes.get(
    '/w/:workspace/campaigns/suggest',
    { ...toSee, schema: { querystring: z.object({ campaign: typed }) } },
    async (request, reply) => {
      const { campaign } = request.query;
      const found = await suggestCampaigns(db, request.workspace.id, campaign);
      return reply.header('cache-control', 'no-store').fragment('site/components/_suggestions.eta', {
        names: found.filter(({ name }) => nameKey(name) !== nameKey(campaign)),
      });
    },
  );

  routes.get('/w/:workspace/campaigns/new', toChange, async (request, reply) =>
    showForm(request, reply, null, newEdit({ name: '', startsOn: '', endsOn: '', goal: '' }), {}),
  );

  routes.post('/w/:workspace/campaigns', toChange, async (request, reply) =>
    takeForm(
      request,
      reply,
      campaignForm,
      async (form) => {
        const plan = readPlan(form);
        const { made } = await makeOnce(request, async (tx) => ({
          id: (await insertCampaign(tx, request.workspace.id, actorOf(request), plan)).id,
        }));
        reply.flash('success', `“${plan.name}” is ready.`);
        return reply.redirect(campaignPath(`/w/${request.workspace.slug}`, made), 303);
      },
      ({ errors }) => showForm(request, reply, null, newEdit(campaignForm.parse(request.body)), errors),
    ),
  );

  routes.get(
    '/w/:workspace/campaigns/:campaignId/edit',
    { ...toChange, schema: { params } },
    async (request, reply) => {
      const campaign = await getCampaign(db, request.workspace.id, request.params.campaignId);
      return showForm(request, reply, campaign, openEdit(textsOf(campaign)), {});
    },
  );

  routes.post(
    '/w/:workspace/campaigns/:campaignId/edit',
    { ...toChange, schema: { params } },
    async (request, reply) => {
      const { id: workspaceId } = request.workspace;
      const { campaignId } = request.params;
      const edited = () => readEdit(request.body, ['name', 'startsOn', 'endsOn', 'goal']);
      return takeForm(
        request,
        reply,
        editCampaignForm,
        async () => {
          const edit = edited();
          const saved = await updateCampaign(db, workspaceId, actorOf(request), campaignId, (now) => {
            edit.refuseOvertaken(textsOf(now));
            return readPlan({ ...textsOf(now), ...edit.changes });
          });
          const undoIn = Object.keys(edit.changes).length > 0 ? workspaceId : undefined;
          const message = 'The campaign is saved.';
          if (isFragmentRequest(request))
            return showSaved(request, reply, saved, flashOf(request, 'success', message, undoIn));
          reply.flash('success', message, undoIn);
          return reply.redirect(campaignPath(`/w/${request.workspace.slug}`, saved), 303);
        },
        async ({ errors, thrown }) => {
          const now = await getCampaign(db, workspaceId, campaignId);
          return showForm(request, reply, now, edited().again(textsOf(now), thrown), errors);
        },
      );
    },
  );

  routes.post(
    '/w/:workspace/campaigns/:campaignId/delete',
    { ...toChange, schema: { params } },
    async (request, reply) => {
      const campaign = await getCampaign(db, request.workspace.id, request.params.campaignId);
      await removeCampaign(db, request.workspace.id, actorOf(request), campaign.id);
      const { name, links } = campaign;
      reply.flash(
        'success',
        `“${name}” is deleted. ${plural(links, 'link')} left it and ${links === 1 ? 'goes' : 'go'} on working.`,
      );
      return reply.redirect(campaignsHref(request), 303);
    },
  );
}

const campaignsHref = (request: FastifyRequest) => `/w/${request.workspace.slug}/campaigns`;

function comparisonOf(period: Period): [name: string, value: string][] {
  const { period: name, from, to } = viewOf(period, []);
  const asked = { of: 'campaign', period: name, from, to };
  return Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function readPeriod(input: Parameters<typeof resolvePeriod>[0]): Period {
  const period = resolvePeriod(input);
  // Campaigns are counted in days, so that a range of instants is taken for the days that it touches.
  if (period.name !== 'custom') return period;
  const { first: from, last: to } = period.days;
  return resolvePeriod({ ...input, from, to });
}

/** A new campaign is compared with nothing. */
const newEdit = (values: Typed): EditView<keyof Typed> => ({ values, shown: '', conflicts: {} });

/** The form of a campaign: a page, or the drawer of its own page. */
function showForm(
  request: FastifyRequest,
  reply: FastifyReply,
  campaign: Campaign | null,
  edit: EditView<keyof Typed>,
  errors: Record<string, string>,
) {
  const form = { campaign, ...edit, errors };
  if (campaign && isFragmentRequest(request))
    return reply.fragment('reports/campaigns/_form.eta', { ...form, isInDrawer: true });
  return reply.page('reports/campaigns/form.eta', {
    title: campaign ? `Edit ${campaign.name}` : 'New campaign',
    ...form,
  });
}

/** The new values in the page that the drawer stands on. */
async function showSaved(request: FastifyRequest, reply: FastifyReply, campaign: Campaign, flash: Flash) {
  reply.header('HX-Trigger', 'campaign-saved'); // it closes the drawer
  const tab = campaignTabShown(request, campaign) ?? 'report';
  return reply.fragment('reports/campaigns/saved.eta', {
    head: await campaignHead(request, campaign, tab, new Date()),
    flash,
  });
}
