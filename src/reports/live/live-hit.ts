import { labelOf } from '../counts/labels.ts';
import { hitClassLabels } from '../../visitors/machines/hit-class.ts';
import type { HitRow } from './queries.ts';

/** A hit in words, as a feed shows it. Nothing in it tells who it was. */
export type LiveHit = {
  id: string;
  /** Milliseconds since 1970, UTC. */
  at: number;
  linkId: string;
  /** 'go.acme.com/spring'. */
  link: string;
  isClick: boolean;
  /** 'People', 'Link previews'. */
  class: string;
  /** Why it is of that class: 'Slack preview'. */
  reason: string;
  /** 'Berlin, Germany'; null when nobody knows. */
  place: string | null;
  /** 'Mobile, iOS, Safari'; null when nobody knows. */
  device: string | null;
  /** 'linkedin.com', 'QR code'; null for direct visits. */
  from: string | null;
  /** 'B: b.example/x' of an A/B test, 'Germany: b.example/de' of a rule; null for the link's own address. */
  destination: string | null;
  /** Rules or an A/B test of its link decided where it went. */
  isRouted: boolean;
};

export function liveHitOf(row: HitRow): LiveHit {
  const label = (name: Parameters<typeof labelOf>[0], value: string | null) =>
    value === null ? null : labelOf(name, value).label;
  return {
    id: `${row.at}-${row.id}`,
    at: row.at,
    linkId: row.linkId,
    link: row.shortLink ?? 'A deleted link',
    isClick: row.class === 'human',
    class: (hitClassLabels as Readonly<Record<string, string>>)[row.class] ?? row.class,
    reason: labelOf('reason', row.reason).label,
    place: wordsOf([row.city, label('country', row.country)]),
    device: wordsOf([label('device', row.device), label('os', row.os), label('browser', row.browser)]),
    from: label('referrer', row.referrer) ?? (row.channel === 'direct' ? null : label('channel', row.channel)),
    destination: row.destination,
    isRouted: row.isRouted,
  };
}

const wordsOf = (parts: (string | null)[]) => parts.filter(Boolean).join(', ') || null;
