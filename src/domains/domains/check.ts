import type { FastifyRequest } from 'fastify';
import { actorOf } from '../../people/workspaces/actor.ts';
import { findCertificateFault } from '../dns/certificate.ts';
import { type Claim, prove } from './claims.ts';
import type { Diagnosis } from '../dns/diagnosis.ts';
import type { Dns } from '../dns/dns.ts';
import type { Fault } from '../dns/faults.ts';
import type { DomainPlace } from '../dns/place.ts';
import { mailTakeover } from './takeover-mail.ts';

/**
 * Makes of a claim what a check found that somebody asked for. Who lost the host by it is told; nobody waits for that.
 * @returns the claim as it is now, and its faults, those of the certificate of a live domain among them
 * @throws what `prove` throws
 */
export async function settleCheck(
  request: FastifyRequest,
  claim: Claim,
  diagnosis: Diagnosis,
  { place, dns, now }: { place: DomainPlace; dns: Dns; now: Date },
): Promise<{ claim: Claim; faults: readonly Fault[] }> {
  const { server, log } = request;
  const proved = await prove(server.db, claim.workspaceId, actorOf(request), claim.id, diagnosis, now);
  void mailTakeover(server, proved).catch((error: unknown) => log.error(error));
  const pending = proved.state === 'live' ? await findCertificateFault(claim.host, place, dns) : undefined;
  return { claim: proved, faults: pending ? [pending, ...diagnosis.faults] : diagnosis.faults };
}
