import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isPublic } from './network.ts';

/** The people for whom an address leads anywhere. */
export type OpenTo = 'this computer' | 'this network' | 'everybody';

/** Names of one computer (RFC 6761, 6.3). */
const ofComputer = /(?:^|\.)localhost$/;

/** Names that no public DNS answers: RFC 6762, RFC 8375, and those that ICANN keeps from ever being given out; and `lan`, of many routers. */
const ofNetwork = /(?:^|\.)(?:local|home\.arpa|internal|home|corp|lan|localdomain)$/;

/**
 * The people who can open an address, as far as its host says. A name of the public DNS counts for everybody, wherever it leads.
 * @param url a link of ours
 */
export function openTo(url: string): OpenTo {
  const host = new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
  if (isIP(host) !== 0) {
    if (isPublic(host)) return 'everybody';
    const range = ipaddr.process(host).range();
    return range === 'loopback' || range === 'unspecified' ? 'this computer' : 'this network';
  }
  if (ofComputer.test(host)) return 'this computer';
  return ofNetwork.test(host) || !host.includes('.') ? 'this network' : 'everybody';
}
