import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { describeFilters } from '../pages/kept-filters.ts';
import { intervals, periodNames, resolvePeriod } from '../counts/period.ts';
import { intervalChoices, periodChoices } from '../addresses/period-links.ts';
import { findBeginning } from '../counts/beginning.ts';
import { loadReport } from '../counts/report.ts';
import { reportPage } from '../pages/report-page.ts';
import { tookTooLong } from '../../ground/db/in-turn.ts';
import { getLogo } from '../../domains/domains/logo.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { AppError, Invalid, LimitReached, NotFound } from '../../ground/text/errors.ts';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { brandStyle } from '../../visitors/redirect/brand.ts';
import { onlyParts } from './parts.ts';
import { isPassword, passwordVersion } from './password.ts';
import { getOpenShare, type OpenedShare } from './queries.ts';

/** How long a report may be behind, in milliseconds: many who open it at once cost one look. */
const keptMs = 10_000;
/** How long a password is remembered, in seconds. */
const rememberedSeconds = 12 * 60 * 60;

const cookieOf = ({ id }: OpenedShare) => `_share_${id}`;

const params = z.object({ token: z.string().regex(/^[\w-]{32}$/) });
const passwordForm = z.object({ password: z.string().max(200).catch('') });
const query = z.object({
  period: z.enum(periodNames).default('30d').catch('30d'),
  interval: z.enum(intervals).optional().catch(undefined),
});
type Asked = z.output<typeof query>;

/** Shared reports: whoever has the address may look, and gets no further. */
export default async function publicReportRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, geo } = app;
  // From everywhere together. What one network may try is the route's limit, and a fifth of this: a stranger locks out
  // nobody else, and many colleagues in one place get in.
  const waitOfTries = waitBeyondEverywhere(app, {
    name: 'password of a report',
    max: 100,
    windowMs: 15 * 60_000,
    keyOf: (request) => (request.params as { token: string }).token,
  });

  const load = async ({ share, asked }: { share: OpenedShare; asked: Asked }) => {
    const { workspaceId, timeZone, weekStartsOn, subject, filters } = share;
    const beginning = await findBeginning(db, workspaceId, subject);
    // A period that suits no interval is shown in the steps that suit it.
    const named = { period: asked.period, timeZone, weekStartsOn, now: new Date(), ...beginning };
    const period = isSensible(named, asked)
      ? resolvePeriod({ ...named, interval: asked.interval })
      : resolvePeriod(named);
    const chips = await describeFilters(db, workspaceId, filters);
    try {
      const report = await loadReport(db, workspaceId, subject, period, filters);
      return { period, chips, page: onlyParts(reportPage(report), share.parts), tooLong: null };
    } catch (error) {
      // Kept as well: whoever asks again does not make the database count again.
      if (error instanceof AppError && error.code === tookTooLong)
        return { period, chips, page: null, tooLong: error.message };
      throw error;
    }
  };
  const reports = new LRUCache<string, Awaited<ReturnType<typeof load>>, Parameters<typeof load>[0]>({
    max: 200,
    ttl: keptMs,
    fetchMethod: (_key, _stale, { context }) => load(context),
  });

  // The address is the key: it goes to no other site and into no search engine.
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'x-robots-tag': 'noindex, nofollow', 'referrer-policy': 'same-origin' });
  });

  routes.get(
    '/r/:token',
    { schema: { params, querystring: query }, config: { rateLimit: { max: 120, timeWindow: '1 minute' } } },
    async (request, reply) => {
      const share = await getOpenShare(db, request.params.token, new Date());
      if (!isUnlocked(request, share)) return askPassword(reply, request.params.token, share);
      const { period, interval = '' } = request.query;
      const kept = await reports.fetch(`${share.id}/${period}/${interval}`, {
        context: { share, asked: request.query },
      });
      if (!kept) throw new Error('A shared report came to nothing.');
      const path = `/r/${request.params.token}`;
      if (kept.tooLong) reply.code(422);
      return reply.page('reports/sharing/report.eta', {
        title: share.title,
        path,
        brand: share.brand,
        timeZone: share.timeZone,
        chips: kept.chips,
        tooLong: kept.tooLong,
        report: kept.page,
        periods: periodChoices(path, kept.period.name),
        intervals: intervalChoices(path, kept.period),
        credit: geo.source.attribution,
      });
    },
  );

  // The brand is on the page that asks for the password, too.
  const ofBrand = { schema: { params }, config: { rateLimit: { max: 240, timeWindow: '1 minute' } } };
  const shortly = { 'cache-control': 'private, max-age=60' };

  routes.get('/r/:token/brand.css', ofBrand, async (request, reply) => {
    const { color } = (await getOpenShare(db, request.params.token, new Date())).brand;
    if (color === null) throw new NotFound();
    return reply
      .headers(shortly)
      .type('text/css; charset=utf-8')
      .send(brandStyle(color.slice(1)));
  });

  routes.get('/r/:token/logo', ofBrand, async (request, reply) => {
    const { workspaceId, brand } = await getOpenShare(db, request.params.token, new Date());
    if (brand.logoOf === null) throw new NotFound();
    const { bytes, type } = await getLogo(db, workspaceId, brand.logoOf);
    return reply.headers(shortly).type(type).send(bytes);
  });

  routes.post(
    '/r/:token',
    {
      schema: { params },
      config: { rateLimit: { max: 20, timeWindow: '15 minutes' } },
    },
    async (request, reply) => {
      const { token } = request.params;
      const share = await getOpenShare(db, token, new Date());
      const wait = await waitOfTries(request);
      if (wait > 0)
        throw new LimitReached('Too many attempts. Wait a quarter of an hour, then try again.', {
          headers: { 'retry-after': String(wait) },
        });
      return takeForm(
        request,
        reply,
        passwordForm,
        async ({ password }) => {
          const { passwordHash } = share;
          if (passwordHash !== null) {
            if (!(await isPassword(password, passwordHash)))
              throw new Invalid('This is not the password. Capitals count.', { field: 'password' });
            const until = Date.now() + rememberedSeconds * 1_000;
            const value = [share.id, passwordVersion(passwordHash), until].join('.');
            reply.setSigned(cookieOf(share), value, { maxAge: rememberedSeconds });
          }
          return reply.redirect(`/r/${token}`, 303);
        },
        ({ errors }) => askPassword(reply, token, share, errors['password']),
      );
    },
  );

  function isUnlocked(request: FastifyRequest, share: OpenedShare): boolean {
    if (share.passwordHash === null) return true;
    const [id, version, until] = request.readSigned(cookieOf(share))?.split('.') ?? [];
    return id === share.id && version === passwordVersion(share.passwordHash) && Number(until) > Date.now();
  }

  function askPassword(reply: FastifyReply, token: string, { brand }: OpenedShare, error?: string) {
    return reply.page('reports/sharing/password.eta', { token, path: `/r/${token}`, brand, error });
  }
}

function isSensible(named: Parameters<typeof resolvePeriod>[0], { interval }: Asked): boolean {
  if (interval === undefined) return false;
  try {
    resolvePeriod({ ...named, interval });
    return true;
  } catch {
    return false;
  }
}
