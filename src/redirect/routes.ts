import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EnrichmentParts } from '../clicks/enrich.ts';
import { enrich } from '../clicks/enrich.ts';
import type { Recorder } from '../clicks/recorder.ts';
import { Unavailable } from '../errors.ts';
import { formatDate } from '../format.ts';
import { queryOf, withQuery } from '../links/destination.ts';
import { hostnameOf, type Sites } from '../plugins/sites.ts';
import type { Resolver, Target } from './resolve.ts';

export type RedirectParts = EnrichmentParts & {
  sites: Sites;
  instanceDomainId: string;
  resolver: Resolver;
  recorder: Recorder;
};

/**
 * Nothing of this may be kept: each visit is counted, each edit applies at once (RFC 9111, 5.2.2). No cookie, and no
 * header that belongs to the dashboard: these hosts are our customers'.
 */
const redirectHeaders = { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' };

const pageHeaders = {
  ...redirectHeaders,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

const otherMethods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What a handler gives back: a reply it has sent, or a page to send. */
type Answer = FastifyReply | string;

/** Everything that a visitor can meet on a host that serves short links. */
export default async function redirectRoutes(app: FastifyInstance, parts: RedirectParts): Promise<void> {
  const { resolver, recorder, sites, instanceDomainId } = parts;

  app.get<{ Params: { slug: string } }>('/:slug', (request, reply) => {
    const { slug } = request.params;
    const domainId = sites.isOwnShortHost(request.headers.host) ? instanceDomainId : undefined;
    const target = domainId === undefined ? undefined : resolver.recall(domainId, slug);
    return target?.state === 'active' ? follow(request, reply, target) : lookUp(request, reply, slug, domainId);
  });

  app.setErrorHandler(showUnavailable);
  app.route({ method: otherMethods, url: '/:slug', handler: refuseMethod });

  /** The common path, from memory: enrich, wait for the commit, redirect. */
  async function follow(request: FastifyRequest, reply: FastifyReply, target: Target): Promise<FastifyReply> {
    const rawQuery = queryOf(request.url);
    const visit = { method: request.method, headers: request.headers, address: request.ip, rawQuery };
    await recorder.record(enrich(visit, target, new Date(), parts));
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
    if (domainId === null) return refuseUnknownHost(reply);
    if (slug.includes('\0')) return showNotFound(request, reply); // no slug has one, and Postgres refuses it
    const isPreview = slug.endsWith('+');
    const target = await resolver.findTarget(domainId, isPreview ? slug.slice(0, -1) : slug);
    if (!target) return showNotFound(request, reply);
    if (target.state === 'gone') return showExpired(request, reply);
    if (isPreview) return showPreview(request, reply, target);
    return follow(request, reply, target);
  }
}

/** A host that is nobody's learns nothing from us. */
function refuseUnknownHost(reply: FastifyReply): FastifyReply {
  return reply.code(404).headers(redirectHeaders).type('text/plain; charset=utf-8').send('Not found\n');
}

/** RFC 9110, 15.5.6: a 405 says what is allowed. */
async function refuseMethod(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply
    .code(405)
    .headers({ ...redirectHeaders, allow: 'GET, HEAD' })
    .type('text/plain; charset=utf-8')
    .send('Method not allowed\n');
}

/** The address as the visitor sees it, without scheme and query. */
const addressOf = (request: FastifyRequest): string => {
  const path = request.url.split('?', 1)[0] ?? '';
  return `${request.headers.host ?? ''}${decoded(path)}`.slice(0, 200);
};

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function showNotFound(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  reply.code(404).headers(pageHeaders);
  return reply.viewAsync('redirect/not-found.eta', { address: addressOf(request) });
}

async function showExpired(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  reply.code(410).headers(pageHeaders);
  return reply.viewAsync('redirect/expired.eta', { address: addressOf(request) });
}

/** The database is away and this link is not in memory, or something broke: the visitor may come back. */
async function showUnavailable(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  if (!(error instanceof Unavailable)) request.log.error({ err: error }, 'a visitor could not be answered');
  reply.code(503).headers({ ...pageHeaders, 'retry-after': '5' });
  return reply.viewAsync('redirect/unavailable.eta', { address: addressOf(request) });
}

async function showPreview(request: FastifyRequest, reply: FastifyReply, target: Target): Promise<Answer> {
  reply.headers(pageHeaders);
  return reply.viewAsync('redirect/preview.eta', {
    address: addressOf(request).replace(/\+$/, ''),
    destination: target.url,
    destinationHost: new URL(target.location).host,
    linkTitle: target.title,
    createdOn: formatDate(target.createdAt, target.timeZone),
    continueHref: `/${encodeURIComponent(target.slug)}`,
  });
}

/** What is not a slug at all: the root, deeper paths, broken escapes. */
export async function answerStray(request: FastifyRequest, reply: FastifyReply, parts: RedirectParts): Promise<Answer> {
  const isOurs =
    parts.sites.isOwnShortHost(request.headers.host) ||
    (await parts.resolver.findDomain(hostnameOf(request.headers.host))) !== null;
  return isOurs ? showNotFound(request, reply) : refuseUnknownHost(reply);
}
