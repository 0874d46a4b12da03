import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Bursts } from '../machines/bursts.ts';
import { enrich, type Enriched, type EnrichmentParts } from '../clicks/enrich.ts';
import { isOwnersVisit, takeOwnerMark } from '../../ground/addresses/owner-mark.ts';
import type { Recorder } from '../clicks/recorder.ts';
import { Unavailable } from '../../ground/text/errors.ts';
import { queryOf } from '../../ground/addresses/destination.ts';
import { addressOf, forwardedScheme, knowProxies } from '../../ground/http/proxies.ts';
import { hasSecondHost, hostnameOf, type Sites } from '../../ground/http/sites.ts';
import { readAsked, withoutPunctuation } from './asked-slug.ts';
import { type Host, plainHost } from './host.ts';
import {
  type Answer,
  refuse,
  refuseUnknownHost,
  showEnded,
  showLimited,
  showNotFound,
  showOpened,
  showUnavailable,
} from './pages.ts';
import { decide, type Decision } from '../routing/decide.ts';
import type { Plan } from '../routing/plan.ts';
import { openingOf } from '../openings/list.ts';
import type { Opened } from '../openings/opening.ts';
import type { Visit } from '../visits/visit.ts';
import type { Resolver } from './resolve.ts';
import type { Traffic } from './traffic.ts';
import { openClickIds, withClickId } from '../conversions/click-id.ts';
import { UnknownSlugs } from './unknown-slugs.ts';

export type RedirectParts = EnrichmentParts & {
  sites: Sites;
  instanceDomainId: string;
  resolver: Resolver;
  recorder: Recorder;
  traffic: Traffic;
};

/** A visit to a slug that somebody has, and the reply to it. */
type Met = { request: FastifyRequest; reply: FastifyReply; host: Host; plan: Plan; visit: Visit };

type Answers = { [Kind in Decision['kind']]: (decision: Decision<Kind>, met: Met) => Promise<Answer> };

const otherMethods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Everything that a visitor can meet on a host that serves short links.
 * @param parts `methodsAt`: the paths where other methods than GET are refused; beside a dashboard the slugs alone
 */
export default async function redirectRoutes(
  app: FastifyInstance,
  { methodsAt, ...parts }: RedirectParts & { methodsAt: '/*' | '/:slug' },
): Promise<void> {
  const { resolver, recorder, sites, instanceDomainId } = parts;
  const { outcomes, hits, lookups } = parts.traffic;
  const enrichment = { ...parts, bursts: new Bursts() };
  const unknownSlugs = new UnknownSlugs();
  const clickIds = openClickIds(app.config.secret);
  const ownHost = plainHost(instanceDomainId);
  const isProxy = knowProxies(app.config.trustProxy);
  const [shortScheme] = app.config.shortUrl.split(':', 1);

  // The common path: host and plan are in memory, and nothing is waited for but the click.
  app.get<{ Params: { slug: string } }>('/:slug', (request, reply) => {
    const { slug } = request.params;
    const { host: name } = request.headers;
    const host = sites.isOwnShortHost(name) ? ownHost : resolver.recallHost(hostnameOf(name));
    const plan = host ? resolver.recall(host, slug) : undefined;
    if (!host || !plan) return lookUp(request, reply, slug, host);
    lookups.memory++;
    return answer(request, reply, host, plan, false);
  });

  // A logger for each request costs more than finding the link, and is needed by hardly any.
  app.setChildLoggerFactory((logger) => logger);

  app.setErrorHandler((error, request, reply) => answerBroken(error, request, reply, parts));
  // Answered before the body and its type are looked at: that is work, and the method alone decides (RFC 9110, 15.5.6).
  const refuseAtOnce = async (request: FastifyRequest, reply: FastifyReply) => {
    const page = await answerStray(request, reply, parts);
    return typeof page === 'string' ? reply.send(page) : reply;
  };
  app.route({ method: otherMethods, url: methodsAt, onRequest: refuseAtOnce, handler: refuseAtOnce });

  /** One answer for each kind of decision. */
  const answers: Answers = {
    async send(_decision, { plan, visit, host, request, reply }) {
      const opening = openingOf(plan.opens);
      const { hit, chosen } = readHit(visit, plan);
      if (hit) await recorder.record(hit);
      outcomes[opening.outcome]++;
      const given = opening.open(chosen, visit);
      if (typeof given !== 'string') return showOpened(request, reply, host, plan, given);
      const { clickIdName } = plan;
      const location = clickIdName === null ? given : withClickId(given, clickIdName, hit, visit, clickIds);
      return reply.code(host.redirectStatus).headers(host.headers).header('location', location).send();
    },
    preview(_decision, { plan, visit, host, request, reply }) {
      outcomes.preview++;
      const opening = openingOf(plan.opens);
      return showOpened(request, reply, host, plan, opening.preview(opening.choose(plan.opens, visit)));
    },
    ended(decision, { host, request, reply }) {
      outcomes.gone++;
      return showEnded(request, reply, host, decision);
    },
  };

  /** The one door: each visit to a slug that somebody has is decided by its plan, and answered as decided. */
  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    host: Host,
    plan: Plan,
    isPreview: boolean,
  ): Promise<Answer> {
    const visit = readVisit(request, plan, isPreview);
    return answerAs(decide(plan, visit), { request, reply, host, plan, visit });
  }

  const answerAs = <Kind extends Decision['kind']>(decision: Decision<Kind>, met: Met) =>
    answers[decision.kind](decision, met);

  function readVisit(request: FastifyRequest, { workspaceId }: Plan, isPreview: boolean): Visit {
    const { method, headers, url } = request;
    const { rawQuery, mark } = takeOwnerMark(queryOf(url));
    const at = new Date();
    const isOwner = mark !== null && isOwnersVisit({ mark, referer: headers.referer }, app.config, workspaceId, at);
    return {
      at,
      method,
      headers,
      address: addressOf(request),
      rawQuery,
      isPreview,
      isOwner,
      isSecure: isSecure(request),
    };
  }

  /** Undefined when it cannot be made, as in a time zone that this Node does not know: the visitor is sent on all the same. */
  function readHit(visit: Visit, plan: Plan): Enriched | { hit: undefined; chosen: Opened } {
    try {
      const enriched = enrich(visit, plan, plan.opens, enrichment);
      hits[enriched.hit.class]++;
      return enriched;
    } catch (error) {
      recorder.lose(error);
      return { hit: undefined, chosen: openingOf(plan.opens).choose(plan.opens, visit) };
    }
  }

  /** A proxy of ours knows best; where none says, visitors come as SHORT_URL is written. */
  const isSecure = ({ raw }: FastifyRequest): boolean => (forwardedScheme(raw, isProxy) ?? shortScheme) === 'https';

  /** Host and slug, where memory does not know both, or the slug is not written as it is kept. */
  async function lookUp(
    request: FastifyRequest,
    reply: FastifyReply,
    slug: string,
    known: Host | null | undefined,
  ): Promise<Answer> {
    const host = known === undefined ? await resolver.findHost(hostnameOf(request.headers.host)) : known;
    if (!host) {
      outcomes['unknown-host']++;
      return refuseUnknownHost(reply);
    }
    const { name, isPreview } = readAsked(slug);
    const plan = await findPlan(request, host, name);
    if (typeof plan === 'number') return refuseUnknown(request, reply, host, plan);
    return answer(request, reply, host, plan, isPreview);
  }

  /** The plan, or how many seconds this visitor is to wait before the next slug that nobody has. */
  function findPlan(request: FastifyRequest, host: Host, slug: string): Plan | Promise<Plan | number> {
    const known = resolver.recall(host, slug);
    if (known) {
      lookups.memory++;
      return known;
    }
    const find = async () => {
      lookups.database++;
      return (await resolver.findPlan(host, slug)) ?? findMeant(host, slug);
    };
    // A slug that was there a minute ago is no guess, whatever others of the visitor's network do.
    if (resolver.remembers(host, slug)) return find().then((plan) => plan ?? 0);
    return unknownSlugs.look(addressOf(request), Date.now(), find);
  }

  /** The link of a slug that took the end of its sentence along. */
  async function findMeant(host: Host, slug: string): Promise<Plan | undefined> {
    const meant = withoutPunctuation(slug);
    if (meant === slug || meant === '') return undefined;
    const known = resolver.recall(host, meant);
    if (known) return known;
    lookups.database++;
    return resolver.findPlan(host, meant);
  }

  function refuseUnknown(
    request: FastifyRequest,
    reply: FastifyReply,
    host: Host,
    waitSeconds: number,
  ): Promise<Answer> {
    outcomes[waitSeconds === 0 ? 'not-found' : 'limited']++;
    return waitSeconds === 0 ? showNotFound(request, reply, host) : showLimited(request, reply, host, waitSeconds);
  }
}

/**
 * The database is away and this is not in memory, or something broke. A request that is at fault itself is no outage. The
 * host is asked of memory alone.
 */
export async function answerBroken(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: RedirectParts,
): Promise<Answer> {
  const { outcomes } = parts.traffic;
  const { status, statusCode } = error as { status?: number; statusCode?: number };
  const fault = statusCode ?? status ?? 500;
  const host = recallHost(request, parts);
  if (fault >= 400 && fault < 500) return refuse(request, reply, fault, host);
  outcomes.unavailable++;
  if (!(error instanceof Unavailable))
    request.log.error({ requestId: request.id, err: error }, 'a visitor could not be answered');
  return showUnavailable(request, reply, host ?? undefined);
}

/** The host of a request, as far as memory knows: null when it is nobody's, undefined when memory does not say. */
function recallHost({ headers: { host } }: FastifyRequest, parts: RedirectParts): Host | null | undefined {
  if (parts.sites.isOwnShortHost(host)) return plainHost(parts.instanceDomainId);
  return parts.resolver.recallHost(hostnameOf(host));
}

/** The host of a request, by a look into the database where memory does not say; null when it is nobody's. */
export async function hostOfRequest(request: FastifyRequest, parts: RedirectParts): Promise<Host | null> {
  return recallHost(request, parts) ?? parts.resolver.findHost(hostnameOf(request.headers.host));
}

/** Answers requests that ask for no slug: deeper paths, broken escapes, methods of which the routes know nothing. */
export async function answerStray(request: FastifyRequest, reply: FastifyReply, parts: RedirectParts): Promise<Answer> {
  try {
    const { outcomes } = parts.traffic;
    const host = await hostOfRequest(request, parts);
    if (!host) {
      outcomes['unknown-host']++;
      return refuseUnknownHost(reply);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      outcomes.method++;
      return await refuse(request, reply, 405, host);
    }
    outcomes['not-found']++;
    return await showNotFound(request, reply, host);
  } catch (error) {
    return answerBroken(error, request, reply, parts);
  }
}

/** Answers an address that no router can read (RFC 3986, 2.1). No hook has looked at the request, nor at its host. */
export async function answerUnreadable(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: RedirectParts,
): Promise<void> {
  const host = hasSecondHost(request.raw) ? null : await hostOfRequest(request, parts).catch(() => null);
  const answer = await refuse(request, reply, 400, host);
  if (typeof answer === 'string') void reply.send(answer);
}
