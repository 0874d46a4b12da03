import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatDate } from '../../ground/text/format.ts';
import { decoded, queryOf } from '../../ground/addresses/destination.ts';
import { isWellKnownFile } from './reserved-slugs.ts';
import { fillPlaceholders, type Host } from './host.ts';
import type { OpenedPage } from '../openings/opening.ts';
import type { Plan } from '../routing/plan.ts';

/** The result of a handler: a reply it has sent, or a page to send. */
export type Answer = FastifyReply | string;

/** Of answers that no host is known for. */
const plainHeaders = { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' };

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** A bare host that leads nowhere says whose it is. */
export function showRoot(request: FastifyRequest, reply: FastifyReply, host: Host): Promise<Answer> {
  return show(request, reply, host, 'visitors/redirect/root.eta');
}

/** Leads to where the domain's admin wants unknown slugs, else shows a page. */
export async function showNotFound(request: FastifyRequest, reply: FastifyReply, host: Host): Promise<Answer> {
  if (host.notFoundUrl === null) return show(request, reply.code(404), host, 'visitors/redirect/not-found.eta');
  // Programs ask for these, and would take what a page elsewhere says for ours.
  if (isWellKnownFile(pathOf(request))) return refuseFile(reply, host);
  return leadTo(host.notFoundUrl, request, reply, host);
}

/** Leads to the address that is meant for visitors of links that have ended, else shows a page. */
export async function showExpired(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  address: string | null,
): Promise<Answer> {
  if (address !== null) return leadTo(address, request, reply, host);
  return show(request, reply.code(410), host, 'visitors/redirect/expired.eta');
}

/** A page of what a slug opens. */
export function showOpened(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  { slug, createdAt, timeZone }: Plan,
  { template, data }: OpenedPage,
): Promise<Answer> {
  return show(request, reply, host, template, {
    ...data,
    address: `${request.headers.host ?? ''}/${slug}`,
    createdOn: formatDate(new Date(createdAt), timeZone),
    continueHref: `/${encodeURIComponent(slug)}`,
  });
}

/** Many slugs that nobody has were asked for from one network. */
export function showLimited(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  waitSeconds: number,
): Promise<Answer> {
  return show(
    request,
    reply.code(429).header('retry-after', String(waitSeconds)),
    host,
    'visitors/redirect/limited.eta',
  );
}

/** The database is away, or something broke: the visitor may come back. */
export async function showUnavailable(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  reply.code(503).headers({ ...plainHeaders, ...pageHeaders, 'retry-after': '5' });
  return reply.viewAsync('visitors/redirect/unavailable.eta', { address: addressOf(request) });
}

/** A host that is nobody's learns nothing from us. */
export function refuseUnknownHost(reply: FastifyReply): FastifyReply {
  return reply.code(404).headers(plainHeaders).type('text/plain; charset=utf-8').send('Not found\n');
}

/** A file that programs look for, on a host that has none. */
export const refuseFile = (reply: FastifyReply, { headers }: Host): FastifyReply =>
  reply.code(404).headers(headers).type('text/plain; charset=utf-8').send('Not found\n');

/** A request that is at fault itself. */
export const refuse = (reply: FastifyReply, status: number): FastifyReply =>
  reply.code(status).headers(plainHeaders).type('text/plain; charset=utf-8').send('Not available\n');

/** RFC 9110, 15.5.6: a 405 says what is allowed. */
export function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply
    .code(405)
    .headers({ ...plainHeaders, allow: 'GET, HEAD' })
    .type('text/plain; charset=utf-8')
    .send('Method not allowed\n');
}

/** To an address of the domain's own settings: always 302, because it is not what the link says. */
export function leadTo(address: string, request: FastifyRequest, reply: FastifyReply, host: Host): FastifyReply {
  const visited = { path: pathOf(request), query: queryOf(request.url) };
  return reply.code(302).headers(host.headers).header('location', fillPlaceholders(address, visited)).send();
}

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  template: string,
  data: Record<string, unknown> = {},
): Promise<Answer> {
  reply.headers(host.headers).headers(pageHeaders);
  const { brandName: brand, brandColor, logoHash, isIndexed } = host;
  return reply.viewAsync(template, { address: addressOf(request), brand, brandColor, logoHash, isIndexed, ...data });
}

/** The address as the visitor sees it, without scheme and query, and without marks that would turn it round. */
const addressOf = (request: FastifyRequest): string =>
  `${request.headers.host ?? ''}${decoded(pathOf(request))}`.replace(/\p{Bidi_Control}/gu, '').slice(0, 200);

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';
