import { connect } from 'node:tls';
import { isPublic } from '../../ground/addresses/network.ts';
import { addressesOf, type Dns, nothingKnown } from './dns.ts';
import { type Fault, faults } from './faults.ts';
import type { DomainPlace } from './place.ts';

/** How long a server may take to greet, in milliseconds. */
const patienceMs = 4_000;

/** A name may have any number of addresses; its owner says which. */
const maxAddresses = 4;

/** Results of a handshake, the best first. `foreign`: there is a certificate, but browsers refuse it. */
const outcomes = ['there', 'foreign', 'missing', 'silent'] as const;
type Outcome = (typeof outcomes)[number];

/**
 * Whether a live domain has its certificate: asked as a visitor's browser does, with its name in the handshake. We connect
 * to addresses that DNS gives for the host and nowhere else; whoever owns a domain writes those, so private ones are
 * asked only where this whole server is private.
 * @returns undefined when there is one, when this server has no HTTPS, and when nothing may be asked
 */
export async function findCertificateFault(
  host: string,
  { isHttps, isPrivate, port }: Pick<DomainPlace, 'isHttps' | 'isPrivate' | 'port'>,
  dns: Pick<Dns, 'a' | 'aaaa'>,
): Promise<Fault | undefined> {
  if (!isHttps) return undefined;
  const known = await addressesOf(host, dns).catch(nothingKnown);
  const addresses = known.filter((address) => isPrivate || isPublic(address));
  const met = await Promise.all(addresses.slice(0, maxAddresses).map((address) => shakeHands(address, port, host)));
  const outcome = outcomes.find((each) => met.includes(each));
  if (outcome === 'foreign') return faults.tlsForeign(host);
  if (outcome === 'missing') return faults.tlsPending(host);
  return outcome === 'silent' ? faults.tlsSilent(host, port) : undefined;
}

/** One handshake and not a word after it. */
function shakeHands(address: string, port: number, host: string): Promise<Outcome> {
  return new Promise((resolve) => {
    // An untrusted certificate is to be told from none.
    const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false });
    let isThere = false;
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const giveUp = () => end(isThere ? 'missing' : 'silent');
    const timer = setTimeout(giveUp, patienceMs);
    socket.once('connect', () => {
      isThere = true;
    });
    socket.once('secureConnect', () => end(socket.authorized ? 'there' : 'foreign'));
    // Also those that end without a word.
    socket.once('close', giveUp);
    socket.on('error', giveUp);
  });
}
