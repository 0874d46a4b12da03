import { z } from 'zod';
import { foldCase, slugReserved } from '../../ground/addresses/slug.ts';
import { editFields } from '../../ground/http/edit-form.ts';
import { left, typed, wordsUpTo } from '../../ground/http/typed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { linkSorts, linkStates } from '../links/list.ts';
import { listArchived } from '../links/queries.ts';
import { maxSearchLength } from '../search/search.ts';
import { mainOptions, ofOptions } from '../options/list.ts';
import type { LinkContext } from '../reading/context.ts';
import { leftRows } from '../splits/rows.ts';

/** The query of the list that an edit began on; it ends there. Without it, the edit ends on the link's page. */
const list = z.string().max(5_000).optional().catch(undefined);
export const editQuery = z.object({ list });

/** A field that a form does not send stays as it is. */
export const editLinkForm = z.object({
  ...ofOptions(({ field }) => (field.kind === 'rows' ? leftRows : left)),
  ...editFields,
  list,
  newCampaign: typed,
});

export const listQuery = z.object({
  search: wordsUpTo(maxSearchLength),
  tag: wordsUpTo(200),
  campaign: wordsUpTo(200),
  sort: z.enum(linkSorts).catch('newest'),
  state: z.enum(linkStates).exclude(['all']).catch('active'),
  cursor: z.string().nullable().catch(null),
});

/** A list as forms and cookies name it: it may be the tab of a campaign or a tag, 'campaigns/9b2'. */
export const keptListQuery = listQuery.extend({
  within: z
    .string()
    .regex(/^(?:campaigns|tags)\/\w+$/)
    .catch(''),
});

/** The query of such a tab, which has no filters: they are of the list of all links. */
export const tabQuery = listQuery.pick({ sort: true, state: true, cursor: true });

/** More than the ids of as many links as one request changes. */
const maxIds = 20_000;

const idsOf = (text: string): string[] => text.slice(0, maxIds).split(/\W+/).filter(Boolean);

/** How many links, campaigns or tags one chart can tell apart. */
export const mostCompared = 5;

/** @throws Invalid (code `too_many`) for more than that */
export function refuseTooMany(kind: 'link' | 'campaign' | 'tag', chosen: readonly string[]): void {
  if (chosen.length > mostCompared)
    throw new Invalid(`Compare up to ${mostCompared} ${kind}s at once.`, { field: kind, code: 'too_many' });
}

/** A change of several links at once; `enter` is the return key in one of the bar's fields. */
export const bulkForm = z.object({
  links: z
    .union([z.string(), z.array(z.string()).transform((texts) => texts.join(' '))])
    .catch('')
    .transform(idsOf),
  action: z
    .enum(['enter', 'add-tag', 'remove-tag', 'set-campaign', 'make-campaign', 'compare', 'archive', 'restore'])
    .catch('enter'),
  tag: typed,
  campaign: typed,
  /** The query of the list that it began on. */
  back: typed,
});

/**
 * @throws Invalid with its field, `slug` or the name of a main option, for one that is archived and may not be opened
 */
export async function refuseToRestore(
  context: LinkContext,
  workspaceId: string,
  linkIds: readonly string[],
): Promise<void> {
  const archived = await listArchived(context.db, workspaceId, linkIds);
  for (const { slugs } of archived) {
    const reserved = slugs.find(({ slug, isOnOwnHost }) => context.isReservedSlug(foldCase(slug), isOnOwnHost));
    if (reserved) throw slugReserved(reserved.slug);
  }
  for (const main of mainOptions) {
    const ofKind = archived.filter(({ kind }) => kind === main.opens);
    if (ofKind.length > 0) await main.refuseToOpen(context, workspaceId, ofKind);
  }
}
