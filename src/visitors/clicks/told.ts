import type { Facts } from '../conditions/facts.ts';
import type { Plan } from '../routing/plan.ts';
import { type Channel, channelOf } from '../visits/channel.ts';
import { type Device, readDevice } from '../visits/device.ts';
import type { Geo } from '../visits/geo.ts';
import { readLocale } from '../visits/language.ts';
import { type Referrer, readReferrer } from '../visits/referrer.ts';
import { hasPaidClickId, hasSocialClickId, readUtm, type Utm } from '../visits/utm.ts';
import type { Visit } from '../visits/visit.ts';

/** All that a request tells of its visitor, besides whether it is a machine: hits keep it, and rules ask for it. */
export type VisitorTold = {
  country: string | null;
  /** Null for those who ask not to be tracked, as is the city. */
  region: string | null;
  city: string | null;
  /** The whole tag in lower case. */
  locale: string | null;
  device: Device;
  referrer: Referrer;
  /** Do Not Track, or Global Privacy Control. */
  isPrivate: boolean;
  /** Tags of the visitor's own query. */
  utm: Readonly<Utm>;
  rawQuery: string;
};

export type ToldBy = {
  geo: Pick<Geo, 'locate'>;
  /** Hosts of ours: who comes from there has no referrer. */
  ownHosts: ReadonlySet<string>;
};

/** @param userAgent of the visit, cut to USER_AGENT_MAX */
export function readTold(
  { headers, address, rawQuery }: Visit,
  userAgent: string,
  { geo, ownHosts }: ToldBy,
): VisitorTold {
  const isPrivate = headers['sec-gpc'] === '1' || headers.dnt === '1';
  const { country, region, city } = geo.locate(address);
  return {
    country,
    region: isPrivate ? null : region,
    city: isPrivate ? null : city,
    locale: readLocale(headers['accept-language']),
    device: readDevice(userAgent, headers),
    referrer: readReferrer(headers.referer, ownHosts),
    isPrivate,
    utm: readUtm(rawQuery),
    rawQuery,
  };
}

/** @param tags of the address that is opened, with those of the visitor */
export const channelTold = ({ device, referrer, rawQuery }: VisitorTold, isQr: boolean, tags: Readonly<Utm>): Channel =>
  channelOf({
    isQr,
    referrer,
    app: device.app,
    utmSource: tags.source,
    utmMedium: tags.medium,
    hasPaidClickId: rawQuery !== '' && hasPaidClickId(rawQuery),
    hasSocialClickId: rawQuery !== '' && hasSocialClickId(rawQuery),
  });

/** The same as rules ask for it. @param own tags of the link's own address, by which a channel may be told */
export const factsTold = (
  told: VisitorTold,
  at: number,
  { slug, domainId, isQr }: Pick<Plan, 'slug' | 'domainId' | 'isQr'>,
  own: Readonly<Utm>,
): Facts => ({
  at,
  country: told.country,
  region: told.region,
  city: told.city,
  language: told.locale,
  device: told.device.device,
  system: told.device.os,
  browser: told.device.browser,
  app: told.device.app ?? '',
  referrer: told.referrer.host,
  channel: channelTold(told, isQr, withVisitors(own, told.utm)),
  slug,
  domainId,
  isQr,
  rawQuery: told.rawQuery,
});

/** Tags of an address win over the visitor's, as they do in the redirect. */
export function withVisitors(own: Readonly<Utm>, visitors: Readonly<Utm>): Readonly<Utm> {
  return {
    source: own.source ?? visitors.source,
    medium: own.medium ?? visitors.medium,
    campaign: own.campaign ?? visitors.campaign,
    term: own.term ?? visitors.term,
    content: own.content ?? visitors.content,
  };
}
