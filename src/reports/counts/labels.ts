import { reasonLabel } from '../../visitors/machines/bots.ts';
import { channelLabels } from '../../visitors/visits/channel.ts';
import { deviceLabels } from '../../visitors/visits/device.ts';
import { hitClassLabels } from '../../visitors/machines/hit-class.ts';
import { otherValues } from '../../visitors/clicks/variety.ts';
import { type DimensionName, dimensionOf, unknown } from '../../visitors/rollups/dimensions.ts';
import type { LinkNames } from './link-names.ts';
import { countryName, languageName } from '../../ground/text/place-names.ts';

/** The words for a value, and the country of a place that has one. */
export type Label = { label: string; context: string | null };

const naming: Partial<Record<DimensionName, (value: string) => string>> = {
  class: (value) => (hitClassLabels as Readonly<Record<string, string>>)[value] ?? value,
  reason: reasonLabel,
  country: countryName,
  device: (value) => (deviceLabels as Readonly<Record<string, string>>)[value] ?? value,
  channel: (value) => (channelLabels as Readonly<Record<string, string>>)[value] ?? value,
  language: languageName,
};

/** Label for an id whose name is unknown. */
const nameless: Partial<Record<DimensionName, string>> = {
  link: 'A deleted link',
  domain: 'Another domain',
  qr: 'A deleted code',
  destination: 'A deleted destination',
  route: 'A deleted rule',
};

/** 'DE/Bavaria' of region -> Bavaria, in Germany. A value without a name of its own reads as it is. */
export function labelOf(dimension: DimensionName, value: string, linkNames: LinkNames = {}): Label {
  if (value === unknown) return { label: dimensionOf(dimension).missing ?? 'Unknown', context: null };
  if (value === otherValues) return { label: 'Other values, too many to tell apart', context: null };
  const withoutName = nameless[dimension];
  if (withoutName !== undefined) return { label: linkNames[dimension]?.[value] ?? withoutName, context: null };
  if (dimension === 'region' || dimension === 'city') {
    const slash = value.indexOf('/');
    return { label: value.slice(slash + 1), context: countryName(value.slice(0, slash)) };
  }
  return { label: naming[dimension]?.(value) ?? value, context: null };
}
