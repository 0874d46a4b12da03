import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Stands for everybody whose address cannot be told (RFC 7239, 6.2): they are one visitor and one network. */
export const unknownAddress = 'unknown';

const inQuotes = /^"(.*)"$/;
/** A port behind an address: digits, or a word that hides it (RFC 7239, 6). */
const inBrackets = /^\[([^\]]*)\](?::(?:\d{0,5}|_[\w.-]+))?$/;
const withPort = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * Reads an address as proxies write it: with a port, brackets, quotes or a zone index (RFC 7239, 6; RFC 4007, 11).
 * @returns the address in its one usual form (RFC 5952), IPv4 freed from IPv6; undefined when it is none
 */
export function readAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // As Node tells an IPv4 peer of a socket that listens on both families.
  if (text.startsWith('::ffff:') && isIPv4(text.slice(7))) return text.slice(7);
  const unquoted = inQuotes.exec(text)?.[1] ?? text;
  const node = inBrackets.exec(unquoted)?.[1] ?? withPort.exec(unquoted)?.[1] ?? unquoted;
  const zoneAt = node.indexOf('%');
  const address = zoneAt === -1 ? node : node.slice(0, zoneAt);
  if (isIPv4(address)) return address;
  return isIPv6(address) ? usualForm(address) : undefined;
}

/** The URL parser writes IPv6 as RFC 5952 does, a dozen times faster than ipaddr.js: this runs for each visitor. */
function usualForm(address: string): string {
  const usual = new URL(`http://[${address}]`).hostname.slice(1, -1);
  return usual.startsWith('::ffff:') ? ipaddr.process(usual).toString() : usual;
}

/**
 * The network that limits count as one: an IPv4 address, or the /64 of an IPv6 address, which is the least that one
 * customer gets (RFC 6177, RFC 7421). Texts that are no address count as one.
 */
export function networkOf(text: string): string {
  const address = readAddress(text);
  if (address === undefined) return unknownAddress;
  if (isIPv4(address)) return address;
  return ipaddr.IPv6.parse(address)
    .parts.slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}

/**
 * The /48 of an IPv6 address, which is what a site gets at most (RFC 6177): whoever holds it has 65,536 networks.
 * @returns undefined for IPv4, and for what is no address
 */
export function widerNetworkOf(text: string): string | undefined {
  const address = readAddress(text);
  if (address === undefined || isIPv4(address)) return undefined;
  return ipaddr.IPv6.parse(address)
    .parts.slice(0, 3)
    .map((part) => part.toString(16))
    .join(':');
}
