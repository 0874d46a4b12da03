import type { IncomingHttpHeaders } from 'node:http';

/** First versions that send Fetch Metadata with every navigation over https (MDN, Sec-Fetch-Dest). */
const firstVersions = [
  [/^Mozilla\/5\.0 \([^)]*(?<!; wv)\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\) Chrome\/(\d+)/, 80],
  [/^Mozilla\/5\.0 \([^)]*rv:[^)]*\) Gecko\/[\d.]+ Firefox\/(\d+)/, 90],
  [
    /^Mozilla\/5\.0 \((?:Macintosh|iPhone|iPad)[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\) Version\/(\d+\.\d+)/,
    16.4,
  ],
] as const;

/** True for the user agent of a Chrome, Edge, Firefox or Safari that sends Fetch Metadata; never for an app's web view. */
export function sendsFetchMetadata(userAgent: string): boolean {
  return firstVersions.some(([agent, first]) => Number(agent.exec(userAgent)?.[1] ?? 0) >= first);
}

/**
 * True where a browser says that nobody opened the link: an image, a script, a frame of a page, or fetch().
 * A navigation in a frame by somebody's own hand is told by Sec-Fetch-User, which Safari does not send.
 * Browsers that send no Fetch Metadata are never embedded.
 * Source: W3C Fetch Metadata Request Headers; Fetch standard, request destination.
 */
export function isEmbedded(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  if (mode === 'navigate' && destination === 'document') return false;
  if (mode === undefined && destination === undefined) return false;
  if (headers['sec-fetch-user'] === '?1') return false;
  return (mode !== undefined && mode !== 'navigate') || (destination !== undefined && destination !== 'document');
}
