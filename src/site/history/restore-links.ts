import { and, eq, inArray, isNull } from 'drizzle-orm';
import { campaigns, links, tags } from '../../ground/db/schema.ts';
import type { Fields, What } from '../../ground/events/happened.ts';
import { formatDate } from '../../ground/text/format.ts';
import { AppError, NotFound } from '../../ground/text/errors.ts';
import { addTagTo, archiveLinks, removeTagFrom, restoreLinks, setCampaignOf } from '../../links/links/bulk.ts';
import { readCampaignOf } from '../../links/links/campaigns.ts';
import { lockLinks } from '../../links/links/lock.ts';
import { nameKey, splitNames } from '../../links/links/name.ts';
import { asLink, type Link, selectLinks, updateLink } from '../../links/links/queries.ts';
import { linkOptions, type OptionName, readOptions } from '../../links/options/list.ts';
import { refuseToRestore } from '../../links/pages/forms.ts';
import type { FieldNow, Settled } from './compared.ts';
import type { HistoryEvent } from './events.ts';
import { linkWith, namesWithout, optionsIn, tagNamesIn } from './fields.ts';
import type { Decide, RestorePlace } from './restorer.ts';

const ofLinks: ReadonlySet<What> = new Set(['link.changed', 'link.archived', 'link.restored']);

/** Whether it is a change of a link that can be undone: of its options or its state, and not of its other slugs. */
export const isOfLink = (event: HistoryEvent): boolean =>
  ofLinks.has(event.what) && ('archivedAt' in { ...event.before } || optionsIn(event).length > 0);

/** Result of undoing one change; an error says why it stays. */
export type LinkOutcome =
  | { event: HistoryEvent; result: 'done' | 'already' }
  | { event: HistoryEvent; error: AppError };

/** Campaigns of events by their ids, because one may have another name today; and the tags that are there, by name. */
type Names = { campaigns: ReadonlyMap<string, string>; tags: ReadonlySet<string> };

/**
 * The changes of each link as one.
 * @param events of links, the newest first
 */
function merged(events: readonly HistoryEvent[]): HistoryEvent[] {
  const byLink = new Map<string, HistoryEvent>();
  for (const event of events) {
    const newer = byLink.get(event.targetId);
    byLink.set(
      event.targetId,
      newer
        ? {
            ...newer,
            before: { ...newer.before, ...event.before },
            after: { ...event.after, ...newer.after },
          }
        : event,
    );
  }
  return [...byLink.values()];
}

/** The fields of a change beside those of its link, as a form shows them. @throws NotFound */
export async function compareLink(place: RestorePlace, event: HistoryEvent): Promise<FieldNow[]> {
  const [found, names] = [await readLinks(place, [event.targetId]), await readNames(place, [event])];
  return compared(place, event, found.get(event.targetId), names);
}

function compared({ workspace }: RestorePlace, event: HistoryEvent, link: Link | undefined, names: Names): FieldNow[] {
  if (!link) throw new NotFound(`${event.targetName} is deleted, which is for good. Its short link stays closed.`);
  const [before, after] = [event.before, event.after].map((fields) => renamed(fields ?? {}, names));
  const fields = optionsIn(event).map((name): FieldNow => {
    const option = linkOptions[name];
    const { label } = option;
    if (name === 'tags') return tagsCompared(event, link, names);
    const [now, undone, left] = [link, linkWith(link, before ?? {}), linkWith(link, after ?? {})].map((each) =>
      option.show(each),
    );
    const gone = name === 'campaign' && now !== undone ? lostCampaign(before ?? {}, names) : undefined;
    return {
      name,
      label,
      now: now ?? '',
      undone: undone ?? '',
      left: left ?? '',
      ...(gone !== undefined && { obstacle: `The campaign “${gone}” is deleted. Put the link into another one.` }),
    };
  });
  return 'archivedAt' in { ...event.before } ? [...fields, stateCompared(event, link, workspace.timeZone)] : fields;
}

/** Tags that came and went since are left as they are: this change alone is taken back. */
function tagsCompared(event: HistoryEvent, link: Link, names: Names): FieldNow {
  const [was, is, now] = [tagNamesIn(event.before), tagNamesIn(event.after), link.tags.map(({ name }) => name)];
  const [added, removed] = [namesWithout(is, was), namesWithout(was, is)];
  const undone = [...namesWithout(now, added), ...namesWithout(removed, now)];
  const isGone = (name: string) => !names.tags.has(nameKey(name));
  const lost = namesWithout(removed, now).find(isGone);
  const unknown = added.find(isGone);
  return {
    name: 'tags',
    label: linkOptions.tags.label,
    now: now.join(', '),
    undone: undone.join(', '),
    left: now.join(', '),
    ...(lost !== undefined && { doubt: `There is no tag “${lost}” any more. Undoing this makes it anew.` }),
    ...(unknown !== undefined && {
      obstacle: `There is no tag “${unknown}” any more: it was renamed, merged or deleted.`,
    }),
  };
}

function stateCompared(event: HistoryEvent, link: Link, timeZone: string): FieldNow {
  const words = (archivedAt: unknown) => (archivedAt ? 'Archived' : 'Active');
  const now = link.archivedAt ? `Archived since ${formatDate(link.archivedAt, timeZone)}` : 'Active';
  const undone = words(event.before?.['archivedAt']);
  const isSame = undone === words(link.archivedAt);
  return { name: 'archivedAt', label: 'State', now: isSame ? undone : now, undone, left: isSame ? undone : now };
}

/** The campaign of an event under the name that it has today. */
function renamed(fields: Fields, names: Names): Fields {
  const campaign = fields['campaign'] as { id: string; name: string } | null | undefined;
  const name = campaign && names.campaigns.get(campaign.id);
  return name === undefined || name === null ? fields : { ...fields, campaign: { ...campaign, name } };
}

function lostCampaign(fields: Fields, names: Names): string | undefined {
  const campaign = fields['campaign'] as { id: string; name: string } | null | undefined;
  return campaign && !names.campaigns.has(campaign.id) ? campaign.name : undefined;
}

async function readLinks({ tx, workspace }: RestorePlace, ids: readonly string[]): Promise<Map<string, Link>> {
  const found = await selectLinks(tx, workspace.id).where(
    and(eq(links.workspaceId, workspace.id), inArray(links.id, [...ids]), isNull(links.deletedAt)),
  );
  return new Map(found.map((row) => [row.id, asLink(row)]));
}

async function readNames({ tx, workspace }: RestorePlace, events: readonly HistoryEvent[]): Promise<Names> {
  const fields = events.flatMap(({ before, after }) => [before, after]);
  const ids = fields.flatMap((each) => (each?.['campaign'] as { id: string } | null | undefined)?.id ?? []);
  const keys = fields.flatMap(tagNamesIn).map(nameKey);
  const named = await tx
    .select({ id: campaigns.id, name: campaigns.name })
    .from(campaigns)
    .where(and(eq(campaigns.workspaceId, workspace.id), inArray(campaigns.id, [...new Set(ids)])));
  const tagged = await tx
    .select({ key: tags.nameKey })
    .from(tags)
    .where(and(eq(tags.workspaceId, workspace.id), inArray(tags.nameKey, [...new Set(keys)])));
  return {
    campaigns: new Map(named.map(({ id, name }) => [id, name])),
    tags: new Set(tagged.map(({ key }) => key)),
  };
}

/**
 * Undoes changes of links, each as far as it can be: as many statements as for one, where all are alike.
 * @param events the newest first
 */
export async function undoOfLinks(
  place: RestorePlace,
  events: readonly HistoryEvent[],
  decide: Decide,
): Promise<LinkOutcome[]> {
  const { tx, workspace } = place;
  const each = merged(events);
  const ids = each.map(({ targetId }) => targetId);
  // Before all else, and in the order of all writers: what is read now stays so.
  await lockLinks(tx, and(eq(links.workspaceId, workspace.id), inArray(links.id, ids), isNull(links.deletedAt)));
  const [found, names] = [await readLinks(place, ids), await readNames(place, each)];
  const outcomes: LinkOutcome[] = [];
  const alike = new Map<string, Step[]>();
  for (const event of each) {
    const link = found.get(event.targetId);
    const sets = await orError(() => decide(compared(place, event, link, names)));
    if (sets instanceof AppError) outcomes.push({ event, error: sets });
    else if (Object.keys(sets).length === 0 || !link) outcomes.push({ event, result: 'already' });
    else {
      const step = stepOf(event, link, sets);
      alike.set(step.like, [...(alike.get(step.like) ?? []), step]);
    }
  }
  for (const steps of alike.values()) outcomes.push(...(await take(place, steps)));
  return outcomes;
}

/** Something to set at a link; those that are alike are set together. */
type Step = { event: HistoryEvent; sets: Settled; like: string; run: Run };
type Run = (place: RestorePlace, ids: readonly string[]) => Promise<unknown>;

function stepOf(event: HistoryEvent, link: Link, sets: Settled): Step {
  const names = Object.keys(sets);
  const only = names.length === 1 ? names[0] : undefined;
  const one = (like: string, run: Run) => ({ event, sets, like, run });
  const value = sets[only ?? ''] ?? '';
  if (only === 'archivedAt') return one(`state ${value}`, value === 'Archived' ? archive : open);
  if (only === 'campaign') return one(`campaign ${value}`, (place, ids) => joinCampaign(place, ids, value));
  if (only === 'tags') {
    const [was, is] = [link.tags.map(({ name }) => name), splitNames(value)];
    const [added, removed] = [namesWithout(is, was), namesWithout(was, is)];
    const [name = ''] = [...added, ...removed];
    if (added.length + removed.length === 1) {
      const isAdded = added.length === 1;
      return one(`tag ${isAdded} ${nameKey(name)}`, ({ tx, workspace, by }, ids) =>
        (isAdded ? addTagTo : removeTagFrom)(tx, workspace.id, by, ids, name),
      );
    }
  }
  return one(`link ${link.id}`, (place) => change(place, link.id, sets));
}

const archive: Run = ({ tx, workspace, by }, ids) => archiveLinks(tx, workspace.id, by, ids);

const open: Run = async ({ tx, workspace, by, context }, ids) => {
  await refuseToRestore(context, workspace.id, ids);
  await restoreLinks(tx, workspace.id, by, ids);
};

async function joinCampaign({ tx, workspace, by }: RestorePlace, ids: readonly string[], name: string) {
  await setCampaignOf(tx, workspace.id, by, ids, await readCampaignOf(tx, workspace.id, name));
}

/** As the form of a link does, with the fields that differ. */
async function change(place: RestorePlace, linkId: string, { archivedAt, ...texts }: Settled): Promise<void> {
  const { tx, workspace, by, context } = place;
  const typed: Partial<Record<OptionName, string>> = texts;
  await updateLink(tx, workspace.id, by, linkId, await readOptions(context, workspace.id, typed));
  if (archivedAt !== undefined) await (archivedAt === 'Archived' ? archive : open)(place, [linkId]);
}

/** All at once; where one is refused, one after the other. */
async function take(place: RestorePlace, steps: readonly Step[]): Promise<LinkOutcome[]> {
  const [first] = steps;
  if (!first) return [];
  const ids = steps.map(({ event }) => event.targetId);
  const error = await orError(() => place.tx.transaction((tx) => first.run(inside(place, tx), ids)));
  if (!(error instanceof AppError)) return steps.map(({ event }) => ({ event, result: 'done' }));
  if (steps.length === 1) return [{ event: first.event, error }];
  const outcomes: LinkOutcome[] = [];
  for (const step of steps) outcomes.push(...(await take(place, [step])));
  return outcomes;
}

/** The same place, in a transaction within its own: a refusal takes back that part alone. */
export const inside = (place: RestorePlace, tx: RestorePlace['tx']): RestorePlace => ({
  ...place,
  tx,
  context: { ...place.context, db: tx },
});

/** The refusal of some work, as a value. @throws every other error */
export async function orError<Value>(work: () => Value | Promise<Value>): Promise<Value | AppError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
