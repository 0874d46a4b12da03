/** What clicks are broken down by. THE list: rollups, reports, API and pages read it, nothing else names dimensions. */
export type Dimension = {
  name: string;
  /** Heading of its table. */
  title: string;
  /** The value as SQL over a row `c` of clicks; NULL counts as unknown. */
  sql: string;
  /** `clicks`: of hits that are clicks. `hits`: of every hit, with its class. */
  counts: 'clicks' | 'hits';
};

/** Value under which hits without one are counted. */
export const unknown = '';

export const dimensions = [
  { name: 'class', title: 'Classes', sql: 'c.class', counts: 'hits' },
  { name: 'reason', title: 'Reasons', sql: 'c.reason', counts: 'hits' },
  { name: 'country', title: 'Countries', sql: 'c.country', counts: 'clicks' },
  { name: 'region', title: 'Regions', sql: `c.country || '/' || c.region`, counts: 'clicks' },
  { name: 'city', title: 'Cities', sql: `c.country || '/' || c.city`, counts: 'clicks' },
  { name: 'device', title: 'Devices', sql: 'c.device', counts: 'clicks' },
  { name: 'os', title: 'Systems', sql: 'c.os', counts: 'clicks' },
  { name: 'browser', title: 'Browsers', sql: 'c.browser', counts: 'clicks' },
  { name: 'referrer', title: 'Referrers', sql: 'c.referrer', counts: 'clicks' },
  { name: 'channel', title: 'Channels', sql: 'c.channel', counts: 'clicks' },
  { name: 'language', title: 'Languages', sql: 'c.language', counts: 'clicks' },
  { name: 'utm_source', title: 'UTM sources', sql: 'c.utm_source', counts: 'clicks' },
  { name: 'utm_medium', title: 'UTM mediums', sql: 'c.utm_medium', counts: 'clicks' },
  { name: 'utm_campaign', title: 'UTM campaigns', sql: 'c.utm_campaign', counts: 'clicks' },
  { name: 'utm_term', title: 'UTM terms', sql: 'c.utm_term', counts: 'clicks' },
  { name: 'utm_content', title: 'UTM contents', sql: 'c.utm_content', counts: 'clicks' },
] as const satisfies readonly Dimension[];

export type DimensionName = (typeof dimensions)[number]['name'];
