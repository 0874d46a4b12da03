/** The dimensions of clicks. THE list: rollups, reports, filters, API and pages read it, nothing else names dimensions. */
export type Dimension = {
  name: string;
  /** Heading of its table, and of one of its values. */
  title: string;
  one: string;
  /** The value as SQL over a row `c` of clicks; NULL counts as unknown, unless only clicks with a value are counted. */
  sql: string;
  /** `clicks`: of hits that are clicks. `valued`: of those among them that have a value. `hits`: of every hit, with its class. */
  counts: 'clicks' | 'valued' | 'hits';
  /** The card that shows it. Dimensions of a card depend on one another, so rows are grouped by card first. */
  card: 'classes' | 'links' | 'places' | 'sources' | 'campaigns' | 'devices' | 'languages';
  /** True where people read the value as it is stored, so that a part of it can be asked for. */
  isText: boolean;
  /** True where values are ids, which people know by a name (link-names.ts). */
  isNamed?: boolean;
  /** The reports that show it, where it would say nothing in the others; all unless told. */
  shownOf?: 'one link' | 'many links';
  /** Few clicks have one: its list appears with the first, and those without are no bar. */
  isRare?: true;
  /** Words for having none; 'Unknown' unless told. */
  missing?: string;
  /** `workspace`: of a link it would say nothing, so links have no rollup of it. */
  of?: 'workspace';
  /** Rolled up of every campaign and tag, however few hits it has. */
  ofSmall?: true;
};

/** Value under which hits without one are counted. */
export const unknown = '';

const code = { counts: 'clicks', isText: false } as const;
const text = { counts: 'clicks', isText: true } as const;
/** Addresses and rules are named within their link: those of several would be told apart by nothing. */
const ofOneLink = {
  counts: 'valued',
  isText: false,
  card: 'links',
  isNamed: true,
  shownOf: 'one link',
  isRare: true,
} as const;
const tag = { ...text, card: 'campaigns', isRare: true, missing: 'Not set' } as const;

export const dimensions = [
  {
    name: 'class',
    title: 'Classes',
    one: 'Class',
    sql: 'c.class',
    counts: 'hits',
    isText: false,
    card: 'classes',
    ofSmall: true,
  },
  { name: 'reason', title: 'Reasons', one: 'Reason', sql: 'c.reason', counts: 'hits', isText: false, card: 'classes' },
  {
    name: 'link',
    title: 'Links',
    one: 'Link',
    sql: 'c.link_id',
    ...code,
    card: 'links',
    isNamed: true,
    shownOf: 'many links',
    of: 'workspace',
  },
  {
    name: 'domain',
    title: 'Domains',
    one: 'Domain',
    sql: 'c.domain_id',
    ...code,
    card: 'links',
    isNamed: true,
    shownOf: 'many links',
  },
  {
    name: 'qr',
    title: 'QR codes',
    one: 'QR code',
    sql: `case when c.channel = 'qr' then c.slug_id end`,
    counts: 'valued',
    isText: false,
    card: 'links',
    isNamed: true,
    isRare: true,
    missing: 'Not scanned',
  },
  {
    name: 'destination',
    title: 'Destinations',
    one: 'Destination',
    sql: 'c.destination_id::text',
    ...ofOneLink,
    missing: 'The link’s own address',
  },
  { name: 'route', title: 'Rules', one: 'Rule', sql: 'c.route_id::text', ...ofOneLink, missing: 'No rule' },
  { name: 'country', title: 'Countries', one: 'Country', sql: 'c.country', ...code, card: 'places' },
  { name: 'region', title: 'Regions', one: 'Region', sql: `c.country || '/' || c.region`, ...text, card: 'places' },
  { name: 'city', title: 'Cities', one: 'City', sql: `c.country || '/' || c.city`, ...text, card: 'places' },
  { name: 'device', title: 'Devices', one: 'Device', sql: 'c.device', ...code, card: 'devices' },
  { name: 'os', title: 'Systems', one: 'System', sql: 'c.os', ...text, card: 'devices' },
  { name: 'browser', title: 'Browsers', one: 'Browser', sql: 'c.browser', ...text, card: 'devices' },
  {
    name: 'referrer',
    title: 'Referrers',
    one: 'Referrer',
    sql: 'c.referrer',
    ...text,
    card: 'sources',
    missing: 'Direct',
  },
  {
    name: 'channel',
    title: 'Channels',
    one: 'Channel',
    sql: 'c.channel',
    ...code,
    card: 'sources',
    ofSmall: true,
  },
  { name: 'language', title: 'Languages', one: 'Language', sql: 'c.language', ...code, card: 'languages' },
  {
    name: 'utm_campaign',
    title: 'UTM campaigns',
    one: 'UTM campaign',
    sql: 'c.utm_campaign',
    ...tag,
  },
  { name: 'utm_source', title: 'UTM sources', one: 'UTM source', sql: 'c.utm_source', ...tag },
  { name: 'utm_medium', title: 'UTM mediums', one: 'UTM medium', sql: 'c.utm_medium', ...tag },
  { name: 'utm_term', title: 'UTM terms', one: 'UTM term', sql: 'c.utm_term', ...tag },
  { name: 'utm_content', title: 'UTM contents', one: 'UTM content', sql: 'c.utm_content', ...tag },
] as const satisfies readonly Dimension[];

export type DimensionName = (typeof dimensions)[number]['name'];

/** Names that versions before had for dimensions: filters that were kept go on, and what is counted under them goes. */
export const formerNames: Readonly<Record<string, DimensionName>> = { version: 'destination' };

/** @throws for a name that is not in the list, which types rule out */
export function dimensionOf(name: DimensionName): Dimension {
  const found = dimensions.find((dimension) => dimension.name === name);
  if (!found) throw new Error(`There is no dimension ${name}.`);
  return found;
}
