import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { typed } from '../../ground/http/typed.ts';
import { AppError, Invalid, NotFound } from '../../ground/text/errors.ts';
import { serverJob } from '../../ground/events/actor.ts';
import { openClickIds } from '../../visitors/conversions/click-id.ts';
import { isCurrency, minorUnitsOf } from '../../visitors/conversions/money.ts';
import { conversionScript, pixelGif } from '../../visitors/conversions/script.ts';
import { sendConversion, type TypedConversion } from '../../visitors/conversions/sent.ts';
import { isPostbackToken } from './postback-token.ts';

/** Of pages: enough for a family behind one address. */
const ofPages = { rateLimit: { max: 120, timeWindow: 60_000 } };
/** Of networks, which send all of theirs from a few machines. */
const ofNetworks = { rateLimit: { max: 1_200, timeWindow: 60_000 } };

const bodyLimit = 16 * 1024;

/** The ways of conversions that take no key: other sites and networks call them. */
export default async function postbackRoutes(app: FastifyInstance): Promise<void> {
  const { db, config } = app;
  const parts = { db, clickIds: openClickIds(config.secret), retentionDays: config.retentionDays };
  await app.register(formbody);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  const convert = (sent: TypedConversion, via: 'pixel' | 'script') =>
    sendConversion(parts, sent, { via, check() {} }, new Date());

  app.get('/px/pixel.gif', { config: ofPages, exposeHeadRoute: false }, async (request, reply) => {
    // Pages that show it have nothing to do with what is wrong with it.
    try {
      await convert(typedOf(request.query), 'pixel');
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
    }
    return reply.type('image/gif').send(pixelGif);
  });

  app.get('/px/script.js', { config: ofPages }, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').type('text/javascript; charset=utf-8').send(conversionScript),
  );

  // Before anything can be refused: pages read refusals too.
  const forAll = async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header('access-control-allow-origin', '*');
  };

  app.options('/px/convert', { config: ofPages, onRequest: forAll }, (_request, reply) =>
    reply
      .headers({ 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type' })
      .header('access-control-max-age', '86400')
      .code(204)
      .send(),
  );

  app.post('/px/convert', { config: ofPages, bodyLimit, onRequest: forAll }, async (request, reply) =>
    answer(reply, await convert(typedBy(request.body), 'script')),
  );

  app.route<{ Params: { secret: string } }>({
    method: ['GET', 'POST'],
    url: '/pb/:secret',
    config: ofNetworks,
    bodyLimit,
    // Asking with HEAD changes nothing.
    exposeHeadRoute: false,
    handler: async (request, reply) => answer(reply, await takePostback(request)),
  });

  function takePostback({ query, body, params, id }: FastifyRequest<{ Params: { secret: string } }>) {
    const sent = { ...(query as object), ...(typeof body === 'object' ? body : {}) };
    return sendConversion(
      parts,
      typedOf(sent),
      {
        via: 'postback',
        by: { ...serverJob('postback'), via: 'api', requestId: id },
        check(workspace) {
          if (!isPostbackToken(config.secret, workspace, params.secret))
            throw new NotFound('This postback address is not the one of the workspace. It may have been replaced.');
        },
      },
      new Date(),
    );
  }
}

/** A parameter that is empty, sent twice or no text is none. */
const text = z.string().min(1).optional().catch(undefined);

/** Parameters as networks name them: `payout` as they write amounts, `txid` for what they count once. */
const networkForm = z.object({
  cid: typed,
  goal: z.string().min(1).catch('Conversion'),
  txid: text,
  id: text,
  payout: text,
  value: text,
  currency: text,
});

function typedOf(sent: unknown): TypedConversion {
  const { cid, goal, txid, id, value, payout = value, currency } = networkForm.parse(sent);
  return {
    clickId: cid,
    goal,
    externalId: txid ?? id,
    value: payout === undefined ? undefined : readPayout(payout, currency?.toUpperCase()),
    currency,
  };
}

function readPayout(payout: string, currency: string | undefined): number {
  const refuse = (field: string, sentence: string) => new Invalid(sentence, { field, code: 'value_invalid' });
  if (currency === undefined || !isCurrency(currency))
    throw refuse('currency', 'Name the currency of the amount, such as currency=EUR.');
  const value = minorUnitsOf(payout, currency);
  if (value === undefined) throw refuse('payout', 'Write the amount with a point, such as 12.50.');
  return value;
}

/** The body of our script, or of a page that speaks for itself. */
const scriptForm = z
  .object({ clickId: typed, goal: typed, externalId: text, value: z.unknown().optional(), currency: text })
  .catch({ clickId: '', goal: '', externalId: undefined, value: undefined, currency: undefined });

/** @param body JSON, sent as text so that browsers ask nobody before */
function typedBy(body: unknown): TypedConversion {
  const { value, ...others } = scriptForm.parse(typeof body === 'string' ? parsed(body) : body);
  return { ...others, value: value === undefined || value === null ? undefined : Number(value) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Invalid('The body is not valid JSON.', { code: 'malformed_json' });
  }
}

type Sent = Awaited<ReturnType<typeof sendConversion>>;

const answer = (reply: FastifyReply, came: Sent) =>
  came.outcome === 'refused'
    ? reply.send({ accepted: false, reason: came.why })
    : reply.send({ accepted: true, isRepeat: came.outcome === 'repeated' });
