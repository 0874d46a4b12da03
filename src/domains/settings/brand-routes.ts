import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { typed } from '../../ground/http/typed.ts';
import { formWithFiles, readFields, takeFilesIn } from '../../ground/http/multipart.ts';
import { allowOwnFrames } from '../../ground/http/security.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { describeBrandColor } from '../../visitors/redirect/brand.ts';
import { sampleNames, samples } from '../../visitors/redirect/samples.ts';
import { domainPath } from '../domains/head.ts';
import { getOwnDomain, type OwnDomain } from '../domains/settings.ts';
import { brandTab } from './fields.ts';
import { openTab, saveTab, type SettingsRules, type ShownForm, tabParams, tabView } from './form.ts';
import { readChosenLogo } from './chosen-logo.ts';
import { looks, type ShownPage, shownPage } from './visitor-page.ts';

/** Colours to begin with. */
const swatches = [
  { name: 'Trail green', color: '#0f7b5c' },
  { name: 'Lake blue', color: '#2563a8' },
  { name: 'Plum', color: '#8a3f8f' },
  { name: 'Brick', color: '#b4412e' },
  { name: 'Amber', color: '#d98a00' },
  { name: 'Slate', color: '#47545c' },
];

/** The tab of the pages that visitors see, and the brand on them: one form, saved all at once, its picture too. */
export default async function brandRoutes(app: FastifyInstance, rules: SettingsRules): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  takeFilesIn(app);

  routes.get(
    '/w/:workspace/domains/:id/brand',
    { preHandler: requireWorkspace, schema: { params: tabParams, querystring: shownPage } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      return show(request, reply, domain, openTab(brandTab, domain), request.query);
    },
  );

  routes.get(
    '/w/:workspace/domains/:id/brand/colour',
    { preHandler: requireWorkspace, schema: { params: tabParams, querystring: z.object({ brandColor: typed }) } },
    async (request, reply) => {
      const { brandColor } = request.query;
      const color = describeColor(brandColor);
      // While a colour is typed, the words of the last one stay.
      if (!color && brandColor.trim() !== '') return reply.code(204).send();
      return reply.fragment('domains/settings/_colour-words.eta', { color });
    },
  );

  routes.post(
    '/w/:workspace/domains/:id/brand',
    { ...formWithFiles([requireWorkspace, requireRight('manageDomains')]), schema: { params: tabParams } },
    async (request, reply) => {
      request.body = await readFields(request);
      const chosen = shownPage.parse(request.body);
      const isUsual = chosen.page === sampleNames[0] && chosen.look === looks[0];
      const path = `${domainPath(`/w/${request.workspace.slug}`, request.params)}/brand`;
      return saveTab(request, reply, {
        tab: brandTab,
        rules,
        readExtra: readChosenLogo,
        show: (domain, shown) => show(request, reply, domain, shown, chosen),
        back: isUsual ? path : `${path}?${new URLSearchParams(chosen).toString()}`,
      });
    },
  );
}

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  domain: OwnDomain,
  shown: ShownForm,
  { page, look }: ShownPage,
) {
  const view = tabView(request, brandTab, domain, shown);
  allowOwnFrames(reply);
  return reply.page('domains/settings/brand.eta', {
    ...view,
    swatches,
    color: describeColor(view.values.brandColor),
    pages: sampleNames.map((name) => ({ value: name, label: samples[name].label })),
    page,
    look,
    query: new URLSearchParams({ page, look }).toString(),
  });
}

/** Undefined for what is no colour. */
function describeColor(typedColor: string) {
  const digits = /^#?([\da-f]{6})$/i.exec(typedColor.trim())?.[1]?.toLowerCase();
  return digits && { ...describeBrandColor(digits), fill: `#${digits}` };
}
