import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { listDomains } from '../../domains/domains/queries.ts';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { makeOnce } from '../../ground/http/once.ts';
import type { Refusal } from '../../ground/http/refusal.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { suggestCampaigns } from '../links/campaigns.ts';
import { nameKey } from '../links/name.ts';
import { getLink, getLinks, type Link } from '../links/queries.ts';
import { linkTarget } from '../links/link-events.ts';
import { shownOf } from '../options/list.ts';
import { type Filled, newLinkForm, queryOfNewLink, valuesOf, whileTyping } from './forms.ts';
import { fillBy } from '../templates/forms.ts';
import { findTemplate, nameTemplates } from '../templates/templates.ts';
import { checkSlug, makeTypedLink, refusedSlug, type SlugState } from './new-link.ts';
import { errorsWith, type Offer, offerOf } from './offer.ts';
import { findSameDestination, type SameDestination } from './same-destination.ts';

type Form = z.output<typeof newLinkForm>;

/** Making a link: its form, on a page of its own and in the dialog of every page, and what it says while one types. */
export default async function creationRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')] };
  const whileTyped = { ...toChange, schema: { querystring: whileTyping } };

  // The form is filled from the address, for bookmarks and for duplicates. Sending it is a person's decision.
  routes.get('/w/:workspace/links/new', { ...toChange, schema: { querystring: newLinkForm } }, async (request, reply) =>
    showForm(request, reply, await formOf(request, request.query)),
  );

  routes.get('/w/:workspace/links/slug-check', whileTyped, async (request, reply) =>
    reply.header('cache-control', 'no-store').fragment('site/components/_slug-state.eta', {
      state: await checkSlug(app, request.workspace.id, request.query),
    }),
  );

  routes.get('/w/:workspace/links/same-destination', whileTyped, async (request, reply) =>
    reply.header('cache-control', 'no-store').fragment('links/creation/_same-destination.eta', {
      same: await findSameDestination(db, request.workspace.id, request.query.url),
    }),
  );

  // Completes the name of a campaign, and offers to make one of it.
  routes.get('/w/:workspace/links/campaigns/suggest', whileTyped, async (request, reply) => {
    const { campaign, newCampaign, idPrefix } = request.query;
    const found = await suggestCampaigns(db, request.workspace.id, campaign);
    return reply.header('cache-control', 'no-store').fragment('links/creation/_campaigns.eta', {
      names: found.filter(({ name }) => nameKey(name) !== nameKey(campaign)),
      idPrefix,
      offer: await offerOf(request, campaign, newCampaign),
    });
  });

  routes.post('/w/:workspace/links', toChange, async (request, reply) => {
    const { id: workspaceId, slug: workspaceSlug, role } = request.workspace;
    return takeForm(
      request,
      reply,
      newLinkForm,
      async (form) => {
        const values = valuesOf(form);
        const newCampaign = mayDo(role, 'organise') ? form.newCampaign : '';
        const { made } = await makeOnce(request, async (tx) => {
          const context = { db: tx, sites, config, isReservedSlug };
          return { id: (await makeTypedLink(context, workspaceId, actorOf(request), values, newCampaign)).id };
        });
        const link = await getLink(db, workspaceId, made.id);
        const same = await findSameDestination(db, workspaceId, values.url, { except: link.id });
        const kept = { ...values, slug: '', filledBy: form.filledBy };
        const series = [link.id, ...form.made];
        const { idPrefix } = form;
        if (!isFragmentRequest(request)) {
          const home = `/w/${workspaceSlug}/links`;
          reply.flash('success', sentenceOf(link, same));
          return reply.redirect(form.next ? `${home}/new?${queryOfNewLink(kept, series)}` : `${home}/${link.id}`, 303);
        }
        // The list behind the dialog shows it at once; on the first link's page the form's own place shows it.
        if (idPrefix === 'quick') reply.header('HX-Trigger', 'link-created');
        if (form.next)
          return showForm(request, reply, {
            ...(await formOf(request, { ...form, ...kept, made: series })),
            isNext: true,
          });
        const again = `/w/${workspaceSlug}/links/new?${queryOfNewLink(kept)}`;
        return reply.fragment('site/components/_created-link.eta', { link, same, idPrefix, again });
      },
      async (refusal) => {
        const form = newLinkForm.parse(request.body);
        return showForm(request, reply, await formOf(request, form, refusal));
      },
    );
  });
}

const sentenceOf = (link: Link, same: SameDestination | undefined): string =>
  [
    `${linkTarget(link).name} is ready.`,
    shownOf(link).warning,
    same && `You have another link to this address: ${same.name}.`,
  ]
    .filter(Boolean)
    .join(' ');

type FormView = {
  title: string;
  idPrefix: Form['idPrefix'];
  domains: string[];
  templates: { id: string; name: string }[];
  /** The id of the template that filled it; '' for none. */
  filledBy: string;
  values: Filled;
  errors: Record<string, string>;
  slugState: SlugState | undefined;
  same: SameDestination | undefined;
  offer: Offer | undefined;
  made: Link[];
  /** It is there for the next link of a series. */
  isNext?: boolean;
};

/** The form as its template shows it. @param refusal of the form that was sent */
async function formOf(request: FastifyRequest, form: Form, refusal?: Refusal): Promise<FormView> {
  const { server, workspace } = request;
  const { db } = server;
  const chosen = form.template || form.filledBy;
  const [template, before] = await Promise.all([
    chosen ? findTemplate(db, workspace.id, chosen) : undefined,
    form.filledBy ? findTemplate(db, workspace.id, form.filledBy) : undefined,
  ]);
  const sent = valuesOf(form);
  const values = form.template && template ? fillBy(sent, template, before) : sent;
  const [domains, templates, same, offer, made, slugState] = await Promise.all([
    listDomains(db, workspace.id),
    nameTemplates(db, workspace.id),
    refusal && findSameDestination(db, workspace.id, values.url),
    offerOf(request, values.campaign, form.newCampaign),
    getLinks(db, workspace.id, form.made),
    refusal && refusedSlug(server, workspace.id, values, refusal.thrown),
  ]);
  const errors = { ...errorsWith(offer, refusal?.errors ?? {}, refusal?.thrown) };
  if (slugState) errors.slug = slugState.message;
  return {
    title: 'Create a link',
    idPrefix: form.idPrefix,
    domains: domains.map(({ host }) => host),
    templates,
    filledBy: template?.id ?? '',
    values,
    errors,
    slugState,
    same,
    offer,
    made,
  };
}

function showForm(request: FastifyRequest, reply: FastifyReply, view: FormView) {
  if (!isFragmentRequest(request)) return reply.page('links/creation/new.eta', view);
  const { title: _title, ...form } = view;
  return reply.fragment('site/components/_create-link.eta', form);
}
