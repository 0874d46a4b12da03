import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { getLink } from '../../links/links/queries.ts';
import { readRoutes } from '../../links/routes/read.ts';
import { routesSent } from '../../links/routes/schema.ts';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { loadReplay } from './load.ts';
import { lossInWords } from './replay-words.ts';

const place = z
  .object({
    by: z.enum(['rule', 'test', 'own']).describe('A rule, the A/B test or the address of the link itself.'),
    rule: z.string().nullable().describe('The name of the rule.'),
    addresses: z
      .array(z.object({ url: z.string(), share: z.number() }))
      .describe('Where it leads, each with its share: 1 is all.'),
  })
  .meta({
    id: 'ReplayPlace',
    examples: [{ by: 'rule', rule: 'Germans', addresses: [{ url: 'https://www.acme.com/de', share: 1 }] }],
  });

const replay = z
  .object({
    from: z.date().describe('The beginning of the period: the last 30 days.'),
    to: z.date().describe('Its end.'),
    clicks: z.int().describe('Clicks of people in it.'),
    moved: z.int().describe('Those that would have gone elsewhere.'),
    isEstimate: z
      .boolean()
      .describe('`true`: some visitors are split between addresses, so that `moved` is what can be expected.'),
    unknown: z.int().describe('Clicks of which nobody can tell, because not all that the rules ask is kept.'),
    moves: z
      .array(
        z.object({
          from: place,
          to: place,
          clicks: z.int().describe('Clicks that come from the one to the other.'),
          moved: z.int().describe('Those among them that see another address.'),
        }),
      )
      .describe('The most clicks first.'),
    lost: z
      .array(z.object({ what: z.string().describe('In words.'), clicks: z.int() }))
      .describe('What was not kept, and of how many clicks it would have decided.'),
  })
  .meta({
    id: 'Replay',
    examples: [
      {
        from: '2026-11-01T00:00:00.000Z',
        to: '2026-12-01T00:00:00.000Z',
        clicks: 80201,
        moved: 12431,
        isEstimate: false,
        unknown: 0,
        moves: [
          {
            from: { by: 'own', rule: null, addresses: [{ url: 'https://www.acme.com/sale', share: 1 }] },
            to: { by: 'rule', rule: 'Germans', addresses: [{ url: 'https://www.acme.com/de', share: 1 }] },
            clicks: 12431,
            moved: 12431,
          },
        ],
        lost: [],
      },
    ],
  });

const linkId = z.object({
  id: z
    .string()
    .describe('The id of the link.')
    .meta({ examples: ['V7mQdT2ZkC9x'] }),
});

/** The API's way of sending kept clicks through other rules. */
export default async function replaysApi(app: FastifyInstance): Promise<void> {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/v1/links/:id/replays',
    {
      schema: {
        operationId: 'replayClicks',
        summary: 'Replay clicks before you publish',
        description:
          'How many clicks of the last 30 days would have gone elsewhere by other rules. The rules of the link stay as they are, and its A/B test is taken as it is now.',
        tags: ['Links'],
        params: linkId,
        body: jsonBody({ routes: routesSent }),
        response: { 200: replay.describe('What would have been.'), ...refusals(400, 404, 413, 415) },
      },
    },
    async (request) => {
      const { workspace } = request;
      const link = await getLink(app.db, workspace.id, request.params.id);
      const draft = await readRoutes(app, workspace.id, request.body.routes);
      const { moves, lost, ...rest } = await loadReplay(app.db, workspace, link.id, { draft, now: new Date() });
      const sent = (each: (typeof moves)[number]['from']) => ({ ...each, addresses: [...each.addresses] });
      return {
        ...rest,
        moves: moves.map(({ from, to, ...counts }) => ({ from: sent(from), to: sent(to), ...counts })),
        lost: lost.map(({ leaf, clicks }) => ({ what: lossInWords(leaf), clicks })),
      };
    },
  );
}
