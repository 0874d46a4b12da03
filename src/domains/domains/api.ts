import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight } from '../../people/workspaces/guards.ts';
import { checksAMinute, limitChecks } from './check-limit.ts';
import { settleCheck } from './check.ts';
import { type Claim, claimDomain, getClaim, listClaims } from './claims.ts';
import { diagnose, recordsOf, wantedRecords } from '../dns/diagnosis.ts';
import type { Dns } from '../dns/dns.ts';
import { type FaultCode, faultTitles, type Wanted } from '../dns/faults.ts';
import { readHost } from '../dns/name.ts';
import { targetOf } from '../dns/place.ts';
import { getOwnDomain } from './settings.ts';
import { hasLogo, settings } from './settings-json.ts';

const faultCodes = Object.keys(faultTitles) as [FaultCode, ...FaultCode[]];
const instant = z.date().nullable();

const record = z.object({
  type: z.enum(['TXT', 'CNAME', 'A', 'AAAA', 'ALIAS']),
  name: z.string(),
  value: z.string(),
});

const domain = z
  .object({
    id: z.string(),
    host: z.string().describe('In lower case, IDNs as punycode.'),
    state: z
      .enum(['waiting', 'live', 'paused', 'removed'])
      .describe('`live`: proved and served. `paused`: its records have been wrong for a week.'),
    fault: z.string().nullable().describe('What the last check found, as `code` of a fault; null when all was right.'),
    createdAt: z.date(),
    provedAt: instant,
    checkedAt: instant,
    failingSince: instant.describe('Since when the records of a live domain have been wrong.'),
  })
  .meta({
    id: 'Domain',
    examples: [
      {
        id: 'V7mQdT2ZkC9x',
        host: 'go.acme.com',
        state: 'waiting',
        fault: 'txt_missing',
        createdAt: '2026-11-22T14:05:00.000Z',
        provedAt: null,
        checkedAt: '2026-11-22T14:06:00.000Z',
        failingSince: null,
      },
    ],
  });

const domainToSet = z
  .object({ ...domain.shape, records: z.array(record).describe('The DNS records that it needs.') })
  .meta({
    id: 'DomainWithRecords',
    examples: [{ records: [{ type: 'CNAME', name: 'go.acme.com', value: 'go.example.com' }] }],
  });

const wholeDomain = z.object({ ...domainToSet.shape, ...settings, hasLogo }).meta({
  id: 'WholeDomain',
  examples: [{ host: 'go.acme.com', state: 'live', brandName: 'Acme', redirectStatus: 302, isDefault: true }],
});

const checkedDomain = z
  .object({
    ...domainToSet.shape,
    faults: z
      .array(
        z.object({
          code: z.enum(faultCodes),
          weight: z
            .enum(['blocks', 'harms', 'note', 'unknown'])
            .describe('`blocks` and `harms` keep a domain from going live; with `note` it works.'),
          detail: z.string().describe('What is, for people.'),
          next: z.string().describe('What to do about it, for people.'),
        }),
      )
      .describe('The worst first.'),
  })
  .meta({
    id: 'CheckedDomain',
    examples: [
      { faults: [{ code: 'txt_missing', weight: 'blocks', detail: 'There is no TXT record.', next: 'Add one.' }] },
    ],
  });

const newDomain = jsonBody({
  host: z
    .string('Write host as a string.')
    .describe('As people type it.')
    .meta({ examples: ['go.acme.com'] }),
});
const params = z.object({ id: z.string().regex(/^\w+$/).describe("The domain's id.") });

/** The API's view of domains: the same functions as the pages, in JSON. */
export default async function domainsApi(app: FastifyInstance, { dns }: { dns: Dns }): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db } = app;
  const place = targetOf(config);
  const refuseManyChecks = limitChecks(app);
  const toManage = { preHandler: requireRight('manageDomains') };

  routes.get(
    '/api/v1/domains',
    {
      schema: {
        operationId: 'listDomains',
        summary: 'List domains',
        description: 'By name; removed ones are left out.',
        tags: ['Domains'],
        response: { 200: z.object({ data: z.array(domain) }).describe('All domains.'), ...refusals() },
      },
    },
    async (request) => ({ data: await listClaims(db, request.workspace.id) }),
  );

  routes.post(
    '/api/v1/domains',
    {
      ...toManage,
      schema: {
        operationId: 'addDomain',
        summary: 'Add a domain',
        description:
          'It waits until its records are set. One that is there already is answered with 200. Takes a key that an admin made.',
        tags: ['Domains'],
        body: newDomain,
        response: {
          200: domainToSet.describe('The domain, which was there already.'),
          201: domainToSet.describe('The new domain, with the records to set.'),
          ...refusals(400, 403, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { host } = readHost(request.body.host, place.ownHosts);
      const { claim, isNew } = await claimDomain(db, request.workspace.id, actorOf(request), host, place.scheme);
      const json = withRecords(claim, await wantedRecords(claim, place, dns));
      if (!isNew) return reply.code(200).send(json);
      return reply.code(201).header('location', `/api/v1/domains/${claim.id}`).send(json);
    },
  );

  routes.get(
    '/api/v1/domains/:id',
    {
      schema: {
        operationId: 'getDomain',
        summary: 'Get a domain',
        tags: ['Domains'],
        params,
        response: {
          200: wholeDomain.describe('The domain, with the records it needs and its settings.'),
          ...refusals(404),
        },
      },
    },
    async (request) => {
      const whole = await getOwnDomain(db, request.workspace.id, request.params.id);
      const records = recordsOf(await wantedRecords(whole, place, dns));
      return { ...whole, records, hasLogo: whole.logoType !== null };
    },
  );

  routes.post(
    '/api/v1/domains/:id/verify',
    {
      ...toManage,
      schema: {
        operationId: 'verifyDomain',
        summary: 'Check the records of a domain',
        description: `It goes live when they are right. At most ${checksAMinute} a minute. Takes a key that an admin made.`,
        tags: ['Domains'],
        params,
        response: {
          200: checkedDomain.describe('The domain as it is now, and what was found.'),
          ...refusals(403, 404, 409),
        },
      },
    },
    async (request) => {
      await refuseManyChecks(request);
      const before = await getClaim(db, request.workspace.id, request.params.id);
      const diagnosis = await diagnose(before, place, dns);
      const { claim, faults } = await settleCheck(request, before, diagnosis, { place, dns, now: new Date() });
      return {
        ...withRecords(claim, diagnosis.wanted),
        faults: faults.map(({ says, ...fault }) => ({ ...fault, detail: says })),
      };
    },
  );
}

const withRecords = (claim: Claim, wanted: Wanted) => ({ ...claim, records: recordsOf(wanted) });
