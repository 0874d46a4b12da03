import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, LimitReached } from '../errors.ts';
import { refusalOf } from '../refusal.ts';
import { requireRight, requireWorkspace } from '../workspaces/guards.ts';
import { type Claim, claimDomain, getClaim, listClaims, prove } from './claims.ts';
import { type Diagnosis, diagnose, recordsOf, wantedRecords } from './diagnosis.ts';
import type { Dns } from './dns.ts';
import { type FaultCode, faultTitles } from './faults.ts';
import { nameInZone, readHost, showHost, zoneOf } from './name.ts';
import { type DomainPlace, placeOf } from './place.ts';
import { PATIENCE } from './standing.ts';

const params = z.object({ workspace: z.string() });
const claimParams = params.extend({ domainId: z.string().regex(/^\w+$/).catch('-') });
const form = z.object({ host: z.string().catch('') });

/** Checks of a workspace a minute: pages that wait ask every five seconds. */
const checksAMinute = 120;

/** The pages on which admins add domains, and everybody of a workspace sees how they stand. */
export default async function domainRoutes(app: FastifyInstance, { dns }: { dns: Dns }): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db } = app;
  const place = placeOf(config);
  const toSee = { preHandler: requireWorkspace };
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')] };
  const countCheck = app.createRateLimit({
    max: checksAMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.workspace.id,
  });

  routes.get('/w/:workspace/domains', { ...toSee, schema: { params } }, async (request, reply) =>
    showList(request, reply, place, { host: '', errors: {} }),
  );

  routes.post('/w/:workspace/domains', { ...toManage, schema: { params, body: form } }, async (request, reply) => {
    const { id, slug } = request.workspace;
    try {
      const { host } = readHost(request.body.host, place.ownHosts);
      const { claim } = await claimDomain(db, id, host, place.scheme);
      return await reply.redirect(`/w/${slug}/domains/${claim.id}`, 303);
    } catch (error) {
      const { status, errors } = refusalOf(error);
      reply.code(status);
      return showList(request, reply, place, { host: request.body.host, errors });
    }
  });

  routes.get(
    '/w/:workspace/domains/:domainId',
    { ...toSee, schema: { params: claimParams } },
    async (request, reply) => {
      const claim = await getClaim(db, request.workspace.id, request.params.domainId);
      return showClaim(reply, claim, await wantedRecords(claim, place, dns), {});
    },
  );

  // The page with what was found, where others redirect: what was found is kept nowhere.
  routes.post(
    '/w/:workspace/domains/:domainId/check',
    { ...toManage, schema: { params: claimParams } },
    async (request, reply) => {
      const counted = await countCheck(request);
      if (!counted.isAllowed && counted.isExceeded) throw new LimitReached();
      const { id } = request.workspace;
      const claim = await getClaim(db, id, request.params.domainId);
      const diagnosis = await diagnose(claim, place, dns);
      try {
        const proved = await prove(db, id, claim.id, diagnosis, new Date());
        return await showClaim(reply, proved, diagnosis.wanted, { diagnosis });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'domain_taken') throw error;
        return showClaim(reply, claim, diagnosis.wanted, { diagnosis, refusal: error.message });
      }
    },
  );
}

async function showList(
  request: FastifyRequest,
  reply: FastifyReply,
  place: DomainPlace,
  { host, errors }: { host: string; errors: Record<string, string> },
) {
  const claims = await listClaims(request.server.db, request.workspace.id);
  return reply.viewAsync('domains/index.eta', {
    rows: claims.map((claim) => ({
      id: claim.id,
      ...showHost(claim.host),
      standing: standingWords(claim),
      fault: titleOf(claim.fault),
    })),
    target: place.target,
    defaultDomainId: request.workspace.defaultDomainId,
    host,
    error: errors.host,
  });
}

function showClaim(
  reply: FastifyReply,
  claim: Claim,
  wanted: Diagnosis['wanted'],
  checked: { diagnosis?: Diagnosis; refusal?: string },
) {
  return reply.viewAsync('domains/show.eta', {
    claim,
    ...showHost(claim.host),
    standing: standingWords(claim),
    pausesAt: claim.failingSince && claim.state === 'live' ? new Date(claim.failingSince.getTime() + PATIENCE) : null,
    records: recordsOf(wanted).map((record) => ({ ...record, shortName: nameInZone(record.name, claim.host) })),
    zone: zoneOf(claim.host),
    wanted,
    faults: checked.diagnosis?.faults,
    fault: titleOf(claim.fault),
    refusal: checked.refusal,
    isWatched: claim.state !== 'live' || claim.failingSince !== null,
    now: new Date(),
  });
}

function standingWords({ state, failingSince }: Pick<Claim, 'state' | 'failingSince'>) {
  if (state === 'live' && failingSince === null) return { words: 'Live', variant: 'secondary' };
  if (state === 'live') return { words: 'Failing', variant: 'warning' };
  return state === 'paused' ? { words: 'Paused', variant: 'destructive' } : { words: 'Waiting', variant: 'outline' };
}

const titleOf = (fault: string | null) => (fault === null ? null : (faultTitles[fault as FaultCode] ?? null));
