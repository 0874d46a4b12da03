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
import { domainJson, domainParams as params, exampleOfDomain } from './domain-json.ts';
import { getOwnDomain } from './settings.ts';
import { exampleOfSettings, hasLogo, settings } from './settings-json.ts';

const faultCodes = Object.keys(faultTitles) as [FaultCode, ...FaultCode[]];

const record = z.object({
  type: z.enum(['TXT', 'CNAME', 'A', 'AAAA', 'ALIAS']).describe('The type of the record.'),
  name: z.string().describe('The name that the record belongs to.'),
  value: z.string().describe('What the record says.'),
});

const exampleOfRecords = [
  { type: 'TXT', name: '_waymark.go.acme.com', value: 'waymark-verify=8f3kQm2ZrT' },
  { type: 'CNAME', name: 'go.acme.com', value: 'go.example.com' },
];

const domainToSet = z
  .object({ ...domainJson.shape, records: z.array(record).describe('The DNS records that it needs.') })
  .meta({
    id: 'DomainWithRecords',
    examples: [{ ...exampleOfDomain, records: exampleOfRecords }],
  });

const wholeDomain = z.object({ ...domainToSet.shape, ...settings, hasLogo }).meta({
  id: 'WholeDomain',
  examples: [
    {
      ...exampleOfDomain,
      state: 'live',
      fault: null,
      provedAt: '2026-11-22T14:31:00.000Z',
      checkedAt: '2026-11-23T06:00:00.000Z',
      records: exampleOfRecords,
      ...exampleOfSettings,
      hasLogo: true,
    },
  ],
});

const checkedDomain = z
  .object({
    ...domainToSet.shape,
    faults: z
      .array(
        z.object({
          code: z.enum(faultCodes).describe('The fault, for programs.'),
          weight: z
            .enum(['blocks', 'harms', 'note', 'unknown'])
            .describe(
              'With `blocks` and `harms` the domain does not go live. With `note` it works. `unknown` could not be checked.',
            ),
          detail: z.string().describe('What was found, for people.'),
          next: z.string().describe('What to do about it, for people.'),
        }),
      )
      .describe('What is wrong, the worst first.'),
  })
  .meta({
    id: 'CheckedDomain',
    examples: [
      {
        ...exampleOfDomain,
        records: exampleOfRecords,
        faults: [
          {
            code: 'txt_missing',
            weight: 'blocks',
            detail: 'There is no TXT record at _waymark.go.acme.com.',
            next: 'Add the TXT record above where the DNS of acme.com is kept.',
          },
        ],
      },
    ],
  });

const newDomain = jsonBody({
  host: z
    .string('Write host as a string.')
    .describe('The name of the domain, as people type it.')
    .meta({ examples: ['go.acme.com'] }),
});
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
        description: 'All domains of the workspace, by name, without those that were removed.',
        tags: ['Domains'],
        response: { 200: z.object({ data: z.array(domainJson) }).describe('All domains.'), ...refusals() },
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
          'The response says which DNS records to set. Once they are there, the domain goes live by itself, or at once when you check it. A domain that you already have gets 200. Needs a key that an admin or owner created.',
        tags: ['Domains'],
        body: newDomain,
        response: {
          200: domainToSet.describe('The domain, which was already there.'),
          201: domainToSet.describe('The new domain, with the records to set.'),
          ...refusals(400, 403, 413, 415),
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
        description: 'One domain, with the records that it needs and its settings.',
        tags: ['Domains'],
        params,
        response: {
          200: wholeDomain.describe('The domain.'),
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
        description: `Looks the records up now. When they are right, the domain goes live. At most ${checksAMinute} times a minute. Needs a key that an admin or owner created.`,
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
