import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { domainPath } from '../domains/head.ts';
import { getOwnDomain, type OwnDomain } from '../domains/settings.ts';
import { plainTabs, type SettingsTab } from './fields.ts';
import { openTab, saveTab, type SettingsRules, type ShownForm, tabParams, tabView } from './form.ts';

/** The tabs of a domain's page that are a form and nothing else. Members who may not change them read what is set. */
export default async function domainSettingsRoutes(app: FastifyInstance, rules: SettingsRules): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace, schema: { params: tabParams } };
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')], schema: { params: tabParams } };

  for (const tab of plainTabs) {
    const path = `/w/:workspace/domains/:id/${tab.name}`;

    routes.get(path, toSee, async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      return show(request, reply, tab, domain, openTab(tab, domain));
    });

    routes.post(path, toManage, async (request, reply) =>
      saveTab(request, reply, {
        tab,
        rules,
        show: (domain, shown) => show(request, reply, tab, domain, shown),
        back: `${domainPath(`/w/${request.workspace.slug}`, request.params)}/${tab.name}`,
      }),
    );
  }

  // Bookmarks of the page that had all settings lead on.
  routes.get('/w/:workspace/domains/:id/settings', toSee, async (request, reply) =>
    reply.redirect(`${domainPath(`/w/${request.workspace.slug}`, request.params)}/brand`, 301),
  );
}

const show = (request: FastifyRequest, reply: FastifyReply, tab: SettingsTab, domain: OwnDomain, shown: ShownForm) =>
  reply.page('domains/settings/plain.eta', tabView(request, tab, domain, shown));
