import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { hitClasses } from '../../visitors/machines/hit-class.ts';
import { getLink, type Link } from '../links/queries.ts';
import { readRoutes } from '../routes/read.ts';
import { routesSent } from '../routes/schema.ts';
import { runSimulation } from './run.ts';
import { type Described, readDescribed } from './said.ts';
import { sentenceOfSimulation, textOfSentence } from './sentence.ts';
import { ruleOutcomes, simulatedKinds, type Simulation } from './simulate.ts';
import { truths, type Why, whyOf } from './why.ts';

const text = (name: string, describe: string, example?: string) =>
  z
    .string(`Write ${name} as a string.`)
    .max(2_000, `${name} has at most 2000 characters.`)
    .optional()
    .describe(describe)
    .meta(example === undefined ? {} : { examples: [example] });
const flag = (name: string, describe: string) =>
  z.boolean(`Write ${name} as true or false.`).optional().describe(describe);

const visitor = jsonBody({
  country: text('country', 'The English name of a country or its code.', 'ES'),
  region: text('region', 'The region of the country.'),
  city: text('city', 'The city.'),
  language: text('language', 'A language, or a list as browsers send it in `Accept-Language`.', 'es-MX,es;q=0.9'),
  device: text('device', 'The kind of device: `mobile`, `desktop`, `tablet` and more.', 'mobile'),
  system: text('system', 'The operating system.', 'iOS'),
  browser: text('browser', 'The browser.', 'Safari'),
  app: text('app', 'The app whose built-in browser it is; `none` for none.', 'Instagram'),
  userAgent: text('userAgent', 'A whole user agent, which says all of the device. The fields above come before it.'),
  referrer: text('referrer', 'The website that led here, by its host or an address of it.', 'news.example.com'),
  channel: text('channel', 'The kind of source, in the place of the one that all else tells.', 'social'),
  query: text('query', 'The query of the short link.', 'ref=newsletter'),
  at: text('at', 'An instant, or a time of the clocks in `timeZone`. Now unless told.', '2026-12-06T11:00'),
  timeZone: text('timeZone', 'The zone of `at`; the one of your workspace unless told.', 'Europe/Madrid'),
  address: text('address', 'An IP address. With a user agent it tells the version of an A/B test.', '203.0.113.9'),
  entry: z.enum(['link', 'qr'], 'Write link or qr.').default('link').describe('The short link, or its QR code.'),
  private: flag('private', '`true`: the visitor asks not to be tracked.'),
  preview: flag('preview', '`true`: the visitor asks where the link leads, by a `+` behind it.'),
  machine: flag('machine', '`true`: a machine, such as a crawler.'),
  routes: routesSent.optional().describe('Rules in the place of those that the link has, which stay as they are.'),
}).meta({ examples: [{ country: 'ES', system: 'iOS', device: 'mobile', at: '2026-12-06T11:00' }] });

type WhySent = { words: string; truth: (typeof truths)[number]; value: string | null; parts: WhySent[] };
const why: z.ZodType<WhySent> = z
  .object({
    words: z.string().describe('What is asked.'),
    truth: z.enum(truths).describe('`not_known`: the visitor lacks what is asked.'),
    value: z.string().nullable().describe('What the visitor has; `null` for groups, and where it is not known.'),
    get parts() {
      return z.array(why).describe('The parts of a group.');
    },
  })
  .meta({
    id: 'SimulatedCondition',
    examples: [{ words: 'country is Germany', truth: 'does_not_hold', value: 'Spain', parts: [] }],
  });

const simulation = z
  .object({
    sentence: z.string().describe('The outcome, for people.'),
    kind: z
      .enum(simulatedKinds)
      .describe(
        '`sent` to an address, `preview` of where the link leads, `ended`: the link is over, `unserved`: the domain is not live.',
      ),
    by: z.enum(['rule', 'test', 'own']).nullable().describe('What decided: a rule, the A/B test or the link itself.'),
    class: z.enum(hitClasses).describe('`human`, or the kind of machine that it is.'),
    answers: z
      .array(
        z.object({
          share: z.number().describe('1 for one answer. Of several, how many of such visitors get it.'),
          status: z.int().describe('The status of the response.'),
          url: z.string().nullable().describe('Where it leads, or what its page is about.'),
          headers: z.record(z.string(), z.string()).describe('Its headers, such as `location` and `cache-control`.'),
        }),
      )
      .describe('One answer; several where the address of the visitor decides.'),
    rules: z
      .array(
        z.object({
          name: z.string().describe('The name of the rule.'),
          outcome: z
            .enum(ruleOutcomes)
            .describe(
              '`matched`, `passed`: it does not hold, `unknown`: the visitor lacks what it asks, `not_reached`, `skipped`: no rule is asked.',
            ),
          why: why.nullable().describe('Its condition; `null` where it was not asked.'),
        }),
      )
      .describe('The rules of the link, in their order.'),
  })
  .meta({
    id: 'Simulation',
    examples: [
      {
        sentence: 'This visitor goes to https://www.acme.com/es, by the rule “Spain”.',
        kind: 'sent',
        by: 'rule',
        class: 'human',
        answers: [
          {
            share: 1,
            status: 302,
            url: 'https://www.acme.com/es',
            headers: { 'cache-control': 'private, no-store', location: 'https://www.acme.com/es' },
          },
        ],
        rules: [
          {
            name: 'Spain',
            outcome: 'matched',
            why: { words: 'country is Spain', truth: 'holds', value: 'Spain', parts: [] },
          },
        ],
      },
    ],
  });

const linkId = z.object({
  id: z
    .string()
    .describe('The id of the link.')
    .meta({ examples: ['V7mQdT2ZkC9x'] }),
});

/** The API's way of asking what a visitor would meet. */
export default async function simulatorApi(app: FastifyInstance): Promise<void> {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/v1/links/:id/simulations',
    {
      schema: {
        operationId: 'simulateVisit',
        summary: 'Try a visitor',
        description:
          'What a made-up visitor of the link meets, and why each rule holds for them or not. What you leave out is not known. Nothing is counted, and nothing is changed.',
        tags: ['Links'],
        params: linkId,
        body: visitor,
        response: { 200: simulation.describe('What the visitor meets.'), ...refusals(400, 404, 413, 415) },
      },
    },
    async (request) => {
      const { id: workspaceId, timeZone } = request.workspace;
      const { routes: sent, entry, ...described } = request.body;
      const link = await getLink(app.db, workspaceId, request.params.id);
      const draft = sent === undefined ? undefined : await readRoutes(app, workspaceId, sent);
      const slugId = entry === 'qr' ? link.qrSlugId : link.slugId;
      const made = readDescribed(described satisfies Described, timeZone, new Date());
      return asJson(await runSimulation(app, link, made, { slugId, draft }), link);
    },
  );
}

const asJson = (run: Simulation, { domain }: Link) => ({
  sentence: textOfSentence(sentenceOfSimulation(run)),
  kind: run.kind,
  by: run.by,
  class: run.class,
  answers: run.answers.map((answer) => ({ ...answer, headers: { ...answer.headers } })),
  rules: run.rules.map(({ name, outcome, why: explained, when }) => ({
    name,
    outcome,
    why: explained && sentWhy(whyOf(explained, when, domain)),
  })),
});

const sentWhy = ({ parts, ...part }: Why): WhySent => ({ ...part, parts: parts.map(sentWhy) });
