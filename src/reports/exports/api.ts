import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { filterQuery } from '../counts/filter-query.ts';
import { periodNames } from '../counts/period.ts';
import { periodAsked, subjectAsked } from '../counts/subjects.ts';
import { type ExportedFields, exportedFields } from '../../visitors/clicks/hit-fields.ts';
import { refusals } from '../../people/keys/problem.ts';
import { sendRows } from '../../people/keys/rows.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { orList } from '../../ground/text/format.ts';
import { type HitPlace, listHits } from './queries.ts';

const text = z.string().nullable();

const fields = Object.fromEntries<z.ZodType>(
  exportedFields.map(({ name, isNullable, exported: { describe } }) => {
    const value = isNullable ? text : z.string();
    return [name, describe === undefined ? value : value.describe(describe)];
  }),
) as { [Name in keyof ExportedFields]: z.ZodType<ExportedFields[Name]> };

const examples = Object.fromEntries(exportedFields.map(({ name, exported }) => [name, exported.example]));

const hit = z
  .object({
    id: z.string().describe('Tells it from others of the same `time` and `linkId`.'),
    time: z.string().describe('When it happened.'),
    linkId: z.string().describe('The id of the link that it opened.'),
    shortLink: text.describe('The short link. Of a link that was deleted, as it was.'),
    ...fields,
    version: text.describe('The version of an A/B test that the visitor met, as reports call it: `A`, `B`, …'),
    versionUrl: text.describe('The address that the A/B test or the rule sent the visitor to.'),
    route: text.describe('The rule of the link that sent the visitor there, by its name. `version` is `null` then.'),
    routeId: text.describe('The id of that rule, which `filter=route:is:` takes. It stays when the rule is renamed.'),
    isFirstOnLink: z
      .boolean()
      .describe('`true` for the first click of a visitor on this link that day. As many visitors are counted.'),
    isFirstInWorkspace: z.boolean().describe('`true` for the first click of a visitor in the workspace that day.'),
  })
  .meta({
    id: 'Hit',
    examples: [
      {
        id: '4503599627370496',
        time: '2026-11-22T09:41:07.512Z',
        linkId: 'Xk3mPq7RtW2n',
        shortLink: 'https://go.example.com/spring',
        ...examples,
        version: 'B',
        versionUrl: 'https://www.example.com/spring-b',
        route: null,
        routeId: null,
        isFirstOnLink: true,
        isFirstInWorkspace: true,
      },
    ],
  });

const subjectId = z.string().min(1);

const query = z.object({
  linkId: subjectId.optional().describe('The id of a link: only its hits.'),
  campaignId: subjectId.optional().describe('The id of a campaign: the hits of links that are in it now.'),
  tagId: subjectId.optional().describe('The id of a tag: the hits of links that have it now.'),
  period: z
    .enum(periodNames, `Choose ${orList(periodNames)}.`)
    .optional()
    .describe(
      'A named period, as in [Count clicks and visitors](#getAnalytics). `30d` if you send neither `period` nor `from`.',
    )
    .meta({ examples: ['7d'] }),
  from: z.string().optional().describe('The first day of a period of your own, or its first moment.'),
  to: z.string().optional().describe('The last day of that period, or the moment at which it ends. Without it, today.'),
  filter: filterQuery('filter').describe(
    'Only hits that match, such as `country:is:DE`, as in [Count clicks and visitors](#getAnalytics).',
  ),
  limit: z.coerce
    .number('limit is a number from 1 to 1000.')
    .int('limit is a whole number.')
    .min(1, 'limit is 1 at least.')
    .max(1_000, 'limit is 1000 at most.')
    .default(100)
    .describe('How many hits a page can have.'),
  cursor: z
    .string()
    .max(200)
    .optional()
    .describe('`nextCursor` of the page before. Keep the other parameters as they were.'),
});

const hitPage = z
  .object({
    data: z.array(hit).describe('The hits of this page.'),
    nextCursor: text.describe('Send it as `cursor` for the next page. `null` at the end.'),
  })
  .meta({ id: 'HitPage', description: 'Hits of every class, the oldest first.' });

/** Hits one by one, for programs. */
export default async function hitsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v1/hits',
    {
      schema: {
        operationId: 'listHits',
        summary: 'List hits',
        description:
          'Every request for your short links, one by one, the oldest first: clicks of people, and what was not counted, with the reason. Nothing in a hit tells who it was.',
        tags: ['Analytics'],
        querystring: query,
        response: { 200: hitPage.describe('A page of hits.'), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { linkId, campaignId, tagId, filter: filters, limit, cursor, ...asked } = request.query;
      const { id: workspaceId } = request.workspace;
      const subject = subjectAsked(workspaceId, { linkId, campaignId, tagId });
      const span = await periodAsked(app.db, request.workspace, subject, asked, new Date());
      const after = cursor === undefined ? null : placeOf(cursor);
      const hits = await listHits(app.db, workspaceId, { subject, span, filters }, { after, limit });
      const last = hits.at(-1);
      const nextCursor = last && hits.length === limit ? cursorOf(last) : null;
      return sendRows(reply, { nextCursor }, 'data', hit, hits);
    },
  );
}

const cursorOf = ({ time, linkId, id }: HitPlace) => Buffer.from([time, linkId, id].join(' ')).toString('base64url');

function placeOf(cursor: string): HitPlace {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\w+) (\d{1,16})$/.exec(
    Buffer.from(cursor, 'base64url').toString(),
  );
  const [, time = '', linkId = '', id = ''] = found ?? [];
  if (Number.isNaN(Date.parse(time))) throw new Invalid('Send a cursor as it was given.', { field: 'cursor' });
  return { time, linkId, id };
}
