import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { composedLine } from '../../ground/text/composed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { inNetworks, type Network, readNetwork } from '../../ground/addresses/network.ts';

/** Addresses and networks of a workspace's own people, such as its office. Visits from there are kept, and are no clicks. */

/** Entries of a workspace. Each visit is compared with all of them. */
const maxEntries = 50;

/** Characters of a note. */
const maxNote = 60;

/** Characters of all that is typed: entries in their longest form, with white space. */
const maxTypedText = 20_000;

/** The least bits of a network: a wider one would leave out whole countries by a slip of the finger. */
const leastBits = { ipv4: 8, ipv6: 16 } as const;

/** Whether an address, written as `readAddress` gives it, is one of them. */
export type IsOwnNetwork = (address: string) => boolean;

/**
 * Reads what was typed: an address or a network a line, and behind white space a note.
 * @returns the same as it is kept, networks in their usual form
 * @throws Invalid field ownNetworks, with the number of the line
 */
export function readOwnNetworks(typed: string): string {
  const refuse = (sentence: string) => new Invalid(sentence, { field: 'ownNetworks' });
  if (typed.length > maxTypedText) throw refuse(`List at most ${maxEntries} addresses and networks.`);
  const entries = typed.split(/\r\n|\r|\n/).flatMap((line, index) => {
    const [, range = '', note = ''] = /^(\S*)\s*(.*)$/su.exec(composedLine(line)) ?? [];
    if (range === '') return [];
    const number = index + 1;
    const network = readNetwork(range);
    if (!network)
      throw refuse(
        `Line ${number}: “${shortened(range, 50)}” is not an address or a network. Write 203.0.113.9, 203.0.113.0/24 or 2001:db8::/48.`,
      );
    if (isTooWide(network))
      throw refuse(
        `Line ${number}: ${range} is too wide. The widest networks are /${leastBits.ipv4} for IPv4 and /${leastBits.ipv6} for IPv6.`,
      );
    if (note.length > maxNote) throw refuse(`Line ${number}: use at most ${maxNote} characters for the note.`);
    return [`${writeNetwork(network)} ${note}`.trimEnd()];
  });
  if (entries.length > maxEntries)
    throw refuse(`List at most ${maxEntries} addresses and networks. These are ${entries.length}.`);
  return entries.join('\n');
}

/** Wider than is allowed, also when the addresses of IPv4 are among those of an IPv6 network (::ffff:0:0/96). */
const isTooWide = (network: Network): boolean =>
  network.bits < leastBits[network.family] || (network.family === 'ipv6' && inNetworks([network])('192.0.2.1'));

const writeNetwork = ({ address, bits, family }: Network): string =>
  bits === (family === 'ipv4' ? 32 : 128) ? address : `${address}/${bits}`;

/** How an entry for somebody would be written, and what to know before it is added. */
export type VisitorPlace = {
  address: string;
  /** The address, or of IPv6 the /64 around it, in which devices change their addresses (RFC 8981). */
  entry: string;
  isLeftOut: boolean;
  /** No address of the internet: behind a proxy that is not trusted every visitor has it. */
  isPrivate: boolean;
};

/**
 * @param address of who looks at the settings, as `addressOf` gives it
 * @param kept as `readOwnNetworks` gives it
 * @returns null when the address cannot be told
 */
export function placeAmong(address: string, kept: string): VisitorPlace | null {
  const network = readNetwork(isIPv6(address) ? `${address}/64` : address);
  if (!network) return null;
  return {
    address,
    entry: writeNetwork(network),
    isLeftOut: isOwnNetworkOf(kept)?.(address) === true,
    isPrivate: privateRanges.has(ipaddr.parse(address).range()),
  };
}

const privateRanges = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat']);

/** All links of a workspace share one list; most workspaces have none. */
const known = new LRUCache<string, IsOwnNetwork>({ max: 1_000 });

/**
 * @param kept as `readOwnNetworks` gives it
 * @returns null where there are none, so that most visits compare nothing
 */
export function isOwnNetworkOf(kept: string): IsOwnNetwork | null {
  if (kept === '') return null;
  let isOwn = known.get(kept);
  if (!isOwn) {
    isOwn = inNetworks(kept.split('\n').flatMap((line) => readNetwork(line.split(' ', 1)[0] ?? '') ?? []));
    known.set(kept, isOwn);
  }
  return isOwn;
}
