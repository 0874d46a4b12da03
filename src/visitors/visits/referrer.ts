import { cleanText } from './text.ts';

/** The origin of a visitor. `isApp` is true when `host` is not a host but the id of an app ("com.slack"). */
export type Referrer = { readonly host: string | null; readonly isApp: boolean };

const noReferrer: Referrer = Object.freeze({ host: null, isApp: false });

/** A host whose last label is a number is an IPv4 address, however it is written (WHATWG URL, 3.5). */
const addressShape = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** Scheme and authority of a URL (RFC 3986, 3.2). */
const urlStart = /^(https?|android-app|ios-app):\/\/([^/?#\\]*)/i;

/** A host name of letters, digits, `-` and `_`, in labels of at most 63 characters (RFC 1035; `_` is seen in practice). */
const hostShape = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads the Referer header. Only the host is kept, in lower case and without a leading `www.`: paths and queries
 * may hold what is nobody's business, and an address may be the visitor's own.
 * @param header as sent; anyone can write anything into it
 * @param ownHosts hosts of ours, in lower case without `www.`; a visitor who comes from there has no referrer
 * @returns host null for no header, another scheme, an IP address, or junk
 */
export function readReferrer(header: string | undefined, ownHosts?: ReadonlySet<string>): Referrer {
  const match = header ? urlStart.exec(header) : null;
  if (match?.[1] === undefined || match[2] === undefined) return noReferrer;
  const host = hostOf(match[2]);
  const isApp = match[1].toLowerCase().endsWith('-app');
  if (host === null || ownHosts?.has(host) || (!isApp && addressShape.test(host))) return noReferrer;
  return { host, isApp };
}

function hostOf(authority: string): string | null {
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d*$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const name = host.startsWith('www.') ? host.slice(4) : host;
  if (name.length > 255 || !hostShape.test(name)) return null;
  return cleanText(name, 255);
}
