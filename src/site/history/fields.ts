import { type FaultCode, faultTitles } from '../../domains/dns/faults.ts';
import { decidedColumns } from '../../links/links/decided.ts';
import type { Link } from '../../links/links/queries.ts';
import { nameKey } from '../../links/links/name.ts';
import { wordsOfSplit } from '../../links/splits/text.ts';
import type { Split } from '../../ground/addresses/split.ts';
import { linkOptions, type OptionName, optionNames } from '../../links/options/list.ts';
import { settingList } from '../../people/workspaces/settings.ts';
import type { Fields } from '../../ground/events/happened.ts';
import { formatDate, formatDateTime, formatNumber, plural } from '../../ground/text/format.ts';
import { shortened } from '../../ground/text/shortened.ts';
import type { HistoryEvent } from './events.ts';
import { thingOf } from './things.ts';

/** One field of an event in words; `null` is nothing. A list of names says which came and which went instead. */
export type FieldChange = {
  label: string;
  from: string | null;
  to: string | null;
  added?: string[];
  removed?: string[];
};

/** Labels of the fields of things that have no list of their own. */
const labels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  link: { archivedAt: 'Archived', alias: 'Another slug', qr: 'Slug of the QR code' },
  tag: { name: 'Name', colour: 'Colour', into: 'Merged into' },
  campaign: { name: 'Name', startsOn: 'First day', endsOn: 'Last day', goal: 'Goal' },
  domain: {
    isDefault: 'New links go here',
    rootUrl: 'Address of the domain alone',
    notFoundUrl: 'Address for a link that does not exist',
    expiredUrl: 'Address for a link that has ended',
    brandName: 'Brand name',
    brandColor: 'Brand colour',
    logo: 'Logo',
    redirectStatus: 'Redirect status',
    referrerPolicy: 'Referrer-Policy',
    isCaseSensitive: 'Upper and lower case are told apart',
    isIndexed: 'Search engines may list it',
    robotsTxt: 'robots.txt',
    appleAppSiteAssociation: 'apple-app-site-association',
    assetLinks: 'assetlinks.json',
    fault: 'Fault',
    failingSince: 'Wrong since',
  },
  workspace: {
    ...Object.fromEntries(settingList.map(({ name, label }) => [name, label])),
    networksLeftOut: 'Networks that are not counted',
    hasOtherNetworks: 'Other networks are not counted',
    ownerId: '',
  },
  member: { invitedBy: '' },
  invitation: { invitedBy: '' },
  template: { split: 'A/B test' },
  goal: { name: 'Name', isServerOnly: 'Server calls only' },
  note: { at: 'Day', linkId: '' },
  share: { linkId: '', campaignId: '', tagId: '', subject: '', parts: '' },
  mailing: { linkId: '', campaignId: '', tagId: '', confirmedAt: 'Confirmed' },
  view: { address: 'Report' },
};

/** Of all things. */
const commonLabels: Readonly<Record<string, string>> = {
  links: 'Links',
  email: 'E-mail address',
  isAdmin: 'Looks after the server',
  hasPassword: 'With a password',
};

/** 'expiresAt' -> 'Expires at' */
const spelled = (name: string) =>
  name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());

/** Undefined for a field that says nothing to people, such as an id. */
function labelOf(thing: string, name: string): string | undefined {
  const label = labels[thing]?.[name] ?? commonLabels[name] ?? spelled(name);
  return label === '' ? undefined : label;
}

/** Characters of a value on a page; the event keeps it whole. */
const maxShown = 300;

const isDay = /^\d{4}-\d{2}-\d{2}$/;
const isInstant = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** The choice of a setting, as its form names it. */
function choiceOf(name: string, value: unknown): string | undefined {
  const field = settingList.find((setting) => setting.name === name)?.field;
  return field?.kind === 'choice' ? field.choices.find((choice) => choice.value === String(value))?.name : undefined;
}

/** A value as people read it; null where it says nothing. */
function wordsOf(thing: string, name: string, value: unknown, timeZone: string): string | null {
  if (value === null || value === undefined || value === '') return null;
  const choice = thing === 'workspace' ? choiceOf(name, value) : undefined;
  if (choice !== undefined) return choice;
  if (thing === 'domain' && name === 'fault' && typeof value === 'string')
    return faultTitles[value as FaultCode] ?? value;
  if (thing === 'template' && name === 'split')
    return shortened(
      wordsOfSplit(value as Split, (at) => formatDateTime(at, timeZone)),
      maxShown,
    );
  if (name === 'networksLeftOut' && value === 0) return null;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return name === 'redirectStatus' ? String(value) : formatNumber(value);
  if (typeof value === 'string' && isDay.test(value)) return formatDate(new Date(value), 'UTC');
  if (typeof value === 'string')
    return isInstant.test(value) ? formatDateTime(new Date(value), timeZone) : shortened(value, maxShown);
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    return name === 'links' ? plural(value.length, 'link') : shortened(value.map(String).join(', '), maxShown);
  }
  const { name: called, host } = value as { name?: unknown; host?: unknown };
  return [called, host].find((words) => typeof words === 'string') ?? null;
}

/** A link as the fields of an event say it, over another one; options are shown of it. */
export function linkWith(link: Partial<Link>, fields: Fields): Link {
  const read = Object.entries(fields).map(([name, value]) => {
    if (name === 'tags' && Array.isArray(value))
      return [name, value.map((tag: unknown) => ({ name: String(tag), colour: 'grey' }))];
    const column = decidedColumns[name as keyof typeof decidedColumns] as { dataType: string } | undefined;
    return [name, column?.dataType === 'date' && typeof value === 'string' ? new Date(value) : value];
  });
  return { ...link, ...Object.fromEntries(read) } as Link;
}

/** The options that an event speaks of. */
export function optionsIn({ before, after }: Pick<HistoryEvent, 'before' | 'after'>): OptionName[] {
  const fields = { ...before, ...after };
  return optionNames.filter((name) => linkOptions[name].fields.some((field) => field in fields));
}

/** Names that are in the one list and not in the other, in any spelling that counts as the same. */
export function namesWithout(names: readonly string[], others: readonly string[]): string[] {
  const keys = new Set(others.map(nameKey));
  return names.filter((name) => !keys.has(nameKey(name)));
}

export const tagNamesIn = (fields: Fields | null): string[] => {
  const tags = fields?.['tags'];
  return Array.isArray(tags) ? tags.map(String) : [];
};

function optionChange(name: OptionName, { before, after }: HistoryEvent, timeZone: string): FieldChange {
  const option: Pick<(typeof linkOptions)[OptionName], 'label' | 'show' | 'words'> = linkOptions[name];
  const { label, words = option.show } = option;
  if (name === 'tags' && before && after) {
    const [was, is] = [tagNamesIn(before), tagNamesIn(after)];
    return { label, from: null, to: null, added: namesWithout(is, was), removed: namesWithout(was, is) };
  }
  const shown = (fields: Fields | null) => (fields ? words(linkWith({}, fields), timeZone) || null : null);
  const [from, to] = [shown(before), shown(after)].map((text) => text && shortened(text, maxShown));
  return { label, from: from ?? null, to: to ?? null };
}

/** All that an event says of the fields of its thing. */
export function changesIn(event: HistoryEvent, timeZone: string): FieldChange[] {
  const { before, after } = event;
  const thing = thingOf(event.what);
  const options = thing === 'link' ? optionsIn(event) : [];
  const isShown = new Set<string>(options.flatMap((name) => linkOptions[name].fields));
  // Its words say this: archived, restored.
  if (event.what === 'link.archived' || event.what === 'link.restored') isShown.add('archivedAt');
  // Postgres keeps the fields of an event in an order of its own.
  const inOrder = Object.keys({ ...commonLabels, ...labels[thing] });
  const placeOf = (name: string) => inOrder.indexOf(name) >>> 0; // without a place: at the end
  const others = Object.keys({ ...before, ...after })
    .filter((name) => !isShown.has(name))
    .toSorted((one, other) => placeOf(one) - placeOf(other));
  const changes = [
    ...options.map((name) => optionChange(name, event, timeZone)),
    ...others.flatMap((name) => {
      const label = labelOf(thing, name);
      const [from = null, to = null] = [before, after].map((fields) => wordsOf(thing, name, fields?.[name], timeZone));
      // The sentence has the name of the thing.
      const isSaid = [from, to].includes(event.targetName) && (before === null || after === null);
      return label === undefined || from === to || isSaid ? [] : [{ label, from, to }];
    }),
  ];
  // Of a thing that went, its last values.
  return after === null ? changes.map(({ label, from }) => ({ label, from: null, to: from })) : changes;
}
