import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { attachment } from '../../ground/http/attachment.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { orRefusal, type Refusal } from '../../ground/http/refusal.ts';
import { plural } from '../../ground/text/format.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { nameKey } from '../links/name.ts';
import { textsOfTemplate } from '../templates/forms.ts';
import { findTemplate } from '../templates/templates.ts';
import { checkSet, countRefused, type LinkSet, makeSet } from './check.ts';
import {
  channelAddress,
  channelsOf,
  firstChannels,
  isMeant,
  maxFormBytes,
  type Rows,
  rowsForm,
  rowsOfChannels,
  rowsOfForm,
  severalQuery,
  type SourceForm,
  sourceForm,
} from './forms.ts';
import { fieldsShown, maxRows, readPasted, type Row, rowFields, rowLabels } from './rows.ts';
import { writeSet } from './set-csv.ts';
import { readSet } from './sets.ts';

const params = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** The fields that hold for all links of a list. */
type ForAll = Pick<LinkSet, 'domain' | 'allTags' | 'allCampaign'>;

/** Several links at once: a list or channels, the table to check, and the links that were made. */
export default async function severalRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')] };
  const large = { ...toChange, bodyLimit: maxFormBytes };

  routes.get(
    '/w/:workspace/links/several',
    { ...toChange, schema: { querystring: severalQuery } },
    async (request, reply) => {
      const { template: templateId, ...query } = request.query;
      const template = templateId ? await findTemplate(db, request.workspace.id, templateId) : undefined;
      const texts = template && textsOfTemplate(template);
      const filled = texts && { domain: texts.domain, allTags: texts.tags, allCampaign: texts.campaign };
      return showSource(reply, { ...sourceForm.parse(query), ...filled }, {});
    },
  );

  // The addresses of channels while somebody writes them.
  routes.get(
    '/w/:workspace/links/several/addresses',
    { ...toChange, schema: { querystring: sourceForm } },
    async (request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .fragment('links/several/_addresses.eta', { addresses: addressesOf(request.query) }),
  );

  routes.post('/w/:workspace/links/several/check', large, async (request, reply) =>
    takeForm(
      request,
      reply,
      sourceForm,
      async (form) => {
        const { rows, ignored } =
          form.way === 'list' ? readPasted(form.list) : { rows: rowsOfChannels(form), ignored: [] };
        return showRows(request, reply, { rows, ...allOf(form), newCampaigns: [] }, { ignored });
      },
      ({ errors }) => showSource(reply, sourceForm.parse(request.body), errors),
    ),
  );

  routes.post('/w/:workspace/links/several', large, async (request, reply) => {
    const { id: workspaceId, slug } = request.workspace;
    return takeForm(
      request,
      reply,
      rowsForm,
      async (form) => {
        const set = setOf(request, form);
        if (form.action === 'drop') return showRows(request, reply, set, { isDropping: true });
        if (form.action === 'check') return showRows(request, reply, set);
        const { made } = await makeOnce(request, async (tx) => {
          const context = { db: tx, sites, config, isReservedSlug };
          const links = await makeSet(context, workspaceId, actorOf(request), set);
          return { first: links[0]?.id ?? '', count: String(links.length) };
        });
        reply.flash('success', `${plural(Number(made.count), 'link')} ${made.count === '1' ? 'is' : 'are'} ready.`);
        return reply.redirect(`/w/${slug}/links/several/${made.first}`, 303);
      },
      (refusal) => showRows(request, reply, setOf(request, rowsForm.parse(request.body)), { refusal }),
    );
  });

  routes.get('/w/:workspace/links/several/:linkId', { ...toChange, schema: { params } }, async (request, reply) => {
    const links = await readSet(db, request.workspace.id, request.params.linkId);
    return reply.page('links/several/made.eta', {
      title: plural(links.length, 'new link'),
      links,
      first: request.params.linkId,
      archived: links.filter(({ archivedAt }) => archivedAt !== null).length,
    });
  });

  routes.get(
    '/w/:workspace/links/several/:linkId/links.csv',
    { ...toChange, schema: { params } },
    async (request, reply) => {
      const links = await readSet(db, request.workspace.id, request.params.linkId);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', attachment('new-links.csv'))
        .send(writeSet(links));
    },
  );
}

const allOf = ({ domain, allTags, allCampaign }: ForAll): ForAll => ({ domain, allTags, allCampaign });

const setOf = ({ workspace }: FastifyRequest, form: Rows): LinkSet => ({
  ...allOf(form),
  rows: rowsOfForm(form),
  newCampaigns: mayDo(workspace.role, 'organise') ? form.newCampaign : [],
});

const addressesOf = (form: SourceForm): string[] =>
  channelsOf(form).map((channel) =>
    form.url.trim() && (isMeant(channel) || channel.source) ? channelAddress(form, channel) : '',
  );

/** The first step. */
function showSource(reply: FastifyReply, form: SourceForm, errors: Record<string, string>) {
  const channels = form.source.length > 0 ? channelsOf(form) : firstChannels();
  return reply.page('links/several/several.eta', {
    title: 'Several links',
    way: form.way,
    values: { ...allOf(form), url: form.url, utmCampaign: form.utmCampaign, list: form.list },
    channels,
    addresses: addressesOf({ ...form, ...columnsOf(channels) }),
    maxRows,
    columns: rowFields.map((name) => rowLabels[name]),
    errors,
  });
}

const columnsOf = (channels: ReturnType<typeof channelsOf>) => ({
  label: channels.map(({ label }) => label),
  source: channels.map(({ source }) => source),
  medium: channels.map(({ medium }) => medium),
  slug: channels.map(({ slug }) => slug),
});

type Showing = {
  /** Columns of a pasted list that are not taken. */
  ignored?: string[];
  /** Without the rows that are refused. */
  isDropping?: boolean;
  refusal?: Refusal;
};

/** The table of the second step. */
async function showRows(request: FastifyRequest, reply: FastifyReply, set: LinkSet, showing: Showing = {}) {
  const { workspace, server } = request;
  const { value, refusal } = await orRefusal(() => checkSet(server, workspace.id, set));
  if (refusal) reply.code(refusal.status);
  const checked = value ?? { rows: set.rows.map(asTyped), unknownCampaigns: [] };
  const rows = showing.isDropping ? checked.rows.filter(({ read }) => read !== undefined) : checked.rows;
  const { rows: _rows, ...errors } = { ...showing.refusal?.errors, ...refusal?.errors };
  return reply.page('links/several/check.eta', {
    title: `Check ${plural(rows.length, 'link')}`,
    rows,
    fields: fieldsShown(rows.map(({ row }) => row)).map((name) => ({ name, label: rowLabels[name] })),
    refused: countRefused({ ...checked, rows }),
    values: allOf(set),
    offers: mayDo(workspace.role, 'organise') ? checked.unknownCampaigns.map((name) => offerIn(set, name)) : [],
    ignored: showing.ignored ?? [],
    /** Somebody meant to make them. */
    isRefused: showing.refusal !== undefined,
    errors,
  });
}

/** A name that may be made a campaign with the links. */
const offerIn = ({ newCampaigns }: LinkSet, name: string) => ({
  name,
  isChosen: newCampaigns.some((chosen) => nameKey(chosen) === nameKey(name)),
});

/** A row of a list whose domain is refused: nothing is known of it. */
const asTyped = (row: Row) => ({ row, errors: {}, suggestion: null, sameAs: null, same: undefined, read: undefined });
