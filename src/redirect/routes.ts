import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Bursts } from '../clicks/bursts.ts';
import type { EnrichmentParts } from '../clicks/enrich.ts';
import { enrich } from '../clicks/enrich.ts';
import { isOwnersVisit, takeOwnerMark } from '../clicks/owner-mark.ts';
import type { Recorder } from '../clicks/recorder.ts';
import { Unavailable } from '../errors.ts';
import { formatDate } from '../format.ts';
import { queryOf, withQuery } from '../links/destination.ts';
import { hostnameOf, type Sites } from '../plugins/sites.ts';
import type { Target } from './queries.ts';
import type { Resolver } from './resolve.ts';
import type { Traffic } from './traffic.ts';
import { UnknownSlugs } from './unknown-slugs.ts';

export type RedirectParts = EnrichmentParts & {
  sites: Sites;
  instanceDomainId: string;
  resolver: Resolver;
  recorder: Recorder;
  traffic: Traffic;
};

/**
 * Nothing of this may be kept: each visit is counted, each edit applies at once (RFC 9111, 5.2.2). No cookie, and no
 * header that belongs to the dashboard: these hosts are our customers'.
 */
const redirectHeaders = { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' };

const pageHeaders = {
  ...redirectHeaders,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

const otherMethods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What a handler gives back: a reply it has sent, or a page to send. */
type Answer = FastifyReply | string;

/** Everything that a visitor can meet on a host that serves short links. */
export default async function redirectRoutes(app: FastifyInstance, parts: RedirectParts): Promise<void> {
  const { resolver, recorder, sites, instanceDomainId, traffic } = parts;
  const { outcomes, hits, lookups } = traffic;
  const enrichment = { ...parts, bursts: new Bursts() };
  const unknownSlugs = new UnknownSlugs();

  app.get<{ Params: { slug: string } }>('/:slug', (request, reply) => {
    const { slug } = request.params;
    const domainId = sites.isOwnShortHost(request.headers.host) ? instanceDomainId : undefined;
    const target = domainId === undefined ? undefined : resolver.recall(domainId, slug);
    if (target?.state !== 'active') return lookUp(request, reply, slug, domainId);
    lookups.memory++;
    return follow(request, reply, target);
  });

  // A logger for each request costs more than finding the link, and is needed by hardly any.
  app.setChildLoggerFactory((logger) => logger);

  // What a body holds is nobody's business here, and reading it is work that a stranger could ask for.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => {
    body.resume();
    done(null);
  });

  app.setErrorHandler((error, request, reply) => {
    outcomes.unavailable++;
    return showUnavailable(error, request, reply);
  });
  app.route({
    method: otherMethods,
    url: '/:slug',
    handler(_request, reply) {
      outcomes.method++;
      return refuseMethod(reply);
    },
  });

  /** The common path, from memory: enrich, wait for the commit, redirect. */
  async function follow(request: FastifyRequest, reply: FastifyReply, target: Target): Promise<FastifyReply> {
    const now = new Date();
    const { rawQuery, mark } = takeOwnerMark(queryOf(request.url));
    const isOwner = isOwnersVisit({ mark, referer: request.headers.referer }, app.config, target.workspaceId, now);
    const visit = { method: request.method, headers: request.headers, address: request.ip, rawQuery, isOwner };
    const hit = enrich(visit, target, now, enrichment);
    hits[hit.class]++;
    await recorder.record(hit);
    outcomes.redirected++;
    return reply.code(302).headers(redirectHeaders).header('location', withQuery(target.location, rawQuery)).send();
  }

  /** Order of evaluation: host, slug, gone, preview, redirect. */
  async function lookUp(
    request: FastifyRequest,
    reply: FastifyReply,
    slug: string,
    ownDomainId: string | undefined,
  ): Promise<Answer> {
    const domainId = ownDomainId ?? (await resolver.findDomain(hostnameOf(request.headers.host)));
    if (domainId === null) return refuseUnknownHost(reply, traffic);
    const isPreview = slug.endsWith('+');
    // No slug has a NUL, and Postgres refuses it.
    const target = slug.includes('\0') ? undefined : await findTarget(domainId, isPreview ? slug.slice(0, -1) : slug);
    if (!target) return refuseUnknown(request, reply);
    if (target.state === 'gone') return showExpired(request, reply);
    if (isPreview) return showPreview(request, reply, target);
    return follow(request, reply, target);
  }

  function findTarget(domainId: string, slug: string): Target | Promise<Target | undefined> {
    const known = resolver.recall(domainId, slug);
    if (known) lookups.memory++;
    else lookups.database++;
    return known ?? resolver.findTarget(domainId, slug);
  }

  async function refuseUnknown(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
    const waitSeconds = unknownSlugs.count(request.ip, Date.now());
    if (waitSeconds === 0) return showNotFound(request, reply, traffic);
    outcomes.limited++;
    reply.code(429).headers({ ...pageHeaders, 'retry-after': String(waitSeconds) });
    return reply.viewAsync('redirect/limited.eta', { address: addressOf(request) });
  }

  async function showExpired(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
    outcomes.gone++;
    reply.code(410).headers(pageHeaders);
    return reply.viewAsync('redirect/expired.eta', { address: addressOf(request) });
  }

  async function showPreview(request: FastifyRequest, reply: FastifyReply, target: Target): Promise<Answer> {
    outcomes.preview++;
    reply.headers(pageHeaders);
    return reply.viewAsync('redirect/preview.eta', {
      address: addressOf(request).replace(/\+$/, ''),
      destination: target.url,
      destinationHost: new URL(target.location).host,
      createdOn: formatDate(target.createdAt, target.timeZone),
      continueHref: `/${encodeURIComponent(target.slug)}`,
    });
  }
}

/** A host that is nobody's learns nothing from us. */
function refuseUnknownHost(reply: FastifyReply, { outcomes }: Traffic): FastifyReply {
  outcomes['unknown-host']++;
  return reply.code(404).headers(redirectHeaders).type('text/plain; charset=utf-8').send('Not found\n');
}

/** RFC 9110, 15.5.6: a 405 says what is allowed. */
function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply
    .code(405)
    .headers({ ...redirectHeaders, allow: 'GET, HEAD' })
    .type('text/plain; charset=utf-8')
    .send('Method not allowed\n');
}

/** The address as the visitor sees it, without scheme and query, and without marks that would turn it round. */
const addressOf = (request: FastifyRequest): string => {
  const path = request.url.split('?', 1)[0] ?? '';
  return `${request.headers.host ?? ''}${decoded(path)}`.replace(/\p{Bidi_Control}/gu, '').slice(0, 200);
};

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function showNotFound(request: FastifyRequest, reply: FastifyReply, { outcomes }: Traffic): Promise<Answer> {
  outcomes['not-found']++;
  reply.code(404).headers(pageHeaders);
  return reply.viewAsync('redirect/not-found.eta', { address: addressOf(request) });
}

/** The database is away and this link is not in memory, or something broke: the visitor may come back. */
async function showUnavailable(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  if (!(error instanceof Unavailable))
    request.log.error({ requestId: request.id, err: error }, 'a visitor could not be answered');
  reply.code(503).headers({ ...pageHeaders, 'retry-after': '5' });
  return reply.viewAsync('redirect/unavailable.eta', { address: addressOf(request) });
}

/** What is not a slug at all: the root, deeper paths, broken escapes. */
export async function answerStray(request: FastifyRequest, reply: FastifyReply, parts: RedirectParts): Promise<Answer> {
  const isOurs =
    parts.sites.isOwnShortHost(request.headers.host) ||
    (await parts.resolver.findDomain(hostnameOf(request.headers.host))) !== null;
  return isOurs ? showNotFound(request, reply, parts.traffic) : refuseUnknownHost(reply, parts.traffic);
}
