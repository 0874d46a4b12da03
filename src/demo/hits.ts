import { randomBytes } from 'node:crypto';
import { enrich, type EnrichmentParts } from '../visitors/clicks/enrich.ts';
import type { Hit } from '../visitors/clicks/hit.ts';
import { Salts } from '../visitors/visits/salts.ts';
import { visitorKey } from '../visitors/visits/visitor.ts';
import { HOUR } from '../ground/time/zoned-time.ts';
import { addressOfPerson, type Audience, type DemoRequest } from './audience.ts';
import type { DemoLink } from './links.ts';
import { type Draw, drawFrom, drawIndex, type Random } from './random.ts';
import { type Mix, type Source, type SourceName, sources } from './sources.ts';
import { type Day, utcHour } from './traffic.ts';

/** A hit with what the recorder finds out when it writes one: whether its visitor is new today. */
export type RecordedHit = Hit & { isFirstOnLink: boolean; isFirstInWorkspace: boolean };

/** Somebody who was here today, and the links they have opened. */
type Visitor = { request: DemoRequest; key: number; isQr: boolean; links: DemoLink[] };

/** How many clicks are by people who were here today already, and how many of these open the same link again. */
const returning = 0.14;
const sameLink = 0.7;

/**
 * The hits of one day, the people's in order of time, then the machines'. Each goes through the rules that live clicks
 * go through; only the salts of days gone are gone too, so each day's visitors get their keys from a salt of this run.
 */
export function hitMaker(links: readonly DemoLink[], audience: Audience, random: Random) {
  const parts: EnrichmentParts = { geo: audience.geo, salts: new Salts(), ownHosts: new Set() };
  const drawsOfMix = new Map<Mix, Draw<SourceName>>();
  const drawSource = (mix: Mix) => {
    const draw = drawsOfMix.get(mix) ?? drawFrom(mix.arrivals);
    drawsOfMix.set(mix, draw);
    return draw(random);
  };
  const drawLink = ({ linkSums }: Day) => {
    const link = links[drawIndex(linkSums, random)];
    if (!link) throw new Error('A day with visits has no link.');
    return link;
  };

  function hitOf(request: DemoRequest, link: DemoLink, isQr: boolean, at: number): Hit {
    return enrich({ ...request, at: new Date(at) }, isQr ? link.scanned : link.opened, link.opens, parts).hit;
  }

  return function* hitsOf(day: Day): Generator<RecordedHit> {
    const salt = randomBytes(16).toString('base64url');
    const visitors: Visitor[] = [];
    for (const at of instants(day.people, () => instantAwake(day, random))) {
      const known = random() < returning ? visitors[Math.floor(random() * visitors.length)] : undefined;
      const link = known && random() < sameLink ? (known.links[0] ?? drawLink(day)) : drawLink(day);
      const visitor = known ?? newVisitor(link, at);
      const isFirstOnLink = !visitor.links.includes(link);
      if (isFirstOnLink) visitor.links.push(link);
      const hit = hitOf(visitor.request, link, visitor.isQr, at);
      hit.visitorKey = visitor.key;
      yield Object.assign(hit, { isFirstOnLink, isFirstInWorkspace: known === undefined });
    }
    for (const at of instants(day.machines, () => day.from + random() * (day.to - day.from))) {
      const hit = hitOf(audience.drawMachine(random), drawLink(day), false, at);
      yield Object.assign(hit, { isFirstOnLink: false, isFirstInWorkspace: false });
    }

    function newVisitor(link: DemoLink, at: number): Visitor {
      const name = drawSource(link.mix);
      const { isQr = false }: Source = sources[name];
      const drawn = audience.drawRequest(name, utcHour(at), random);
      // Many have the same browser in the same town; their addresses tell them apart.
      const address = addressOfPerson(drawn, visitors.length);
      const request = { ...drawn, address };
      const key = visitorKey(salt, address, request.headers['user-agent'] ?? '', link.opened.workspaceId);
      const visitor = { request, key, isQr, links: [] };
      visitors.push(visitor);
      return visitor;
    }
  };
}

function instants(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => Math.floor(draw())).sort();
}

/** An instant at which people are awake. */
function instantAwake({ hourStarts, hourSums, to }: Day, random: Random): number {
  const start = hourStarts[drawIndex(hourSums, random)] ?? 0;
  return start + random() * (Math.min(start + HOUR, to) - start);
}
