import type { Fields } from '../../ground/events/happened.ts';
import { AppError } from '../../ground/text/errors.ts';
import { type CampaignPlan, getCampaign, updateCampaign } from '../../links/links/campaigns.ts';
import { getTag, readTagName, type TagColour, tagColours, updateTag } from '../../links/links/tags.ts';
import { readTemplate, templateFields, textsOfTemplate } from '../../links/templates/forms.ts';
import { getTemplate, type LinkTemplate, updateTemplate } from '../../links/templates/templates.ts';
import { readReportAddress } from '../../reports/addresses/view-address.ts';
import { readPlan, textsOf } from '../../reports/campaigns/forms.ts';
import { getScope } from '../../reports/counts/queries.ts';
import { hasNote, insertNote, removeNote } from '../../reports/notes/notes.ts';
import { getView, insertView, readViewName, removeView, renameView } from '../../reports/saved-views/saved-views.ts';
import type { FieldNow } from './compared.ts';
import type { HistoryEvent } from './events.ts';
import { tagNamesIn } from './fields.ts';
import type { RestorePlace, Restorer, Restorers } from './restorer.ts';

const text = (fields: Fields | null, name: string): string => {
  const value = fields?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** The fields of a change, beside the texts that a form would show now. */
const besides = (
  { before, after }: HistoryEvent,
  labels: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): FieldNow[] =>
  Object.entries(labels)
    .filter(([name]) => name in { ...before, ...after })
    .map(([name, label]) => ({
      name,
      label,
      now: now[name] ?? '',
      undone: text(before, name),
      left: text(after, name),
    }));

const tagLabels = { name: 'Name', colour: 'Colour' };

const tag: Restorer = {
  right: 'organise',
  async compare({ tx, workspace }, event) {
    const { name, colour } = await getTag(tx, workspace.id, event.targetId);
    return besides(event, tagLabels, { name, colour });
  },
  async apply({ tx, workspace, by }, event, decide) {
    await updateTag(tx, workspace.id, by, event.targetId, (now) => {
      const sets = decide(besides(event, tagLabels, { name: now.name, colour: now.colour }));
      return {
        name: sets['name'] === undefined ? now.name : readTagName(sets['name'], 'name'),
        colour: tagColours.find((each): each is TagColour => each === sets['colour']) ?? now.colour,
      };
    });
  },
};

const campaignLabels = { name: 'Name', startsOn: 'First day', endsOn: 'Last day', goal: 'Goal' };

const campaign: Restorer = {
  right: 'organise',
  async compare({ tx, workspace }, event) {
    return besides(event, campaignLabels, textsOf(await getCampaign(tx, workspace.id, event.targetId)));
  },
  async apply({ tx, workspace, by }, event, decide) {
    await updateCampaign(tx, workspace.id, by, event.targetId, (now): CampaignPlan => {
      const texts = textsOf(now);
      return readPlan({ ...texts, ...decide(besides(event, campaignLabels, texts)) });
    });
  },
};

/** A template as the fields of an event say it, over the one that is there. */
const templateWith = (now: LinkTemplate, fields: Fields | null): LinkTemplate => ({
  ...now,
  ...(fields as Partial<LinkTemplate> | null),
  tags: fields && 'tags' in fields ? tagNamesIn(fields).map((name) => ({ name, colour: 'grey' })) : now.tags,
});

const templateLabels = { name: 'Name', domain: 'Domain', campaign: 'Campaign', tags: 'Tags' };

function templateBesides({ before, after }: HistoryEvent, now: LinkTemplate): FieldNow[] {
  const [texts, undone, left] = [now, templateWith(now, before), templateWith(now, after)].map(textsOfTemplate);
  return templateFields
    .filter((name) => name in { ...before, ...after })
    .map((name) => ({
      name,
      label: templateLabels[name],
      now: texts?.[name] ?? '',
      undone: undone?.[name] ?? '',
      left: left?.[name] ?? '',
    }));
}

const template: Restorer = {
  right: 'organise',
  async compare({ tx, workspace }, event) {
    return templateBesides(event, await getTemplate(tx, workspace.id, event.targetId));
  },
  async apply({ tx, workspace, by }, event, decide) {
    await updateTemplate(tx, workspace.id, by, event.targetId, (now, inner) =>
      readTemplate(inner, workspace.id, { ...textsOfTemplate(now), ...decide(templateBesides(event, now)) }),
    );
  },
};

const renamedView: Restorer = {
  right: 'organise',
  async compare({ tx, workspace }, event) {
    const { name } = await getView(tx, workspace.id, event.targetId);
    return besides(event, { name: 'Name' }, { name });
  },
  async apply({ tx, workspace, by }, event, decide) {
    const name = readViewName(text(event.before, 'name'));
    await renameView(tx, workspace.id, by, event.targetId, name, (now) => {
      decide(besides(event, { name: 'Name' }, { name: now.name }));
    });
  },
};

/** Something that is there or not: `isThere` says which of the two undoing brings about. */
const existence = ({ targetName }: HistoryEvent, label: string, isThereNow: boolean, isThere: boolean): FieldNow[] => [
  {
    name: 'existence',
    label,
    now: isThereNow ? targetName : '',
    undone: isThere ? targetName : '',
    left: isThere ? '' : targetName,
  },
];

/** A note that somebody wrote or deleted. @param isThere whether undoing brings it back */
const note = (isThere: boolean): Restorer => {
  const compare = async ({ tx, workspace }: RestorePlace, event: HistoryEvent) =>
    existence(event, 'Note', await hasNote(tx, workspace.id, event.targetId), isThere);
  return {
    right: 'organise',
    compare,
    async apply(place, event, decide) {
      const { tx, workspace, by } = place;
      if (Object.keys(decide(await compare(place, event))).length === 0) return;
      if (!isThere) {
        await removeNote(tx, workspace.id, by, event.targetId);
        return;
      }
      const linkId = text(event.before, 'linkId') || null;
      const at = new Date(text(event.before, 'at'));
      await insertNote(tx, workspace.id, by, { at, text: text(event.before, 'text'), linkId }, event.targetId);
    },
  };
};

const view = (isThere: boolean): Restorer => {
  const compare = async ({ tx, workspace }: RestorePlace, event: HistoryEvent) =>
    existence(event, 'View', await hasView(tx, workspace.id, event.targetId), isThere);
  return {
    right: 'organise',
    compare,
    async apply(place, event, decide) {
      const { tx, workspace, by, now } = place;
      if (Object.keys(decide(await compare(place, event))).length === 0) return;
      if (!isThere) {
        await removeView(tx, workspace.id, by, event.targetId);
        return;
      }
      const { timeZone, weekStartsOn, slug } = workspace;
      const kept = `/w/${slug}/${text(event.before, 'address')}`;
      const { subject, address } = readReportAddress(kept, workspace, { timeZone, weekStartsOn, now });
      await getScope(tx, workspace.id, subject);
      const name = readViewName(text(event.before, 'name'));
      await insertView(tx, workspace.id, by, { name, address }, event.targetId);
    },
  };
};

async function hasView(tx: RestorePlace['tx'], workspaceId: string, viewId: string): Promise<boolean> {
  try {
    await getView(tx, workspaceId, viewId);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** Changes that can be undone, but for those of links. */
export const otherRestorers: Restorers = {
  'tag.changed': tag,
  'campaign.changed': campaign,
  'template.changed': template,
  'view.changed': renamedView,
  'note.created': note(false),
  'note.restored': note(false),
  'note.deleted': note(true),
  'view.created': view(false),
  'view.restored': view(false),
  'view.deleted': view(true),
};
