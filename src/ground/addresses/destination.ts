import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { maxTyped } from '../text/composed.ts';
import { Invalid } from '../text/errors.ts';

/** Characters of an address; servers and browsers take hardly more. */
export const maxAddress = 8_000;

/**
 * Reads a destination as a person pasted it. Its bytes are kept: only white space around it goes, and a missing scheme
 * becomes https://. Whether it leads back to us is for forms.ts to say, which knows our hosts.
 * @returns the destination to store, an http or https URL
 * @throws Invalid (field `url`) with the reason
 */
export function readDestination(typed: string): string {
  const trimmed = typed.trim();
  if (trimmed === '') throw refusal('Paste the address that the link should lead to.');
  if (trimmed.length > maxAddress)
    throw refusal(`An address has at most ${maxAddress.toLocaleString('en')} characters.`);
  // The URL parser drops tabs and line breaks silently, so that java<tab>script: would pass; what leaves no trace, or
  // turns the direction of writing, makes an address read as another one (Unicode TR 36, 2.4 and 2.5).
  if (/[\p{Cc}\p{Cs}\s\p{Default_Ignorable_Code_Point}]/u.test(trimmed))
    throw refusal('An address has no spaces or hidden characters. Paste one address, and write a space in it as %20.');
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))/i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme && scheme !== 'http' && scheme !== 'https')
    throw refusal('Links lead to http and https addresses only.', 'url_scheme');
  const url = scheme ? trimmed : `https://${trimmed.replace(/^\/\//, '')}`;
  const authority = /^https?:\/\/([^/?#]+)/i.exec(url)?.[1];
  const notOpened = () => refusal('This is not an address that a browser can open.');
  // Programs do not agree on where a host ends when there is a backslash in it, so that it could hide the real one.
  if (!authority || authority.includes('\\')) throw notOpened();
  if (authority.length > maxTyped) throw refusal('This address names a host that is too long to exist.');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (!scheme && !parsed.hostname.includes('.'))) throw notOpened();
  if (authority.includes('@'))
    throw refusal('An address with a user name or password in it would be shown to every visitor.');
  // Proxies before us have room for so much of a header, and letters such as é take six bytes there.
  const written = locationOf(url).length;
  if (written > maxAddress)
    throw refusal(
      `An address has at most ${maxAddress.toLocaleString('en')} characters. This one has ${written.toLocaleString('en')} once its special letters are encoded.`,
    );
  return url;
}

function refusal(sentence: string, code = 'url_invalid'): Invalid {
  return new Invalid(sentence, { field: 'url', code });
}

/**
 * What may be wrong with a destination that is taken all the same: its host is no name of the public Internet.
 * @param url as `readDestination` gives it
 * @returns a sentence for who made the link; null when there is nothing to say
 */
export function warningAbout(url: string): string | null {
  // Browsers read 0x7f.1 as an address too; the parser has written it out (WHATWG URL, host parsing).
  const host = new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
  if (ipaddr.isValid(host))
    return ipaddr.process(host).range() === 'unicast'
      ? `${host} is an IP address. Browsers and mail filters distrust such links, and it may change: a host name is better.`
      : `${host} is an IP address of a private network: people elsewhere cannot open it.`;
  return host.includes('.') ? null : `"${host}" is a name of a private network: people elsewhere cannot open it.`;
}

/**
 * The destination as a Location header: header fields are ASCII (RFC 9110, 5.5), so that what is not is percent-encoded
 * as UTF-8 and a host name becomes punycode. Every byte that may stay as it is stays.
 */
export function locationOf(destination: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x21-\x7e]*$/.test(destination)) return destination;
  const [, scheme = '', host = '', rest = ''] = /^(https?:\/\/)([^/?#:]*)(.*)$/is.exec(destination) ?? [];
  // oxlint-disable-next-line no-control-regex
  return scheme + (domainToASCII(host) || host) + rest.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text));
}

/**
 * Hands a visitor's query on to the destination. What the destination says itself is not disturbed: its bytes stay, and
 * a parameter that it has already is not sent twice.
 * @param rawQuery the query as it came, without `?`
 */
export function withQuery(location: string, rawQuery: string): string {
  if (rawQuery === '' || rawQuery.length > maxAddress) return location;
  const hashAt = location.indexOf('#');
  const base = hashAt < 0 ? location : location.slice(0, hashAt);
  const fragment = hashAt < 0 ? '' : location.slice(hashAt);
  const queryAt = base.indexOf('?');
  const own = queryAt < 0 ? '' : base.slice(queryAt + 1);
  const added = own === '' ? rawQuery : pairsNotIn(own, rawQuery);
  if (added === '' || base.length + added.length > maxAddress) return location;
  const joint = queryAt < 0 ? '?' : own === '' || own.endsWith('&') ? '' : '&';
  return base + joint + added + fragment;
}

function pairsNotIn(own: string, rawQuery: string): string {
  const taken = new Set(own.split('&').map(nameOf));
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '' && !taken.has(nameOf(pair)))
    .join('&');
}

/** Byte by byte, which tells names apart as well as characters do: broken escapes by the thousand would take long to decode. */
function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  if (!/[+%]/.test(name)) return name;
  return name
    .replaceAll('+', ' ')
    .replace(/%[0-9a-f]{2}/gi, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)));
}

/** The query of an address, without `?` and fragment; '' when it has none. */
export function queryOf(address: string): string {
  const queryAt = address.indexOf('?');
  if (queryAt < 0) return '';
  const hashAt = address.indexOf('#');
  if (hashAt >= 0 && hashAt < queryAt) return '';
  return address.slice(queryAt + 1, hashAt < 0 ? undefined : hashAt);
}

/** A path as a person reads it; as it stands where its escapes are broken. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
