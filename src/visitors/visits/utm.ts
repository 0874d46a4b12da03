import { cleanText } from './text.ts';

export type Utm = {
  source: string | null;
  medium: string | null;
  campaign: string | null;
  term: string | null;
  content: string | null;
};

export const utmParameters = [
  'source',
  'medium',
  'campaign',
  'term',
  'content',
] as const satisfies readonly (keyof Utm)[];

const noUtm: Readonly<Utm> = Object.freeze({ source: null, medium: null, campaign: null, term: null, content: null });

/** Click ids that ad networks put on paid clicks only. `fbclid` is not here: Facebook adds it to unpaid posts too. */
const paidClickId =
  /(?:^|&)(?:gclid|gbraid|wbraid|dclid|gad_source|gad_campaignid|msclkid|ttclid|twclid|li_fat_id|epik|sccid|rdt_cid|yclid|qclid|obclickid|dicbo|tblci|ndclid|vmcid|spclid|wickedid)=[^&]/i;

/** Meta puts these on every link that is opened in its apps, in posts and in ads alike. */
const socialClickId = /(?:^|&)(?:fbclid|igsh|igshid)=[^&]/i;

/** A value of 200 characters takes up to 1,800, escaped. Nobody else's parameters are decoded: they may be thousands. */
const tags = /(?<=^|&)utm(?:_|%5F)(?:source|medium|campaign|term|content)[=&][^&]{0,1800}/gi;

const maxTags = 50;

/**
 * Reads the utm_* tags of a query. The first of each counts, empty ones are none.
 * @param rawQuery what stands after the `?`, not yet decoded
 * @returns values decoded once (a broken escape stays readable and never throws), at most 200 characters, fit to store
 */
export function readUtm(rawQuery: string): Readonly<Utm> {
  if (!rawQuery.includes('utm_')) return noUtm;
  const query = new URLSearchParams(rawQuery.match(tags)?.slice(0, maxTags).join('&'));
  return {
    source: readTag(query, 'utm_source'),
    medium: readTag(query, 'utm_medium'),
    campaign: readTag(query, 'utm_campaign'),
    term: readTag(query, 'utm_term'),
    content: readTag(query, 'utm_content'),
  };
}

/** Whether the query carries the click id of an ad. `rawQuery` as in `readUtm`. */
export function hasPaidClickId(rawQuery: string): boolean {
  return paidClickId.test(rawQuery);
}

/** Whether the query carries an id that a social network puts on links, paid or not. `rawQuery` as in `readUtm`. */
export function hasSocialClickId(rawQuery: string): boolean {
  return socialClickId.test(rawQuery);
}

function readTag(query: URLSearchParams, name: string): string | null {
  return cleanText(query.get(name) ?? '', 200).trim() || null;
}
