import type { IncomingHttpHeaders } from 'node:http';
import { isEmbedded } from '../visits/fetch-metadata.ts';
import { findNetwork } from './networks.ts';
import type { IsOwnNetwork } from './own-networks.ts';

/** The knowledge of rules about a hit, at the visit and years later. Nothing here identifies a person. */
export type Evidence = {
  /** The user agent's shape (agent-shape.ts); '' when none was sent. */
  agent: string;
  /** Bits of `signal`. */
  signals: number;
  /** Whose network it came from, where that is a mail or security service. */
  network: string | null;
  /** One of many requests at once that together look like a scan (bursts.ts). */
  isBurst: boolean;
};

/** Bits of `clicks.signals`. Stored: a bit keeps its meaning for ever. */
export const signal = {
  head: 1,
  secPurpose: 2,
  purpose: 4,
  xPurpose: 8,
  xMoz: 16,
  /** No Accept-Language: no browser that shows a page to a person leaves it out. */
  noLanguage: 32,
  /** No Sec-Fetch-*: browsers of 2023 and later send it over HTTPS. */
  noFetchMetadata: 64,
  owner: 128,
  burst: 256,
  /** Over https, from a browser of a version that sends Sec-Fetch-*, without it. */
  lostFetchMetadata: 512,
  /** Part of a page, by Sec-Fetch-Dest and Sec-Fetch-Mode. */
  embedded: 1024,
  /** One of many links of its workspace that were opened from one network at once (sweeps.ts). */
  sweep: 2048,
  /** From an address that its workspace leaves out (own-networks.ts). */
  ownNetwork: 4096,
} as const;

/** Headers by which a browser says that nobody looks yet (Fetch standard, and what came before it). */
const prefetchHeaders = [
  ['sec-purpose', signal.secPurpose],
  ['purpose', signal.purpose],
  ['x-purpose', signal.xPurpose],
  ['x-moz', signal.xMoz],
] as const;

export type AskedBy = {
  method: string;
  headers: IncomingHttpHeaders;
  isOwner?: boolean;
  /** It came over https, as far as we are told. */
  isSecure?: boolean;
};

/**
 * The bits that a request alone gives; `burst`, `sweep` and `ownNetwork` are not among them.
 * @param sendsFetchMetadata whether its agent is that of a browser which does so over https (fetch-metadata.ts)
 */
export function readSignals({ method, headers, isOwner, isSecure }: AskedBy, sendsFetchMetadata = false): number {
  let bits = 0;
  if (method === 'HEAD') bits |= signal.head;
  for (const [name, bit] of prefetchHeaders) {
    const value = headers[name];
    if (value !== undefined && /\b(?:prefetch|preview|prerender)\b/i.test(String(value))) bits |= bit;
  }
  if (headers['accept-language'] === undefined) bits |= signal.noLanguage;
  if (headers['sec-fetch-mode'] === undefined) {
    bits |= signal.noFetchMetadata;
    if (isSecure && sendsFetchMetadata) bits |= signal.lostFetchMetadata;
  }
  if (isEmbedded(headers)) bits |= signal.embedded;
  if (isOwner) bits |= signal.owner;
  return bits;
}

/** All that one visit shows by itself; bursts and sweeps are told by the visits around it. */
export function evidenceOf(
  visit: AskedBy & { address: string },
  { shape, sendsFetchMetadata }: { shape: string; sendsFetchMetadata: boolean },
  { isOwnNetwork }: { isOwnNetwork: IsOwnNetwork | null },
): Evidence {
  const signals = readSignals(visit, sendsFetchMetadata);
  return {
    agent: shape,
    signals: isOwnNetwork?.(visit.address) ? signals | signal.ownNetwork : signals,
    network: findNetwork(visit.address),
    isBurst: false,
  };
}

/** True when the headers alone would do for a program, not for a browser. */
export function isBare(signals: number): boolean {
  return (signals & signal.noLanguage) !== 0 && (signals & signal.noFetchMetadata) !== 0;
}

/** True for a program that copied a browser's agent: that browser sends both headers over https. */
export function isCopy(signals: number): boolean {
  return isBare(signals) && (signals & signal.lostFetchMetadata) !== 0;
}

/** True when a burst would make a scanner of this hit; only then is it worth looking for one. */
export function isSuspect(signals: number, network: string | null): boolean {
  return network !== null || isBare(signals);
}
