import type { Actor } from '../../ground/events/actor.ts';
import type { Fields } from '../../ground/events/happened.ts';
import { AppError } from '../../ground/text/errors.ts';
import { type CampaignPlan, getCampaign, updateCampaign } from '../../links/links/campaigns.ts';
import { getTag, readTagName, type TagColour, tagColours, updateTag } from '../../links/links/tags.ts';
import { readTemplate, textsOfTemplate } from '../../links/templates/forms.ts';
import { getTemplate, type LinkTemplate, updateTemplate } from '../../links/templates/templates.ts';
import { type ConversionGoal, getGoal, readGoalName, updateGoal } from '../../visitors/conversions/goals.ts';
import { readReportAddress } from '../../reports/addresses/view-address.ts';
import { readPlan, textsOf } from '../../reports/campaigns/forms.ts';
import { getScope } from '../../reports/counts/queries.ts';
import { hasNote, insertNote, removeNote } from '../../reports/notes/notes.ts';
import { getView, insertView, readViewName, removeView, renameView } from '../../reports/saved-views/saved-views.ts';
import type { FieldNow } from './compared.ts';
import type { HistoryEvent } from './events.ts';
import { orError } from './restore-links.ts';
import type { RestorePlace, Restorer, Restorers } from './restorer.ts';

const text = (fields: Fields | null, name: string): string => {
  const value = fields?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

type Texts = Record<string, string>;

/** Something whose fields were changed. */
type Changed<Thing> = {
  labels: Readonly<Texts>;
  /** As a form shows it. */
  asTexts: (thing: Thing) => Texts;
  get: (tx: RestorePlace['tx'], workspaceId: string, id: string) => Promise<Thing>;
  /** @param textsFor says under the lock what the form would send */
  update: (place: RestorePlace, id: string, textsFor: (now: Thing) => Texts) => Promise<unknown>;
};

function changed<Thing extends object>({ labels, asTexts, get, update }: Changed<Thing>): Restorer {
  const besides = ({ before, after }: HistoryEvent, thing: Thing): FieldNow[] => {
    const fieldsOf = (fields: Fields | null) => asTexts({ ...thing, ...fields });
    const [now, undone, left] = [asTexts(thing), fieldsOf(before), fieldsOf(after)];
    return Object.entries(labels)
      .filter(([name]) => name in { ...before, ...after })
      .map(([name, label]) => ({
        name,
        label,
        now: now[name] ?? '',
        undone: undone[name] ?? '',
        left: left[name] ?? '',
      }));
  };
  return {
    right: 'organise',
    async compare({ tx, workspace }, event) {
      return besides(event, await get(tx, workspace.id, event.targetId));
    },
    async apply(place, event, decide) {
      await update(place, event.targetId, (now) => ({ ...asTexts(now), ...decide(besides(event, now)) }));
    },
  };
}

const tag = changed<{ name: string; colour: TagColour }>({
  labels: { name: 'Name', colour: 'Colour' },
  asTexts: ({ name, colour }) => ({ name, colour }),
  get: getTag,
  update: ({ tx, workspace, by }, id, textsFor) =>
    updateTag(tx, workspace.id, by, id, (now) => {
      const { name = '', colour } = textsFor(now);
      return { name: readTagName(name, 'name'), colour: tagColours.find((each) => each === colour) ?? now.colour };
    }),
});

const campaign = changed<CampaignPlan>({
  labels: { name: 'Name', startsOn: 'First day', endsOn: 'Last day', goal: 'Goal' },
  asTexts: textsOf,
  get: getCampaign,
  update: ({ tx, workspace, by }, id, textsFor) =>
    updateCampaign(tx, workspace.id, by, id, (now) => readPlan({ ...textsOf(now), ...textsFor(now) })),
});

/** Its tags are names in events. */
type TemplateThen = Omit<LinkTemplate, 'tags'> & { tags: readonly (string | { name: string })[] };

const template = changed<TemplateThen>({
  labels: { name: 'Name', domain: 'Domain', campaign: 'Campaign', tags: 'Tags', split: 'A/B test' },
  asTexts: ({ tags, ...rest }) => ({
    ...textsOfTemplate({ ...rest, tags: [] }),
    tags: tags.map((each) => (typeof each === 'string' ? each : each.name)).join(', '),
  }),
  get: getTemplate,
  update: ({ tx, workspace, context, by }, id, textsFor) =>
    updateTemplate(tx, workspace.id, by, id, (now, inner) =>
      readTemplate({ ...context, db: inner }, workspace.id, { ...textsOfTemplate(now), ...textsFor(now) }, now),
    ),
});

const renamedView = changed<{ name: string }>({
  labels: { name: 'Name' },
  asTexts: ({ name }) => ({ name }),
  get: getView,
  update: ({ tx, workspace, by }, id, textsFor) =>
    renameView(tx, workspace.id, by, id, (now) => readViewName(textsFor(now)['name'] ?? '')),
});

const goal = changed<Omit<ConversionGoal, 'id'>>({
  labels: { name: 'Name', isServerOnly: 'Server calls only' },
  asTexts: ({ name, isServerOnly }) => ({ name, isServerOnly: isServerOnly ? 'yes' : 'no' }),
  get: getGoal,
  update: ({ tx, workspace, by }, id, textsFor) =>
    updateGoal(tx, workspace.id, by, id, (now) => {
      const { name = '', isServerOnly } = textsFor(now);
      return { name: readGoalName(name, 'name'), isServerOnly: isServerOnly === 'yes' };
    }),
});

/** Something that came or went. */
type Existing = {
  label: string;
  isThere: (place: RestorePlace, id: string) => Promise<boolean>;
  remove: (tx: RestorePlace['tx'], workspaceId: string, by: Actor, id: string) => Promise<unknown>;
  insert: (place: RestorePlace, event: HistoryEvent) => Promise<unknown>;
};

/** @param comesBack whether undoing brings it back, or takes it away */
const existence = ({ label, isThere, remove, insert }: Existing, comesBack: boolean): Restorer => {
  const compare = async (place: RestorePlace, event: HistoryEvent): Promise<FieldNow[]> => {
    const name = event.targetName;
    const now = (await isThere(place, event.targetId)) ? name : '';
    return [{ name: 'existence', label, now, undone: comesBack ? name : '', left: comesBack ? '' : name }];
  };
  return {
    right: 'organise',
    compare,
    async apply(place, event, decide) {
      const { tx, workspace, by } = place;
      if (Object.keys(decide(await compare(place, event))).length === 0) return;
      await (comesBack ? insert(place, event) : remove(tx, workspace.id, by, event.targetId));
    },
  };
};

const note: Existing = {
  label: 'Note',
  isThere: ({ tx, workspace }, id) => hasNote(tx, workspace.id, id),
  remove: removeNote,
  insert({ tx, workspace, by }, { before, targetId }) {
    const linkId = text(before, 'linkId') || null;
    const at = new Date(text(before, 'at'));
    return insertNote(tx, workspace.id, by, { at, text: text(before, 'text'), linkId }, targetId);
  },
};

const view: Existing = {
  label: 'View',
  isThere: async ({ tx, workspace }, id) => !((await orError(() => getView(tx, workspace.id, id))) instanceof AppError),
  remove: removeView,
  async insert({ tx, workspace, by, now }, { before, targetId }) {
    const { timeZone, weekStartsOn, slug } = workspace;
    const kept = `/w/${slug}/${text(before, 'address')}`;
    const { subject, address } = readReportAddress(kept, workspace, { timeZone, weekStartsOn, now });
    await getScope(tx, workspace.id, subject);
    await insertView(tx, workspace.id, by, { name: readViewName(text(before, 'name')), address }, targetId);
  },
};

/** Changes that can be undone, but for those of links. */
export const otherRestorers: Restorers = {
  'tag.changed': tag,
  'campaign.changed': campaign,
  'template.changed': template,
  'view.changed': renamedView,
  'goal.changed': goal,
  'note.created': existence(note, false),
  'note.restored': existence(note, false),
  'note.deleted': existence(note, true),
  'view.created': existence(view, false),
  'view.restored': existence(view, false),
  'view.deleted': existence(view, true),
};
