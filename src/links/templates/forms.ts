import { z } from 'zod';
import { readDomain } from '../../domains/domains/queries.ts';
import { editFields } from '../../ground/http/edit-form.ts';
import { left, typed } from '../../ground/http/typed.ts';
import { Refusals } from '../../ground/text/errors.ts';
import { readCampaignOf } from '../links/campaigns.ts';
import { readName } from '../links/name.ts';
import { readTagNames } from '../links/tags.ts';
import { splitOption } from '../options/split.ts';
import type { LinkContext } from '../reading/context.ts';
import { leftRows, typedRows } from '../splits/rows.ts';
import { linesOfSplit } from '../splits/text.ts';
import type { LinkTemplate, TemplatePlan } from './templates.ts';

/** Fields of the form of a new link that a template may fill. */
const filledFields = ['domain', 'tags', 'campaign', 'split'] as const;
export const templateFields = ['name', ...filledFields] as const;

export type TemplateTexts = Record<(typeof templateFields)[number], string>;

export const templateForm = z.object({ name: typed, domain: typed, tags: typed, campaign: typed, split: typedRows });
export const editTemplateForm = z.object({
  name: left,
  domain: left,
  tags: left,
  campaign: left,
  split: leftRows,
  ...editFields,
});

/** A template as its form shows it, and as it fills that of a link. */
export const textsOfTemplate = ({ name, domain, campaign, tags, split }: LinkTemplate): TemplateTexts => ({
  name,
  domain: domain?.host ?? '',
  tags: tags.map((tag) => tag.name).join(', '),
  campaign: campaign?.name ?? '',
  split: linesOfSplit(split).join('\n'),
});

/**
 * Reads a template; fields that are empty fill nothing.
 * @param now the template that is changed: a test that is sent as it is there stays, whatever became of its addresses
 * @throws Invalid with its field (name, domain, tags, campaign or split), Refused where there are several
 */
export async function readTemplate(
  context: LinkContext,
  workspaceId: string,
  form: TemplateTexts,
  now?: LinkTemplate,
): Promise<TemplatePlan> {
  const { db } = context;
  const refusals = new Refusals();
  const named = { field: 'name', what: 'template', maxLength: 80, isListed: false };
  return refusals.settle({
    name: refusals.readNow(() => readName(form.name, named)),
    domainId: await refusals.read(async () =>
      form.domain.trim() === '' ? null : (await readDomain(db, workspaceId, form.domain)).id,
    ),
    campaignId: await refusals.read(() => readCampaignOf(db, workspaceId, form.campaign)),
    tags: refusals.readNow(() => readTagNames(form.tags)),
    split: await refusals.read(async () =>
      now && form.split === textsOfTemplate(now).split
        ? now.split
        : (await splitOption.read(form.split, context, workspaceId)).split,
    ),
  });
}

/**
 * Fills the form of a new link. A field that the template before filled is emptied first. One that somebody has typed
 * stays, unless the template says something of it.
 */
export function fillBy<Fields extends Partial<TemplateTexts>>(
  typedFields: Fields,
  template: LinkTemplate,
  before: LinkTemplate | undefined,
): Fields {
  const [texts, old] = [textsOfTemplate(template), before && textsOfTemplate(before)];
  const filled = filledFields.map((name) => {
    const stays = typedFields[name] === old?.[name] ? '' : (typedFields[name] ?? '');
    return [name, texts[name] || stays];
  });
  return { ...typedFields, ...Object.fromEntries(filled) };
}
