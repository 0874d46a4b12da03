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
    id: z.string().describe('Unique together with `time` and `linkId`.'),
    time: z.string().describe('ISO 8601 in UTC.'),
    linkId: z.string(),
    shortLink: text.describe('Of a link that was deleted too: what it was.'),
    ...fields,
    isFirstOnLink: z
      .boolean()
      .describe("The visitor's first click on this link today; their number is that of visitors."),
    isFirstInWorkspace: z.boolean().describe("The visitor's first click in the workspace today."),
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
        isFirstOnLink: true,
        isFirstInWorkspace: true,
      },
    ],
  });

const subjectId = z.string().min(1);

const query = z.object({
  linkId: subjectId.optional().describe('Hits of this link only.'),
  campaignId: subjectId.optional().describe('Hits of the links that are in this campaign now.'),
  tagId: subjectId.optional().describe('Hits of the links that have this tag now.'),
  period: z
    .enum(periodNames, `Choose ${orList(periodNames)}.`)
    .optional()
    .describe('`30d` when nothing is given.'),
  from: z.string().optional().describe('First day or first instant of a range of your own.'),
  to: z.string().optional().describe('Last day of the range, or the instant at which it ends.'),
  filter: filterQuery('filter').describe('Only hits like this, such as `country:is:DE`. May be given several times.'),
  limit: z.coerce
    .number('limit is a number from 1 to 1000.')
    .int('limit is a whole number.')
    .min(1, 'limit is 1 at least.')
    .max(1_000, 'limit is 1000 at most.')
    .default(100)
    .describe('Hits a page.'),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before.'),
});

const hitPage = z
  .object({ data: z.array(hit), nextCursor: text.describe('What to send as `cursor` for the next page.') })
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
          'Every request for your short links, with its class and the reason for it. Nothing in it tells who it was.',
        tags: ['Analytics'],
        querystring: query,
        response: { 200: hitPage.describe('A page of hits.'), ...refusals(404, 422) },
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
