import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { parse } from 'tldts';
import { maxTyped } from '../../ground/text/composed.ts';
import { Invalid } from '../../ground/text/errors.ts';

export type HostName = {
  /** In lower case, IDNs as punycode: what DNS and browsers send. */
  host: string;
  /** As people read it; punycode when letters of it pass for others. */
  shown: string;
  isLookAlike: boolean;
  /** The registrable domain: acme.co.uk of go.acme.co.uk. */
  zone: string;
  /** The zone itself, which cannot have a CNAME (RFC 1034, 3.6.2). */
  isApex: boolean;
};

/** RFC 1035, 2.3.4, without the root's dot. */
const maxLength = 253;
/** Far more than anybody uses; a check asks DNS for each name on the way up. */
const maxLabels = 10;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Scripts that are written together (UTS 39, 5.2, "highly restrictive"). Digits and hyphens belong to all of them. */
const scriptsTogether = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
  ['Greek'],
  ['Cyrillic'],
  ['Arabic'],
  ['Hebrew'],
  ['Devanagari'],
  ['Bengali'],
  ['Tamil'],
  ['Thai'],
  ['Armenian'],
  ['Georgian'],
].map((scripts) => new RegExp(`^[${scripts.map((script) => `\\p{Script=${script}}`).join('')}\\p{Nd}\\p{M}-]+$`, 'u'));

/** Letters of other scripts that pass for Latin ones in common typefaces (UTS 39, confusables). */
const passesForLatin = /^[асԁеһіјӏорԛѕԝхуьѵгпкмтнοαυνκρτιγωχ0-9-]+$/u;

/**
 * Reads a domain as people type it: "https://Go.Acme.com/" and "go.acme.com." are go.acme.com (UTS 46).
 * @param ownHosts the dashboard's host and the instance's short host, which are nobody's to claim
 * @throws Invalid (field `host`) with the codes host_missing, host_invalid, host_ip, host_port, host_wildcard,
 *   host_too_long, host_too_deep, host_single_label, host_suffix and host_ours
 */
export function readHost(typed: string, ownHosts: ReadonlySet<string>): HostName {
  const named = typed
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#\\].*$/s, '');
  if (named === '') throw refusal('host_missing', 'Write the domain, such as go.example.com.');
  const tooLong = () => refusal('host_too_long', `A domain has at most ${maxLength} characters.`);
  if (named.length > maxTyped) throw tooLong();
  if (named.includes('*'))
    throw refusal('host_wildcard', 'Name one domain, such as go.example.com. Wildcards are not served.');
  if (isIP(named.replace(/^\[(.*)\]$/, '$1'))) throw refusal('host_ip', 'That is an address. Write a domain name.');
  if (/:\d*$/.test(named)) throw refusal('host_port', 'Leave out the port. Visitors come by the usual ones.');
  const host = domainToASCII(named).replace(/\.$/, '');
  if (isIP(host)) throw refusal('host_ip', 'That is an address. Write a domain name.');
  if (host.length > maxLength) throw tooLong();
  // Newer Nodes let a label pass that is no punycode; what cannot be read back is none (UTS 46, 4).
  const isReadable = !/(^|\.)xn--/.test(domainToUnicode(host));
  if (!isReadable || !host.split('.').every((part) => label.test(part)))
    throw refusal('host_invalid', 'That is no domain name. Use letters, digits and hyphens, such as go.example.com.');
  if (!host.includes('.')) throw refusal('host_single_label', 'Write the whole domain, such as go.example.com.');
  if (host.split('.').length > maxLabels)
    throw refusal('host_too_deep', `A domain has at most ${maxLabels} parts between its dots.`);
  if (ownHosts.has(host)) throw refusal('host_ours', `${host} belongs to this server already.`);
  const { domain: zone, subdomain } = parse(host, { allowPrivateDomains: true });
  if (!zone)
    throw refusal('host_suffix', `${host} is an ending that many share. Name a domain below it that is yours.`);
  return { host, ...showHost(host), zone, isApex: !subdomain };
}

/** How a host is shown to people: in its own letters, and as punycode when these could pass for others. */
export function showHost(host: string): Pick<HostName, 'shown' | 'isLookAlike'> {
  const readable = domainToUnicode(host) || host;
  const isLookAlike = readable.split('.').some(isDeceptive);
  return { shown: isLookAlike ? host : readable, isLookAlike };
}

function isDeceptive(part: string): boolean {
  if (/^[\x21-\x7e]*$/.test(part)) return false;
  return passesForLatin.test(part) || !scriptsTogether.some((scripts) => scripts.test(part));
}

/** The name of a record as most providers ask for it: relative to the zone, and @ for the zone itself. */
export function nameInZone(record: string, host: string): string {
  const zone = zoneOf(host);
  return record === zone ? '@' : record.slice(0, -zone.length - 1);
}

/** The registrable domain of a host; the host itself when it has none. */
export function zoneOf(host: string): string {
  return parse(host, { allowPrivateDomains: true }).domain ?? host;
}

/**
 * A host and the names above it, as far as one that was registered: each may be a zone, also those below which many share
 * names (github.io).
 */
export function namesUpTo(host: string): string[] {
  const registered = parse(host).domain ?? host;
  const above = host.slice(0, -registered.length).split('.').slice(0, -1);
  return [...above.map((_label, depth) => [...above.slice(depth), registered].join('.')), registered];
}

/** Whether DNS allows no CNAME at this host, because it is a zone's own name. */
export function isApex(host: string): boolean {
  return !parse(host, { allowPrivateDomains: true }).subdomain;
}

const refusal = (code: string, sentence: string) => new Invalid(sentence, { field: 'host', code });
