import { z } from 'zod';
import { Invalid } from '../../ground/text/errors.ts';
import { typed } from '../../ground/http/typed.ts';
import { type UtmChannel, offeredChannels, withUtm } from './channels.ts';
import { maxRows, type Row, rowFields, rowOf } from './rows.ts';

/** Bytes of a form: as many rows with addresses of middle length, several times over. */
export const maxFormBytes = 4 * 1024 * 1024;

/** The values of a field that stands in each row; no form has more than twice as many as it may. */
const column = z
  .union([z.array(z.string()), z.string().transform((text) => [text])])
  .catch([])
  .transform((texts) => texts.slice(0, maxRows * 2));

/** Fields that hold for all rows. */
const forAll = { domain: typed, allTags: typed, allCampaign: typed };

export const severalQuery = z.object({
  ...forAll,
  way: z.enum(['channels', 'list']).catch('channels'),
  url: typed,
  list: typed,
  template: typed,
});

/** The first step: an address and channels, or a pasted list. */
export const sourceForm = z.object({
  ...forAll,
  way: z.enum(['channels', 'list']).catch('channels'),
  list: typed,
  url: typed,
  utmCampaign: typed,
  chosen: column,
  label: column,
  source: column,
  medium: column,
  slug: column,
});

export type SourceForm = z.output<typeof sourceForm>;

/** The second step: the rows, each of which can be changed. */
export const rowsForm = z.object({
  ...forAll,
  ...(Object.fromEntries(rowFields.map((name) => [name, column])) as Record<(typeof rowFields)[number], typeof column>),
  /** Numbers of rows that are left out. */
  out: column,
  /** Names that the person chose to make campaigns of. */
  newCampaign: column,
  action: z.enum(['make', 'check', 'drop']).catch('check'),
});

export type Rows = z.output<typeof rowsForm>;

/** Channels of the first form, as it was sent: those that are chosen, by their ticks or by a name of their own. */
export type SentChannel = UtmChannel & { slug: string; isChosen: boolean };

/** Empty rows for channels of one's own. */
const emptyChannels = 3;

/** The channels that the form begins with. */
export const firstChannels = (): SentChannel[] => [
  ...offeredChannels.map((channel) => ({ ...channel, slug: '', isChosen: false })),
  ...Array.from({ length: emptyChannels }, () => ({ label: '', source: '', medium: '', slug: '', isChosen: false })),
];

/** Those of a form that was sent. */
export const channelsOf = ({ source, medium, slug, label, chosen }: SourceForm): SentChannel[] =>
  source.length === 0
    ? firstChannels()
    : source.map((each, at) => ({
        label: label[at] ?? '',
        source: each,
        medium: medium[at] ?? '',
        slug: slug[at] ?? '',
        isChosen: chosen.includes(String(at)),
      }));

/** Whether a channel is meant: ticked, or a row of one's own that says something. */
export const isMeant = ({ label, source, isChosen }: SentChannel): boolean =>
  isChosen || (label === '' && source.trim() !== '');

/** The address of a channel's link. */
export const channelAddress = ({ url, utmCampaign }: SourceForm, { source, medium }: UtmChannel): string =>
  withUtm(url, { source, medium, campaign: utmCampaign });

/**
 * The rows of channels: a link each.
 * @throws Invalid (field `url` or `channels`)
 */
export function rowsOfChannels(form: SourceForm): Row[] {
  if (form.url.trim() === '')
    throw new Invalid('Paste the address that the links should lead to.', { field: 'url', code: 'url_invalid' });
  const meant = channelsOf(form).filter(isMeant);
  if (meant.length === 0)
    throw new Invalid('Choose at least one channel, or name one of your own.', { field: 'channels' });
  return meant.map((channel) =>
    rowOf({ url: channelAddress(form, channel), slug: channel.slug, title: channel.label || channel.source }),
  );
}

/** The rows of a form, without those that are left out. */
export function rowsOfForm(form: Rows): Row[] {
  const out = new Set(form.out);
  return form.url
    .map((_url, at) => rowOf(Object.fromEntries(rowFields.map((name) => [name, form[name][at]]))))
    .filter((row, at) => !out.has(String(at)) && rowFields.some((name) => row[name] !== ''))
    .slice(0, maxRows);
}
