import { isIP } from 'node:net';
import { findCdn } from './cdn.ts';
import { addressesOf, type Dns, DnsUnreachable, nothingKnown, type Records } from './dns.ts';
import { certificateAuthorities, type Fault, faults, type Wanted } from './faults.ts';
import { isApex, namesUpTo } from './name.ts';
import { TooLate, within } from '../../ground/time/within.ts';

/** The records of a claim, as DNS gives them. */
export type Diagnosis = {
  /** Every token at the host's TXT record: several workspaces may have set theirs. Undefined: nobody answered. */
  proofs: readonly string[] | undefined;
  /** The worst first. */
  faults: readonly Fault[];
  wanted: Wanted;
};

/** The server that custom domains point at. */
export type DnsTarget = {
  /** The instance's short host. */
  target: string;
  /** Without HTTPS there are no certificates to forbid. */
  isHttps: boolean;
};

/** Only that is missing which keeps a waiting domain from being served. */
export const isReady = ({ faults: found }: Diagnosis): boolean => found.every(({ weight }) => weight === 'note');

/** Servers that are slow one after the other could take minutes, in milliseconds. */
const maxMs = 15_000;

const proofPrefix = 'waymark-verify=';

/** CNAMEs that are followed; public resolvers give up at about as many. */
const maxAliases = 8;

export type DnsRecord = { type: 'TXT' | 'CNAME' | 'A' | 'AAAA' | 'ALIAS'; name: string; value: string };

/** The records to set, row by row. */
export function recordsOf({ host, proof, target, addresses, isApex: isAtApex }: Wanted): DnsRecord[] {
  const proofRecord: DnsRecord = { type: 'TXT', ...proof };
  if (!isAtApex) return [proofRecord, { type: 'CNAME', name: host, value: target }];
  // An apex of a server whose addresses are not to be found still has a way.
  if (addresses.length === 0) return [proofRecord, { type: 'ALIAS', name: host, value: target }];
  const pointers = addresses.map(
    (value): DnsRecord => ({ type: value.includes(':') ? 'AAAA' : 'A', name: host, value }),
  );
  return [proofRecord, ...pointers];
}

/** The records that a claim asks for. */
export async function wantedRecords(
  claim: { host: string; proofToken: string },
  { target }: DnsTarget,
  dns: Records,
): Promise<Wanted> {
  return {
    host: claim.host,
    proof: { name: `_waymark.${claim.host}`, value: proofPrefix + claim.proofToken },
    target,
    addresses: isIP(target) ? [target] : await addressesOf(target, dns).catch(nothingKnown),
    isApex: isApex(claim.host) || isIP(target) !== 0,
  };
}

/**
 * Asks DNS whether a claim's records are there, and the zone's own name servers where it says they are not. Never
 * throws: that nobody answers, or not in time, is a fault as well.
 */
export async function diagnose(
  claim: { host: string; proofToken: string },
  place: DnsTarget,
  dns: Dns,
  patienceMs = maxMs,
): Promise<Diagnosis> {
  const wanted = await wantedRecords(claim, place, dns);
  try {
    return await within(patienceMs, findFaults(wanted, place, dns));
  } catch (error) {
    if (!(error instanceof DnsUnreachable || error instanceof TooLate)) throw error;
    return { proofs: undefined, faults: [faults.dnsUnreachable(wanted)], wanted };
  }
}

async function findFaults(wanted: Wanted, { isHttps }: DnsTarget, dns: Dns): Promise<Diagnosis> {
  const seen = await look(wanted, dns);
  const told = blocking(seen).length > 0 ? await askAuthority(wanted, dns) : undefined;
  const known = told ?? seen;
  if (blocking(known).length < blocking(seen).length) known.faults.push(faults.notPropagated(wanted));
  const isProxied = known.faults.some(({ code }) => code === 'proxied');
  const forbidden = isHttps && !isProxied ? await findForbiddingCaa(wanted.host, dns) : undefined;
  return { proofs: known.proofs, faults: byWeight([...known.faults, ...(forbidden ? [forbidden] : [])]), wanted };
}

type Seen = { proofs: string[]; faults: Fault[] };

const blocking = ({ faults: found }: Seen): Fault[] => found.filter(({ weight }) => weight === 'blocks');

async function look(wanted: Wanted, records: Records): Promise<Seen> {
  const [texts, aim] = await Promise.all([records.txt(wanted.proof.name), lookAtTarget(wanted, records)]);
  const proofs = texts
    .filter((text) => text.trim().startsWith(proofPrefix))
    .map((text) => text.trim().slice(proofPrefix.length));
  const found: Fault[] = aim ? [aim] : [];
  if (texts.length === 0) found.unshift(faults.txtMissing(wanted));
  else if (!proofs.includes(wanted.proof.value.slice(proofPrefix.length)))
    found.unshift(faults.txtWrong(wanted, texts));
  return { proofs, faults: found };
}

/** A CNAME to us, at some remove, or addresses that are ours alone. */
async function lookAtTarget(wanted: Wanted, records: Records): Promise<Fault | undefined> {
  const aliases = await aliasesOf(wanted, records);
  if (aliases.includes(wanted.target)) return undefined;
  const there = await addressesOf(wanted.host, records);
  // Whether addresses are ours cannot be told while nobody says which ours are: then this throws.
  if (there.length > 0 && wanted.addresses.length === 0) await addressesOf(wanted.target, records);
  const foreign = there.filter((address) => !wanted.addresses.includes(address));
  if (there.length > 0 && foreign.length === 0) return undefined;
  if (there.length === 0 && aliases.length === 0) return faults.targetMissing(wanted);
  const cdn = findCdn(aliases, there);
  if (cdn) return faults.proxied(wanted, cdn);
  if (foreign.length < there.length && foreign.every((address) => isIP(address) === 6))
    return faults.aaaaLeftBehind(wanted, foreign);
  return faults.targetWrong(wanted, aliases.length > 0 ? aliases.slice(-1) : foreign);
}

/** The chain of CNAMEs, as far as our own name. */
async function aliasesOf({ host, target }: Wanted, records: Records): Promise<string[]> {
  const aliases: string[] = [];
  for (let name: string | undefined = host; name !== undefined && aliases.length < maxAliases; ) {
    [name] = await records.cname(name);
    if (name === undefined || aliases.includes(name)) break;
    aliases.push(name);
    if (name === target) break;
  }
  return aliases;
}

/** The answer of the zone's own name servers; undefined when they cannot be asked. They answer for their zone alone. */
async function askAuthority(wanted: Wanted, dns: Dns): Promise<Seen | undefined> {
  try {
    const authority = await dns.authority(wanted.host);
    if (!authority) return undefined;
    // Beyond the first alias other servers know.
    const nearest = await authority.cname(wanted.host);
    return await look(wanted, {
      ...authority,
      cname: async (name) => (name === wanted.host ? nearest : dns.cname(name)),
    });
  } catch (error) {
    if (error instanceof DnsUnreachable) return undefined;
    throw error;
  }
}

/** The CAA records that count are the first ones on the way up the tree (RFC 8659, 3); registries have none. */
async function findForbiddingCaa(host: string, dns: Records): Promise<Fault | undefined> {
  for (const name of namesUpTo(host)) {
    // Some old servers cannot be asked; that is no reason to stop a domain that works.
    const properties = await dns.caa(name).catch(nothingKnown);
    if (properties.length === 0) continue;
    const issuers = properties.flatMap(({ issue }) =>
      issue === undefined ? [] : [issue.split(';')[0]?.trim().toLowerCase() ?? ''],
    );
    if (issuers.length === 0 || issuers.some((issuer) => certificateAuthorities.includes(issuer))) return undefined;
    return faults.caaForbids(name, issuers.filter(Boolean));
  }
  return undefined;
}

const weights = ['unknown', 'blocks', 'harms', 'note'] as const;
const byWeight = (found: Fault[]): Fault[] =>
  found.toSorted((one, other) => weights.indexOf(one.weight) - weights.indexOf(other.weight));
