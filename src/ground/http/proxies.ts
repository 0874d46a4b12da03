import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { inNetworks, readAddress, readNetwork, unknownAddress } from '../addresses/network.ts';

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Whether an address is a proxy's, written in any way that `readAddress` reads. */
export type IsProxy = (address: string | undefined) => boolean;

/**
 * Which peers are proxies of ours, whose X-Forwarded-* and X-Request-Id headers may be believed.
 * @param ranges addresses, CIDR ranges, and the names loopback, linklocal and uniquelocal (TRUST_PROXY)
 */
export function knowProxies(ranges: readonly string[]): IsProxy {
  const isListed = inNetworks(
    ranges.flatMap((name) => named[name] ?? [name]).flatMap((range) => readNetwork(range) ?? []),
  );
  // The same proxies ask again and again, and a look into the list makes an object of the address each time.
  let last: { text: string; isProxy: boolean } | undefined;
  return (text) => {
    if (ranges.length === 0 || text === undefined) return false;
    if (last?.text !== text) {
      const address = readAddress(text);
      last = { text, isProxy: address !== undefined && isListed(address) };
    }
    return last.isProxy;
  };
}

/**
 * The visitor's address: the connection's, or, from a proxy of ours, the last entry of X-Forwarded-For that is not a
 * proxy's. An entry that cannot be read is nobody's, and what stands before it is not believed. `Forwarded` is not read.
 */
export function visitorAddress({ socket, headers }: IncomingMessage, isProxy: IsProxy): string {
  const peer = socket.remoteAddress;
  const forwarded = headers['x-forwarded-for'];
  // Undefined once the connection was reset.
  if (peer === undefined) return unknownAddress;
  let address = readAddress(peer) ?? unknownAddress;
  if (typeof forwarded !== 'string' || !isProxy(peer)) return address;
  for (let end = forwarded.length; end > 0; ) {
    const comma = forwarded.lastIndexOf(',', end - 1);
    const entry = forwarded.slice(comma + 1, end).trim();
    end = comma;
    if (entry === '') continue;
    address = readAddress(entry) ?? unknownAddress;
    if (end > 0 && !isProxy(address)) return address;
  }
  return address;
}

const noted = Symbol('address of the visitor');

type Noted = IncomingMessage & { [noted]?: string };

/** Keeps the visitor's address with the request. Called before anything is awaited: a reset connection forgets its peer. */
export function noteAddress(request: IncomingMessage, isProxy: IsProxy): void {
  (request as Noted)[noted] = visitorAddress(request, isProxy);
}

/** The address of who asks, in its one usual form; `unknown` when it cannot be told. */
export function addressOf({ raw }: Pick<FastifyRequest, 'raw'>): string {
  return (raw as Noted)[noted] ?? unknownAddress;
}

/** How the visitor came, by X-Forwarded-Proto of a proxy of ours; undefined when no such proxy says. */
export function forwardedScheme({ socket, headers }: IncomingMessage, isProxy: IsProxy): string | undefined {
  const sent = headers['x-forwarded-proto'];
  if (typeof sent !== 'string' || !isProxy(socket.remoteAddress)) return undefined;
  return sent
    .slice(sent.lastIndexOf(',') + 1)
    .trim()
    .toLowerCase();
}
