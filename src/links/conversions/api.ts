import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Invalid } from '../../ground/text/errors.ts';
import { jsonBody } from '../../people/keys/forms.ts';
import { refusals } from '../../people/keys/problem.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { openClickIds } from '../../visitors/conversions/click-id.ts';
import { maxGoalName } from '../../visitors/conversions/goals.ts';
import { maxValue } from '../../visitors/conversions/money.ts';
import { clickUnknown, maxExternalId, sendConversion } from '../../visitors/conversions/sent.ts';
import type { Taken } from '../../visitors/conversions/take.ts';

const text = (name: string, most: number) =>
  z.string(`Write ${name} as a string.`).max(most, `${name} has at most ${most} characters.`);
const amount = z.int('Write value as a whole number of the smallest unit of its currency.').min(0).max(maxValue);

const newConversion = jsonBody({
  clickId: text('clickId', 200)
    .describe('The id of the click, as the destination got it under `wm_cid`.')
    .meta({ examples: ['3kXw7c4mS0u1Zf8Yb2dQh5vNtR9aLpEoGiJxKzCqWyTnBsUM'] }),
  goal: text('goal', maxGoalName)
    .optional()
    .describe('The name of the goal. A new name becomes a new goal. `eventName` is read in its place.')
    .meta({ examples: ['Purchase'] }),
  externalId: text('externalId', maxExternalId)
    .optional()
    .describe(
      'Your id of what happened, such as an order. The same one counts once for a goal, so that a request may be sent again. `invoiceId` is read in its place, else `customerExternalId`.',
    )
    .meta({ examples: ['order-1042'] }),
  value: amount
    .optional()
    .describe('The amount in the smallest unit of its currency: 1250 is 12.50 EUR. `amount` is read in its place.')
    .meta({ examples: [1250] }),
  currency: text('currency', 3)
    .optional()
    .describe('The currency of `value` (ISO 4217).')
    .meta({ examples: ['EUR'] }),
  occurredAt: z.iso
    .datetime({ offset: true, error: 'Write occurredAt as an instant such as 2026-11-30T18:05:00Z.' })
    .optional()
    .describe('The instant at which it happened; now unless told.'),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Anything else, up to 10,000 characters as JSON. Send no names and no e-mail addresses.'),
  eventName: text('eventName', maxGoalName).optional().describe('As `goal`.'),
  invoiceId: text('invoiceId', maxExternalId).optional().describe('As `externalId`.'),
  customerExternalId: text('customerExternalId', maxExternalId)
    .optional()
    .describe('As `externalId`, where neither other is sent.'),
  amount: amount.optional().describe('As `value`.'),
}).meta({
  examples: [
    {
      clickId: '3kXw7c4mS0u1Zf8Yb2dQh5vNtR9aLpEoGiJxKzCqWyTnBsUM',
      goal: 'Purchase',
      externalId: 'order-1042',
      value: 1250,
      currency: 'EUR',
    },
  ],
});

const answer = z
  .object({
    accepted: z.boolean().describe('`false`: it does not count, and `reason` says why.'),
    reason: z
      .enum(['machine', 'server_only', 'too_many'])
      .nullable()
      .describe('`machine`: the click was no person’s. `too_many`: the click has 20 conversions of this goal.'),
    isRepeat: z
      .boolean()
      .describe('`true`: it was there already. What is shown is the first one, which stays as it was.'),
    isCounted: z
      .boolean()
      .describe('`false`: its click has not arrived yet. It counts when it arrives within an hour.'),
    id: z.string().nullable().describe('Identifies the conversion; `null` when it does not count.'),
    linkId: z.string().nullable().describe('The link that was clicked.'),
    goal: z.string().describe('The name of the goal.'),
    externalId: z.string().nullable().describe('Your id of it.'),
    value: z.int().nullable().describe('The amount in the smallest unit of its currency.'),
    currency: z.string().nullable().describe('The currency.'),
    occurredAt: z.string().nullable().describe('The instant at which it happened.'),
  })
  .meta({
    id: 'Conversion',
    description: 'What became of a conversion.',
    examples: [
      {
        accepted: true,
        reason: null,
        isRepeat: false,
        isCounted: true,
        id: 'K3mTq8WzR5pd',
        linkId: 'V7mQdT2ZkC9x',
        goal: 'Purchase',
        externalId: 'order-1042',
        value: 1250,
        currency: 'EUR',
        occurredAt: '2026-11-30T18:05:00.000Z',
      },
    ],
  });

/** The API's way of counting what people do after a click. */
export default async function conversionsApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, config } = app;
  const parts = { db, clickIds: openClickIds(config.secret), retentionDays: config.retentionDays };

  routes.post(
    '/api/v1/conversions',
    {
      schema: {
        operationId: 'createConversion',
        summary: 'Report a conversion',
        description:
          'Counts what somebody did after a click. Send it again when you got no answer: the same `externalId` and `goal` count once, and are answered with the first result.',
        tags: ['Conversions'],
        body: newConversion,
        response: {
          200: answer.describe('It was there already, or it does not count.'),
          201: answer.describe('It is counted.'),
          202: answer.describe('It is kept, and counts when its click has arrived.'),
          ...refusals(400, 404, 413, 415),
        },
      },
    },
    async (request, reply) => {
      const { body, workspace } = request;
      const goal = body.goal ?? body.eventName;
      if (goal === undefined) throw new Invalid('Name the goal, such as Purchase.', { field: 'goal' });
      const typed = {
        clickId: body.clickId,
        goal,
        externalId: body.externalId ?? body.invoiceId ?? body.customerExternalId,
        value: body.value ?? body.amount,
        currency: body.currency,
        occurredAt: body.occurredAt === undefined ? undefined : new Date(body.occurredAt),
        metadata: body.metadata,
      };
      const sender = {
        via: 'server' as const,
        by: actorOf(request),
        check({ id }: { id: string }) {
          if (id !== workspace.id) throw clickUnknown();
        },
      };
      const taken = await sendConversion(parts, typed, sender, new Date());
      return reply.code(statusOf(taken)).send(jsonOf(taken, taken.goal.name));
    },
  );
}

const statuses = { counted: 201, waiting: 202, repeated: 200, refused: 200 } as const;
const statusOf = ({ outcome }: Taken) => statuses[outcome];

function jsonOf(taken: Taken, goal: string): z.output<typeof answer> {
  if (taken.outcome === 'refused') {
    const none = { id: null, linkId: null, externalId: null, value: null, currency: null, occurredAt: null };
    return { accepted: false, reason: taken.why, isRepeat: false, isCounted: false, goal, ...none };
  }
  const { id, linkId, externalId, value, currency, occurredAt, isCounted } = taken.conversion;
  return {
    accepted: true,
    reason: null,
    isRepeat: taken.outcome === 'repeated',
    isCounted,
    id,
    linkId,
    goal,
    externalId: externalId || null,
    value,
    currency,
    occurredAt: occurredAt.toISOString(),
  };
}
