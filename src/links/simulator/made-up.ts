import type { IncomingHttpHeaders } from 'node:http';
import { takeOwnerMark } from '../../ground/addresses/owner-mark.ts';
import { factsTold, readTold, type VisitorTold, type ToldBy } from '../../visitors/clicks/told.ts';
import type { Facts } from '../../visitors/conditions/facts.ts';
import { rules } from '../../visitors/machines/classify.ts';
import { evidenceOf } from '../../visitors/machines/evidence.ts';
import type { Verdict } from '../../visitors/machines/bots.ts';
import type { Plan } from '../../visitors/routing/plan.ts';
import { shapeOf, USER_AGENT_MAX } from '../../visitors/visits/agent-shape.ts';
import type { Channel } from '../../visitors/visits/channel.ts';
import type { deviceTypes } from '../../visitors/visits/device.ts';
import { sendsFetchMetadata } from '../../visitors/visits/fetch-metadata.ts';
import { nowhere } from '../../visitors/visits/place.ts';
import { cutText } from '../../visitors/visits/text.ts';
import type { Utm } from '../../visitors/visits/utm.ts';
import type { Visit } from '../../visitors/visits/visit.ts';
import { machineAgent, usualAgent } from './agents.ts';

/** Facts that are said outright, in the place of what a request would tell of them. */
type Said = {
  country?: string | undefined;
  region?: string | undefined;
  city?: string | undefined;
  device?: (typeof deviceTypes)[number] | undefined;
  system?: string | undefined;
  browser?: string | undefined;
  /** '' for none. */
  app?: string | undefined;
  channel?: Channel | undefined;
};

/** A visitor whom somebody made up. All that is left out is not known. */
export type MadeUpVisitor = {
  at: Date;
  userAgent?: string | undefined;
  /** As Accept-Language has it. */
  languages?: string | undefined;
  /** As Referer has it. */
  referrer?: string | undefined;
  rawQuery?: string | undefined;
  address?: string | undefined;
  /** Asks not to be tracked, by Global Privacy Control. */
  isPrivate?: boolean | undefined;
  isMachine?: boolean | undefined;
  /** Asks where the link leads. */
  isPreview?: boolean | undefined;
  isSecure?: boolean | undefined;
  /** Other headers of the request. */
  headers?: IncomingHttpHeaders | undefined;
  said: Said;
};

/** The same as the redirect meets it. */
export type MadeUpVisit = {
  visit: Visit;
  verdict: Verdict;
  shape: string;
  factsOf: (own: Readonly<Utm>) => Facts;
  /** Address and user agent are there, by which one of several addresses is chosen. */
  isVersionKnown: boolean;
};

const browserHeaders = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' };

/** Makes a visit of it, and reads that by the functions that read visits of visitors. */
export function visitOf(visitor: MadeUpVisitor, plan: Plan, by: ToldBy): MadeUpVisit {
  const { at, said, address } = visitor;
  const isAgentSaid = visitor.userAgent !== undefined;
  const headers: IncomingHttpHeaders = visitor.headers ?? {
    ...browserHeaders,
    'user-agent': visitor.userAgent ?? (visitor.isMachine ? machineAgent : usualAgent),
    ...(visitor.languages !== undefined && { 'accept-language': visitor.languages }),
    ...(visitor.referrer !== undefined && { referer: visitor.referrer }),
    ...(visitor.isPrivate && { 'sec-gpc': '1' }),
  };
  const visit: Visit = {
    at,
    method: 'GET',
    headers,
    address: address ?? '',
    rawQuery: takeOwnerMark(visitor.rawQuery ?? '').rawQuery,
    isPreview: visitor.isPreview ?? false,
    isSecure: visitor.isSecure ?? true,
  };
  const userAgent = cutText(headers['user-agent'] ?? '', USER_AGENT_MAX);
  const agent = { shape: shapeOf(userAgent), sendsFetchMetadata: sendsFetchMetadata(userAgent) };
  const told = withSaid(readTold(visit, userAgent, { ...by, geo: placesOf(visitor, by) }), said, isAgentSaid);
  const unsaid = isAgentSaid || visitor.headers ? {} : deviceSaid(said);
  return {
    visit,
    verdict: rules.judge(evidenceOf(visit, agent, plan)),
    shape: agent.shape,
    factsOf: (own) => ({
      ...factsTold(told, at.getTime(), plan, own),
      ...unsaid,
      ...(said.channel !== undefined && { channel: said.channel }),
    }),
    isVersionKnown: address !== undefined && (isAgentSaid || visitor.headers !== undefined),
  };
}

/** A place that is said comes before the one of the address. */
const placesOf = ({ said, address }: MadeUpVisitor, { geo }: ToldBy): ToldBy['geo'] => ({
  locate(ip) {
    const place = address === undefined ? nowhere : geo.locate(ip);
    const { country = place.country } = said;
    // A region of another country would be none of the visitor's.
    const { region, city } = country === place.country ? place : nowhere;
    return { country, region: said.region ?? region, city: said.city ?? city };
  },
});

function withSaid(told: VisitorTold, { device, system, browser, app }: Said, isAgentSaid: boolean): VisitorTold {
  if (device === undefined && system === undefined && browser === undefined && app === undefined) return told;
  const { device: read } = told;
  // An app's own browser is called as the app is.
  const ofApp = app === undefined || app === '' ? undefined : app;
  return {
    ...told,
    device: {
      device: device ?? read.device,
      os: system ?? read.os,
      browser: browser ?? ofApp ?? read.browser,
      app: app === undefined ? (isAgentSaid ? read.app : null) : app || null,
    },
  };
}

/** Without a user agent, all that is not said of a device is not known. */
const deviceSaid = ({ device, system, browser, app }: Said) => ({
  device: device ?? null,
  system: system ?? null,
  browser: browser ?? (app || null),
  app: app ?? null,
});
