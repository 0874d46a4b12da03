import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { editFields, type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typed } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { showHost } from '../dns/name.ts';
import { domainHead } from '../domains/head.ts';
import {
  type ApplyCasePolicy,
  type DomainChanges,
  getOwnDomain,
  type OwnDomain,
  readSettings,
  type SettingsContext,
  updateDomainSettings,
} from '../domains/settings.ts';
import {
  type FieldName,
  isWritten,
  namesOf,
  type SettingsTab,
  showSections,
  type Texts,
  settingTexts,
  settingWords,
} from './fields.ts';

/** Rules of links/, which builds on this wing. */
export type SettingsRules = Pick<SettingsContext, 'readDestination'> & { applyCasePolicy: ApplyCasePolicy };

export const tabParams = z.object({ workspace: z.string(), id: z.string().regex(/^\w+$/).catch('-') });

/** Fields that a tab reads besides its settings. */
type Extra = (body: Record<string, unknown>) => Promise<{ changes: DomainChanges; errors: Record<string, string> }>;

/** The form of a tab as its template shows it. */
export type ShownForm = { edit: EditView<FieldName>; errors: Record<string, string> };

type Options = {
  tab: SettingsTab;
  rules: SettingsRules;
  readExtra?: Extra;
  show: (domain: OwnDomain, shown: ShownForm) => Promise<unknown>;
  /** The address to come back to. */
  back: string;
};

/** A tab's form with what is stored. */
export const openTab = (tab: SettingsTab, domain: OwnDomain): ShownForm => ({
  edit: openEdit(textsOfTab(tab, domain)),
  errors: {},
});

/** Saves the form of a tab, all that it holds at once, or shows it again. */
export async function saveTab(
  request: FastifyRequest<{ Params: z.output<typeof tabParams> }>,
  reply: FastifyReply,
  { tab, rules, readExtra, show, back }: Options,
): Promise<unknown> {
  const { db, sites } = request.server;
  const { id: workspaceId } = request.workspace;
  const domain = await getOwnDomain(db, workspaceId, request.params.id);
  const schema = z.looseObject({ ...Object.fromEntries(namesOf(tab).map((name) => [name, typed])), ...editFields });
  const edited = () => {
    const { isDefault, ...form } = schema.parse(request.body) as Record<string, unknown>;
    // A box that cannot be ticked is not sent: that says nothing.
    const isSent = isDefault === 'on' || domain.state === 'live';
    return readEdit<FieldName>(isSent ? { ...form, isDefault } : form, namesOf(tab));
  };
  return takeForm(
    request,
    reply,
    schema,
    async (form) => {
      const edit = edited();
      const context = { db, sites, readDestination: rules.readDestination };
      const read = await readChanges(context, domain.host, edit.changes);
      const extra = await readExtra?.(form);
      const errors = { ...read.errors, ...extra?.errors };
      if (Object.keys(errors).length > 0) {
        reply.code(422);
        return show(domain, { edit: edit.again(textsOfTab(tab, domain)), errors });
      }
      const refuse = (now: OwnDomain) => edit.refuseOvertaken(settingTexts(now));
      const changes = { ...read.changes, ...extra?.changes };
      await updateDomainSettings(db, workspaceId, actorOf(request), domain.id, changes, rules.applyCasePolicy, refuse);
      reply.flash('success', `Visitors of ${showHost(domain.host).shown} see this from now on.`);
      return reply.redirect(back, 303);
    },
    async ({ errors, thrown }) => {
      const now = await getOwnDomain(db, workspaceId, domain.id);
      return show(now, { edit: edited().again(textsOfTab(tab, now), thrown), errors });
    },
  );
}

/** Reads changed fields one by one, so that each says at once what is wrong with it. */
async function readChanges(context: SettingsContext, host: string, typedTexts: Partial<Texts>) {
  const { isDefault, ...others } = typedTexts;
  const changes: DomainChanges = isDefault === undefined ? {} : { isDefault: isDefault === 'on' };
  const errors: Record<string, string> = {};
  for (const [name, text] of Object.entries(others)) {
    const read = await orRefusal(() => readSettings(context, host, { [name]: text }));
    Object.assign(changes, read.value);
    Object.assign(errors, read.refusal?.errors);
  }
  return { changes, errors };
}

const textsOfTab = (tab: SettingsTab, domain: OwnDomain): Texts => {
  const all = settingTexts(domain);
  return Object.fromEntries(namesOf(tab).map((name) => [name, all[name]])) as Texts;
};

/** The data of a tab's template: its head, the form, and the settings in words. */
export function tabView(request: FastifyRequest, tab: SettingsTab, domain: OwnDomain, { edit, errors }: ShownForm) {
  const head = domainHead(request, domain, tab.name);
  const sections = showSections(tab, domain);
  const fields = sections.flatMap((section) => section.fields);
  return {
    title: `${head.tabs.find(({ isCurrent }) => isCurrent)?.label} of ${head.shown}`,
    head,
    /** The address of the form. */
    action: `${head.path}/${tab.name}`,
    domain,
    sections,
    values: edit.values,
    shown: edit.shown,
    errors,
    /** Stored values of fields that somebody else changed meanwhile: as they are written, or in words. */
    conflicts: Object.fromEntries(
      fields.flatMap((field) => {
        const text = edit.conflicts[field.name];
        if (text === undefined) return [];
        return [[field.name, isWritten(field) ? text : settingWords(field, text)]];
      }),
    ),
    words: Object.fromEntries(fields.map((field) => [field.name, settingWords(field, edit.values[field.name])])),
    canManage: mayDo(request.workspace.role, 'manageDomains'),
  };
}
