import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { refusals } from '../../people/keys/problem.ts';
import { sendRows } from '../../people/keys/rows.ts';
import { orList } from '../../ground/text/format.ts';
import { dimensions } from '../../visitors/rollups/dimensions.ts';
import { getGoal } from '../../visitors/conversions/goals.ts';
import { countGoal, whyUntold } from '../conversions/goal-counts.ts';
import { filterQuery } from '../counts/filter-query.ts';
import { intervals, periodNames } from '../counts/period.ts';
import { countBy } from '../counts/report.ts';
import { periodAsked, subjectAsked } from '../counts/subjects.ts';

const groupings = ['time', ...dimensions.map(({ name }) => name)] as const;

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `Choose ${orList(words)}.`);

const id = z.string().min(1);

const query = z.object({
  linkId: id.optional().describe('The id of a link: only its clicks.'),
  campaignId: id
    .optional()
    .describe('The id of a campaign: the clicks of its links. Visitors are those of each link, added up.'),
  tagId: id
    .optional()
    .describe('The id of a tag: the clicks of links that have it. Visitors are those of each link, added up.'),
  period: oneOf(periodNames)
    .optional()
    .describe(
      'A named period. Most end today; `yesterday`, `last-week` and `last-month` are over. `12mo` and `this-month` begin on the first day of a month, `this-week` on the day on which weeks begin in the workspace. `30d` if you send neither `period` nor `from`.',
    )
    .meta({ examples: ['7d'] }),
  from: z
    .string()
    .optional()
    .describe(
      'The first day of a period of your own, such as `2026-11-01`, or its first moment, such as `2026-11-01T08:00:00Z`. Leave out `period` then.',
    ),
  to: z
    .string()
    .optional()
    .describe('The last day of that period, such as `2026-11-22`, or the moment at which it ends. Without it, today.'),
  timezone: z
    .string()
    .optional()
    .describe('The time zone in which days begin and end, such as `Europe/Berlin`. Without it, that of the workspace.'),
  interval: oneOf(intervals)
    .optional()
    .describe(
      'How long each row of `groupBy=time` is. Weeks begin on the day that the workspace has chosen. Without it, what suits the length of the period.',
    ),
  filter: filterQuery('filter')
    .describe(
      'Only clicks that match, such as `country:is:DE`, `device:not:mobile` or `referrer:contains:google`. Leave the part after the second colon empty for clicks without a value. Filters on the same dimension are alternatives; filters on different dimensions must all match. A visitor counts if their first click of the day matches.',
    )
    .meta({ examples: ['country:is:DE'] }),
  goalId: id
    .optional()
    .describe(
      'The id of a goal: adds its `conversions`. They know their link, destination and time alone, so that no other filter can be sent along.',
    ),
  groupBy: oneOf(groupings)
    .default('time')
    .describe(
      'What each row stands for. `class` and `reason` count every hit, `qr` counts clicks through QR codes, and all others count clicks of people.',
    )
    .meta({ examples: ['device'] }),
});

const counts = {
  clicks: z.int().min(0).describe('Clicks of people. With `groupBy=class` and `groupBy=reason`, hits.'),
  visitors: z.int().min(0).describe('Visitors. Somebody who comes back on another day counts again.'),
};

const row = z.object({
  value: z
    .string()
    .describe('What was counted, such as `DE`, `mobile` or `2026-11-22`. Empty for clicks that have no such value.'),
  label: z.string().describe('The same for people, such as `Germany`.'),
  ...counts,
});

const conversions = z.object({
  goalId: z.string().describe('The id of the goal.'),
  goal: z.string().describe('The name of the goal.'),
  conversions: z.int().min(0).describe('Conversions that followed clicks of the period, whenever they happened.'),
  visitors: z.int().min(0).describe('Visitors of a day who converted, each once on each link.'),
  values: z
    .array(
      z.object({
        currency: z.string().describe('The currency (ISO 4217).'),
        value: z.number().describe('The sum in the smallest unit of the currency.'),
      }),
    )
    .describe('What the conversions brought, by currency.'),
});

const analytics = z
  .object({
    period: z.object({
      from: z.date().describe('The moment at which it begins.'),
      to: z.date().describe('The moment at which it ends.'),
      timezone: z.string().describe('The time zone of its days.'),
      interval: z.enum(intervals).describe('How long each row of `groupBy=time` is.'),
      name: z
        .enum([...periodNames, 'custom'])
        .describe('The name that was asked for, `custom` for a period of your own.'),
    }),
    total: z.object(counts).describe('Clicks and visitors of the whole period, whatever the rows are.'),
    conversions: conversions.nullable().describe('Conversions for `goalId`; `null` without one.'),
    rows: z.array(row).describe('The counts of each value.'),
  })
  .meta({
    id: 'Analytics',
    description:
      'Clicks and visitors of a period. The row with the most clicks comes first; rows of time come in their order.',
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
        conversions: null,
        rows: [
          { value: 'mobile', label: 'Mobile', clicks: 803, visitors: 671 },
          { value: 'desktop', label: 'Desktop', clicks: 401, visitors: 317 },
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
        description:
          'The numbers of a report: of the whole workspace, of a link, of a campaign or of a tag, by time or by one dimension. They are exact at the moment of the request.',
        tags: ['Analytics'],
        querystring: query,
        response: { 200: analytics.describe('The counts.'), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { linkId, campaignId, tagId, groupBy, timezone, filter, goalId, ...asked } = request.query;
      const { timeZone, weekStartsOn } = request.workspace;
      const subject = subjectAsked(request.workspace.id, { linkId, campaignId, tagId });
      const zone = { id: request.workspace.id, timeZone: timezone ?? timeZone, weekStartsOn };
      const period = await periodAsked(app.db, zone, subject, asked, new Date());
      const { from, to, interval, name } = period;
      const { total, rows } = await countBy(app.db, request.workspace, subject, period, groupBy, filter);
      const told =
        goalId === undefined
          ? null
          : await conversionsOf(app.db, request.workspace.id, goalId, { subject, period, filters: filter });
      return sendRows(
        reply,
        { period: { from, to, timezone: period.timeZone, interval, name }, total, conversions: told },
        'rows',
        row,
        rows,
      );
    },
  );
}

/** @throws NotFound for a goal that is gone; Invalid (field `filter`) where conversions cannot be told */
async function conversionsOf(
  db: Db,
  workspaceId: string,
  goalId: string,
  asked: Parameters<typeof countGoal>[3],
): Promise<z.output<typeof conversions>> {
  const { name: goal } = await getGoal(db, workspaceId, goalId);
  const untold = whyUntold(asked.period, asked.filters);
  if (untold) throw new Invalid(untold, { field: asked.filters.length > 0 ? 'filter' : 'from' });
  const { total } = await countGoal(db, workspaceId, goalId, asked);
  return { goalId, goal, ...total };
}
