import { domainToASCII } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { attachment } from '../../ground/http/attachment.ts';
import { maxTyped } from '../../ground/text/composed.ts';
import { beginDownload } from '../../ground/http/downloads.ts';
import { editFields, type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { plural } from '../../ground/text/format.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typed } from '../../ground/http/typed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { showHost } from '../dns/name.ts';
import { countLinksOn, removeDomain, writeRedirectMap } from './removal.ts';
import {
  type ApplyCasePolicy,
  type DomainSettings,
  getOwnDomain,
  type OwnDomain,
  readSettings,
  redirectStatuses,
  referrerPolicies,
  type SettingsContext,
  settingNames,
  updateDomainSettings,
} from './settings.ts';

/** Rules of links/, which builds on this room. */
export type LinkRules = Pick<SettingsContext, 'readDestination'> & {
  applyCasePolicy: ApplyCasePolicy;
  shortUrlOf: (scheme: string, host: string, slug: string) => string;
};

const params = z.object({ workspace: z.string(), id: z.string().regex(/^\w+$/).catch('-') });
const settingsForm = z.object({
  ...(Object.fromEntries(settingNames.map((name) => [name, typed])) as Record<keyof DomainSettings, typeof typed>),
  isDefault: typed,
  ...editFields,
});
const fields = [...settingNames, 'isDefault'] as const;
type Values = Record<(typeof fields)[number], string>;
/** Making ASCII of a host takes time by the square of its length. */
const removalForm = z.object({ host: z.string().max(maxTyped).catch('') });

/** Settings for the visitors of a domain, and its removal. */
export default async function domainSettingsRoutes(app: FastifyInstance, rules: LinkRules): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const context = { db, sites: app.sites, readDestination: rules.readDestination };
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')] };

  routes.get('/w/:workspace/domains/:id/settings', { ...toManage, schema: { params } }, async (request, reply) => {
    const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
    return showSettings(reply, domain, openEdit(textsOf(domain)), {});
  });

  routes.post('/w/:workspace/domains/:id/settings', { ...toManage, schema: { params } }, async (request, reply) => {
    const { id: workspaceId, slug } = request.workspace;
    const domain = await getOwnDomain(db, workspaceId, request.params.id);
    const edited = () => {
      const { isDefault, ...form } = settingsForm.parse(request.body);
      // A box that cannot be ticked is not sent: that says nothing.
      const isSent = isDefault === 'on' || domain.state === 'live';
      return readEdit(isSent ? { ...form, isDefault } : form, fields);
    };
    return takeForm(
      request,
      reply,
      settingsForm,
      async () => {
        const edit = edited();
        const { isDefault, ...typedChanges } = edit.changes;
        const changes: Partial<DomainSettings> & { isDefault?: boolean } = {};
        const errors: Record<string, string> = {};
        // One by one, so that each field says at once what is wrong with it.
        for (const [name, text] of Object.entries(typedChanges)) {
          const read = await orRefusal(() => readSettings(context, domain.host, { [name]: text }));
          Object.assign(changes, read.value);
          Object.assign(errors, read.refusal?.errors);
        }
        if (Object.keys(errors).length > 0)
          return showSettings(reply.code(422), domain, edit.again(textsOf(domain)), errors);
        if (isDefault !== undefined) changes.isDefault = isDefault === 'on';
        const refuse = (now: OwnDomain) => edit.refuseOvertaken(textsOf(now));
        const by = actorOf(request);
        await updateDomainSettings(db, workspaceId, by, domain.id, changes, rules.applyCasePolicy, refuse);
        reply.flash('success', `Visitors of ${showHost(domain.host).shown} see this from now on.`);
        return reply.redirect(`/w/${slug}/domains/${domain.id}/settings`, 303);
      },
      async ({ errors, thrown }) => {
        const now = await getOwnDomain(db, workspaceId, domain.id);
        return showSettings(reply, now, edited().again(textsOf(now), thrown), errors);
      },
    );
  });

  routes.get('/w/:workspace/domains/:id/remove', { ...toManage, schema: { params } }, async (request, reply) => {
    const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
    return showRemoval(reply, request.workspace.id, domain, '', {});
  });

  routes.post('/w/:workspace/domains/:id/remove', { ...toManage, schema: { params } }, async (request, reply) => {
    const { id: workspaceId, slug } = request.workspace;
    const domain = await getOwnDomain(db, workspaceId, request.params.id);
    const { shown } = showHost(domain.host);
    return takeForm(
      request,
      reply,
      removalForm,
      async ({ host }) => {
        if (domainToASCII(host.trim()) !== domain.host)
          throw new Invalid(`Type ${shown}, so that it is this domain and no other.`, { field: 'host' });
        const links = await countLinksOn(db, workspaceId, domain.id);
        await removeDomain(db, workspaceId, actorOf(request), domain.id);
        reply.flash('success', `${shown} is removed. ${plural(links, 'link')} stopped; reports keep them.`);
        return reply.redirect(`/w/${slug}/domains`, 303);
      },
      ({ errors }) => showRemoval(reply, workspaceId, domain, removalForm.parse(request.body).host, errors),
    );
  });

  routes.get(
    '/w/:workspace/domains/:id/redirect-map.csv',
    { ...toManage, schema: { params }, config: { rateLimit: { max: 60, timeWindow: '1 minute' } } },
    async (request, reply) => {
      const domain = await getOwnDomain(db, request.workspace.id, request.params.id);
      const { id: workspaceId } = request.workspace;
      const file = await beginDownload(workspaceId, writeRedirectMap(db, workspaceId, domain, rules.shortUrlOf));
      reply.header('content-disposition', attachment(`${domain.host}-redirects.csv`));
      return reply.type('text/csv; charset=utf-8').send(file);
    },
  );

  async function showRemoval(
    reply: FastifyReply,
    workspaceId: string,
    domain: OwnDomain,
    typedHost: string,
    errors: Record<string, string>,
  ) {
    const links = await countLinksOn(db, workspaceId, domain.id);
    const { shown } = showHost(domain.host);
    return reply.page('domains/domains/remove.eta', {
      title: `Remove ${shown}`,
      domain,
      shown,
      links,
      typedHost,
      errors,
    });
  }
}

/** A setting as its field shows it; checkboxes say "on". */
function textOf(value: DomainSettings[keyof DomainSettings]): string {
  if (typeof value === 'boolean') return value ? 'on' : '';
  return String(value ?? '');
}

const textsOf = (domain: OwnDomain): Values =>
  Object.fromEntries(fields.map((name) => [name, textOf(domain[name])])) as Values;

function showSettings(
  reply: FastifyReply,
  domain: OwnDomain,
  edit: EditView<keyof Values>,
  errors: Record<string, string>,
) {
  const { shown } = showHost(domain.host);
  return reply.page('domains/domains/settings.eta', {
    title: `Settings of ${shown}`,
    domain,
    host: shown,
    ...edit,
    errors,
    redirectStatuses,
    referrerPolicies,
  });
}
