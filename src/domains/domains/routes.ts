import { openTo } from '../../ground/addresses/open-to.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, LimitReached } from '../../ground/text/errors.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typed } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { limitChecks } from './check-limit.ts';
import { settleCheck } from './check.ts';
import { type Claim, claimDomain, getClaim, listClaims } from './claims.ts';
import { type Diagnosis, diagnose, recordsOf, wantedRecords } from '../dns/diagnosis.ts';
import type { Dns } from '../dns/dns.ts';
import { type Fault, type FaultCode, faultTitles } from '../dns/faults.ts';
import { nameInZone, readHost, showHost, zoneOf } from '../dns/name.ts';
import { targetOf } from '../dns/place.ts';
import { domainHead, standingWords } from './head.ts';
import { PATIENCE } from './standing.ts';

const params = z.object({ workspace: z.string() });
const claimParams = params.extend({ domainId: z.string().regex(/^\w+$/).catch('-') });
const newDomainForm = z.object({ host: typed });

/** The pages on which admins add domains, and everybody of a workspace sees how they stand. */
export default async function domainRoutes(app: FastifyInstance, { dns }: { dns: Dns }): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db } = app;
  const place = targetOf(config);
  const toSee = { preHandler: requireWorkspace };
  const toManage = { preHandler: [requireWorkspace, requireRight('manageDomains')] };
  const refuseManyChecks = limitChecks(app);

  routes.get('/w/:workspace/domains', { ...toSee, schema: { params } }, async (request, reply) =>
    showList(request, reply, { host: '', errors: {} }),
  );

  routes.post('/w/:workspace/domains', { ...toManage, schema: { params } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      newDomainForm,
      async (form) => {
        const { id, slug } = request.workspace;
        const { host } = readHost(form.host, place.ownHosts);
        const { claim } = await claimDomain(db, id, actorOf(request), host, place.scheme);
        return reply.redirect(`/w/${slug}/domains/${claim.id}`, 303);
      },
      ({ errors }) => showList(request, reply, { ...newDomainForm.parse(request.body), errors }),
    ),
  );

  routes.get(
    '/w/:workspace/domains/:domainId',
    { ...toSee, schema: { params: claimParams } },
    async (request, reply) => {
      const claim = await getClaim(db, request.workspace.id, request.params.domainId);
      return showClaim(request, reply, claim, await wantedRecords(claim, place, dns), {});
    },
  );

  // The page with what was found, where others redirect: what was found is kept nowhere.
  routes.post(
    '/w/:workspace/domains/:domainId/check',
    { ...toManage, schema: { params: claimParams } },
    async (request, reply) => {
      const before = await getClaim(db, request.workspace.id, request.params.domainId);
      let diagnosis: Diagnosis | undefined;
      try {
        await refuseManyChecks(request);
        diagnosis = await diagnose(before, place, dns);
        const { claim, faults } = await settleCheck(request, before, diagnosis, { place, dns, now: new Date() });
        return await showClaim(request, reply, claim, diagnosis.wanted, { faults });
      } catch (error) {
        if (!(error instanceof AppError) || !['domain_taken', 'limit_reached'].includes(error.code)) throw error;
        if (error instanceof LimitReached) reply.code(error.status).headers(error.headers);
        const wanted = diagnosis?.wanted ?? (await wantedRecords(before, place, dns));
        return showClaim(request, reply, before, wanted, { faults: diagnosis?.faults, refusal: error.message });
      }
    },
  );
}

async function showList(
  request: FastifyRequest,
  reply: FastifyReply,
  { host, errors }: { host: string; errors: Record<string, string> },
) {
  const claims = await listClaims(request.server.db, request.workspace.id);
  return reply.page('domains/domains/index.eta', {
    rows: claims.map((claim) => ({
      id: claim.id,
      ...showHost(claim.host),
      standing: standingWords(claim),
      fault: titleOf(claim.fault),
    })),
    instanceHost: new URL(request.server.config.shortUrl).host,
    instanceDomainId: request.server.instanceDomainId,
    defaultDomainId: request.workspace.defaultDomainId,
    host,
    error: errors.host,
  });
}

function showClaim(
  request: FastifyRequest,
  reply: FastifyReply,
  claim: Claim,
  wanted: Diagnosis['wanted'],
  checked: { faults?: readonly Fault[] | undefined; refusal?: string },
) {
  return reply.page('domains/domains/show.eta', {
    claim,
    head: domainHead(request, claim, 'records'),
    ...showHost(claim.host),
    pausesAt: claim.failingSince && claim.state === 'live' ? new Date(claim.failingSince.getTime() + PATIENCE) : null,
    records: recordsOf(wanted).map((record) => ({
      ...record,
      shortName: nameInZone(record.name, claim.host),
      nameParts: partsOf(record.name),
      valueParts: partsOf(record.value),
    })),
    zone: zoneOf(claim.host),
    wanted,
    isNameless: openTo(reply.request.server.config.shortUrl) !== 'everybody',
    faults: checked.faults,
    fault: titleOf(claim.fault),
    refusal: checked.refusal,
    isWatched: claim.state !== 'live' || claim.failingSince !== null || checked.faults?.some(isPassing),
    now: new Date(),
  });
}

/** Parts after which a long name or value may go on in the next line. */
const partsOf = (text: string): string[] => text.split(/(?<=[.=])/);

/** A certificate comes by itself, and the page says when it is there. */
const isPassing = ({ code }: Fault) => code === 'tls_pending';

const titleOf = (fault: string | null) => (fault === null ? null : (faultTitles[fault as FaultCode] ?? null));
