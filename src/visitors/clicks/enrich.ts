import { addDays, dayStart, localDay } from '../../ground/time/zoned-time.ts';
import { USER_AGENT_MAX } from '../visits/agent-shape.ts';
import { Agents } from '../visits/agents.ts';
import type { Bursts } from '../machines/bursts.ts';
import { rules } from '../machines/classify.ts';
import { evidenceOf, isSuspect, signal } from '../machines/evidence.ts';
import type { Geo } from '../visits/geo.ts';
import { type Hit, newHitId } from './hit.ts';
import { languageOf } from '../visits/language.ts';
import { openingOf, type Opens } from '../openings/list.ts';
import type { Opened } from '../openings/opening.ts';
import type { Plan } from '../routing/plan.ts';
import type { Salts } from '../visits/salts.ts';
import type { Sweeps } from '../machines/sweeps.ts';
import { cutText } from '../visits/text.ts';
import { channelTold, factsTold, readTold, type ToldBy, withVisitors } from './told.ts';
import type { Utm } from '../visits/utm.ts';
import { Variety } from './variety.ts';
import type { Visit } from '../visits/visit.ts';
import { visitorKey } from '../visits/visitor.ts';

/** The link that was opened, as far as a click records it. */
export type OpenedLink = Pick<
  Plan,
  'linkId' | 'slugId' | 'slug' | 'domainId' | 'workspaceId' | 'timeZone' | 'isQr' | 'isOwnNetwork' | 'linkVersion'
>;

export type EnrichmentParts = ToldBy & {
  geo: Geo;
  salts: Salts;
  /** Left out where hits are not seen as they come. */
  bursts?: Bursts;
  /** As `bursts`. */
  sweeps?: Sweeps;
};

const agents = new Agents();
const variety = new Variety();

/** A hit, and what its visitor is to open: a link with versions shows machines and people different ones. */
export type Enriched = { hit: Hit; chosen: Opened };

/**
 * Classes and enriches one hit, and chooses what it opens. A visitor who asks not to be tracked (Do Not Track, Global Privacy Control) is counted without a
 * key, region and city; texts beyond a day's bound are `otherValues`. Pure but for the bounded memories below it; about 3 µs when they know the visitor.
 */
export function enrich(visit: Visit, link: OpenedLink, opens: Opens, parts: EnrichmentParts): Enriched {
  const { at: now, headers, rawQuery, address } = visit;
  const userAgent = cutText(headers['user-agent'] ?? '', USER_AGENT_MAX);
  const agent = agents.read(userAgent, now);
  const day = today(link.timeZone, now);
  const salt = parts.salts.saltOf(day);
  const visitor = salt === undefined ? null : visitorKey(salt, address, userAgent, link.workspaceId);
  const evidence = evidenceOf(visit, agent, link);
  const { network } = evidence;
  if (isSuspect(evidence.signals, network) && parts.bursts?.isBurst({ ...link, visitor, network, at: now.getTime() })) {
    evidence.isBurst = true;
    evidence.signals |= signal.burst;
  }
  const id = newHitId();
  const clickedAt = now.getTime();
  const { linkId, workspaceId } = link;
  let verdict = rules.judge(evidence);
  if (verdict.class === 'human' && parts.sweeps?.isSwept({ id, clickedAt, linkId, workspaceId }, address)) {
    evidence.signals |= signal.sweep;
    verdict = rules.judge(evidence);
  }
  const told = readTold(visit, userAgent, parts);
  const { device, locale } = told;
  const isHuman = verdict.class === 'human';
  const factsOf = (own: Readonly<Utm>) => factsTold(told, clickedAt, link, own);
  const chosen = openingOf(opens).choose(opens, visit, { isHuman, shape: agent.shape, factsOf });
  const ownUtm = chosen.utm;
  const utm = rawQuery === '' ? ownUtm : withVisitors(ownUtm, told.utm);
  const hit: Hit = {
    id,
    clickedAt,
    linkId,
    slugId: link.slugId,
    domainId: link.domainId,
    workspaceId,
    class: verdict.class,
    reason: verdict.reason,
    rulesVersion: rules.version,
    signals: evidence.signals,
    network,
    country: told.country,
    region: told.region,
    city: told.city,
    device: device.device,
    os: device.os,
    browser: device.browser,
    language: locale === null ? null : languageOf(locale),
    referrer: told.referrer.host,
    channel: channelTold(told, link.isQr, utm),
    utmSource: utm.source,
    utmMedium: utm.medium,
    utmCampaign: utm.campaign,
    utmTerm: utm.term,
    utmContent: utm.content,
    agent: agent.id === null ? null : agent.shape,
    agentId: agent.id,
    visitorKey: told.isPrivate ? null : visitor,
    destinationId: chosen.destinationId,
    linkVersion: link.linkVersion,
    routeId: chosen.routeId,
  };
  // Machines make no rows of rollups with their texts, so a crawler's made-up ones take no room from people's.
  if (hit.class === 'human') variety.bound(hit, ownUtm);
  return { hit, chosen };
}

/** Today in each zone, with the instants between which it holds: asking the calendar costs more than all the rest. */
const todays = new Map<string, { day: string; from: number; to: number }>();

function today(timeZone: string, now: Date): string {
  const instant = now.getTime();
  const known = todays.get(timeZone);
  if (known && instant >= known.from && instant < known.to) return known.day;
  const day = localDay(now, timeZone);
  const from = dayStart(day, timeZone).getTime();
  const to = dayStart(addDays(day, 1), timeZone).getTime();
  todays.set(timeZone, { day, from, to });
  return day;
}
