import type { CaaRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isPublic } from '../../ground/addresses/network.ts';
import { namesUpTo } from './name.ts';

/** No answer to build on: the servers are silent, refuse, or fail (SERVFAIL). It says nothing about what the records are. */
export class DnsUnreachable extends Error {}

/** Records by name; none is an empty list. Each may throw DnsUnreachable. */
export type Records = {
  /** Each with its parts put together (RFC 7208, 3.3, as everybody reads them). */
  txt(name: string): Promise<string[]>;
  cname(name: string): Promise<string[]>;
  a(name: string): Promise<string[]>;
  aaaa(name: string): Promise<string[]>;
  caa(name: string): Promise<CaaRecord[]>;
};

export type Dns = Records & {
  /** The name servers of the zone that a host is in, asked directly; undefined when they are not to be found. */
  authority(host: string): Promise<Records | undefined>;
};

/** How long a server may take, in milliseconds, and how often each is asked; the pause doubles. */
const patience = { timeout: 1_500, tries: 2 };

/** Name servers of a zone that are asked. */
const maxAuthorities = 4;

/**
 * Opens DNS.
 * @param servers `ip` or `ip:port`; empty takes the system's
 */
export function openDns(servers: readonly string[]): Dns {
  const records = openRecords(servers);
  return {
    ...records,
    async authority(host) {
      const addresses = await findAuthorities(records, host);
      return addresses.length > 0 ? openRecords(addresses) : undefined;
    },
  };
}

/** Public addresses of the name servers of the zone that a host is in: the first name upwards that has NS records. */
export async function findAuthorities(records: Pick<AllRecords, 'ns' | 'a' | 'aaaa'>, host: string): Promise<string[]> {
  for (const zone of namesUpTo(host)) {
    const names = await records.ns(zone);
    if (names.length === 0) continue;
    const addresses = await Promise.all(names.slice(0, maxAuthorities).map((name) => addressesOf(name, records)));
    return addresses.flat().filter(isPublic).slice(0, maxAuthorities);
  }
  return [];
}

/** @throws DnsUnreachable */
export async function addressesOf(name: string, records: Pick<Records, 'a' | 'aaaa'>): Promise<string[]> {
  return (await Promise.all([records.a(name), records.aaaa(name)])).flat();
}

/** For questions whose answer can be done without: no answer is as good as no records. */
export function nothingKnown(error: unknown): [] {
  if (error instanceof DnsUnreachable) return [];
  throw error;
}

type AllRecords = Records & { ns(name: string): Promise<string[]> };

function openRecords(servers: readonly string[]): AllRecords {
  const resolver = new Resolver(patience);
  if (servers.length > 0) resolver.setServers(servers.map(bracketed));
  const lower = (names: string[]) => names.map((name) => name.toLowerCase().replace(/\.$/, ''));
  return {
    txt: async (name) => (await found(resolver.resolveTxt(name))).map((parts) => parts.join('')),
    cname: async (name) => lower(await found(resolver.resolveCname(name))),
    a: (name) => found(resolver.resolve4(name)),
    aaaa: async (name) => (await found(resolver.resolve6(name))).map((address) => ipaddr.parse(address).toString()),
    caa: (name) => found(resolver.resolveCaa(name)),
    ns: async (name) => lower(await found(resolver.resolveNs(name))),
  };
}

/** An IPv6 address stands in brackets where a port could follow. */
const bracketed = (server: string): string => (isIP(server) === 6 ? `[${server}]` : server);

async function found<Found>(answer: Promise<Found[]>): Promise<Found[]> {
  try {
    return await answer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new DnsUnreachable(`DNS gave no answer (${String(code)}).`, { cause: error });
  }
}
