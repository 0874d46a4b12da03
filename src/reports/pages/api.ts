import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from '../../people/keys/problem.ts';
import { sendRows } from '../../people/keys/rows.ts';
import { orList } from '../../ground/text/format.ts';
import { dimensions } from '../../visitors/rollups/dimensions.ts';
import { filterQuery } from '../counts/filter-query.ts';
import { intervals, periodNames } from '../counts/period.ts';
import { countBy } from '../counts/report.ts';
import { periodAsked, subjectAsked } from '../counts/subjects.ts';

const groupings = ['time', ...dimensions.map(({ name }) => name)] as const;

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `Choose ${orList(words)}.`);

const id = z.string().min(1);

const query = z.object({
  linkId: id.optional().describe('Clicks of this link only. Without it, of the whole workspace.'),
  campaignId: id.optional().describe('Clicks of the links of this campaign. Visitors are those of each link, summed.'),
  tagId: id.optional().describe('Clicks of the links with this tag. Visitors are those of each link, summed.'),
  period: oneOf(periodNames)
    .optional()
    .describe(
      "Whole days up to the end of today; `12mo` and `this-month` whole months up to it, `this-week` from the workspace's first day of the week. `yesterday`, `last-week` and `last-month` are over. `30d` when neither `period` nor `from` is given.",
    ),
  from: z
    .string()
    .optional()
    .describe('First day (`2026-11-01`) or first instant (`2026-11-01T08:00:00Z`) of a range of your own.')
    .meta({ examples: ['2026-11-01'] }),
  to: z
    .string()
    .optional()
    .describe('Last day of the range, or the instant at which it ends. Without it, today.')
    .meta({ examples: ['2026-11-22'] }),
  timezone: z
    .string()
    .optional()
    .describe("IANA time zone in which days begin and end. Without it, the workspace's.")
    .meta({ examples: ['Europe/Berlin'] }),
  interval: oneOf(intervals)
    .optional()
    .describe(
      "Length of the steps of `groupBy=time`. Weeks begin with the workspace's first day of the week, Monday unless its settings say otherwise. Without it, what suits the length of the period.",
    ),
  filter: filterQuery('filter')
    .describe(
      'Only clicks that pass: `country:is:DE`, `device:not:mobile`, `referrer:contains:google`; nothing after the second colon stands for clicks without one. Several filters of one dimension are alternatives, those of different dimensions must all hold. A visitor counts where the first click of the day passes.',
    )
    .meta({ examples: ['country:is:DE'] }),
  groupBy: oneOf(groupings)
    .default('time')
    .describe(
      'What the rows are. `class` and `reason` cover every hit, `qr` clicks through QR codes, all others clicks of people only.',
    ),
});

const counts = {
  clicks: z.int().min(0).describe('Clicks of people; with `groupBy` `class` or `reason`, hits.'),
  visitors: z.int().min(0).describe('Different people, counted anew each day.'),
};

const row = z.object({
  value: z
    .string()
    .describe('What was counted: `DE`, `mobile`, `2026-11-22`. Empty for clicks that have no such value.'),
  label: z.string().describe('The same for people: `Germany`.'),
  ...counts,
});

const analytics = z
  .object({
    period: z.object({
      from: z.date().describe('The first instant of the period.'),
      to: z.date().describe('The instant at which it ends.'),
      timezone: z.string(),
      interval: z.enum(intervals),
      name: z.enum([...periodNames, 'custom']),
    }),
    total: z.object(counts).describe('Clicks of people in the whole period, whatever the rows are.'),
    rows: z.array(row),
  })
  .meta({
    id: 'Analytics',
    description:
      'Clicks and visitors of a period, exact at the moment of asking. Rows come with the most clicks first, or in order of time.',
    examples: [
      {
        period: {
          from: '2026-11-15T23:00:00.000Z',
          to: '2026-11-22T23:00:00.000Z',
          timezone: 'Europe/Berlin',
          interval: 'day',
          name: '7d',
        },
        total: { clicks: 1204, visitors: 988 },
        rows: [
          { value: 'DE', label: 'Germany', clicks: 803, visitors: 671 },
          { value: 'FR', label: 'France', clicks: 401, visitors: 317 },
        ],
      },
    ],
  });

/** The API's view of what happened: the numbers of the reports. */
export default async function analyticsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v1/analytics',
    {
      schema: {
        operationId: 'getAnalytics',
        summary: 'Count clicks and visitors',
        description: 'Counts by time or by one dimension, of the workspace, one link, one campaign or one tag.',
        tags: ['Analytics'],
        querystring: query,
        response: { 200: analytics.describe('The counts.'), ...refusals(404, 422) },
      },
    },
    async (request, reply) => {
      const { linkId, campaignId, tagId, groupBy, timezone, filter, ...asked } = request.query;
      const { timeZone, weekStartsOn } = request.workspace;
      const subject = subjectAsked(request.workspace.id, { linkId, campaignId, tagId });
      const zone = { id: request.workspace.id, timeZone: timezone ?? timeZone, weekStartsOn };
      const period = await periodAsked(app.db, zone, subject, asked, new Date());
      const { from, to, interval, name } = period;
      const { total, rows } = await countBy(app.db, request.workspace, subject, period, groupBy, filter);
      return sendRows(
        reply,
        { period: { from, to, timezone: period.timeZone, interval, name }, total },
        'rows',
        row,
        rows,
      );
    },
  );
}
