import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
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

/** A network; a single address is one of 32 or 128 bits. */
export type Network = {
  /** Its first address, in the usual form. */
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
};

/**
 * Reads an address, or a network in CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3).
 * @returns IPv4 freed from IPv6; undefined when it is neither
 */
export function readNetwork(text: string): Network | undefined {
  const [, address = '', bitsText] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const maxBits = version === 4 ? 32 : 128;
  const bits = bitsText === undefined ? maxBits : Number(bitsText);
  if (version === 0 || bits > maxBits) return undefined;
  const first = (version === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(`${address}/${bits}`);
  // IPv4 wrapped in IPv6 (RFC 4291, 2.5.5.2) means the IPv4 addresses.
  if (first instanceof ipaddr.IPv6 && first.isIPv4MappedAddress() && bits >= 96)
    return { address: first.toIPv4Address().toString(), bits: bits - 96, family: 'ipv4' };
  return { address: first.toString(), bits, family: first.kind() };
}

/** @returns tells whether an address, written as `readAddress` gives it, is in one of the networks */
export function inNetworks(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, bits, family } of networks) list.addSubnet(address, bits, family);
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/** The part of IPv6 that IANA gives out. Beyond it lie forms of IPv4 that lead inside (`::127.0.0.1`; RFC 4291, 2.5.5.1). */
const globalIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address is one of the internet. This server connects to no other that a stranger named, directly or by DNS:
 * it would be led into its own network (SSRF).
 * @param address IPv4 or IPv6
 */
export function isPublic(address: string): boolean {
  const read = ipaddr.process(address);
  return read.range() === 'unicast' && (read instanceof ipaddr.IPv4 || read.match(globalIPv6));
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

/**
 * The network that is kept of who changed something: the /24 of IPv4, the /48 of IPv6, in CIDR notation. A /48 may be
 * one site's.
 * @returns null for what is no address
 */
export function keptNetworkOf(text: string): string | null {
  const address = readAddress(text);
  if (address === undefined) return null;
  const network = readNetwork(`${address}/${isIPv4(address) ? 24 : 48}`);
  return network ? `${network.address}/${network.bits}` : null;
}
