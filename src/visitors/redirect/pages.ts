import type { FastifyReply, FastifyRequest } from 'fastify';
import { decoded, queryOf } from '../../ground/addresses/destination.ts';
import { isWellKnownFile } from './reserved-slugs.ts';
import { fillPlaceholders, type Host } from './host.ts';
import type { OpenedPage } from '../openings/opening.ts';
import type { Decision } from '../routing/decide.ts';
import type { Plan } from '../routing/plan.ts';
import { busyPage, endedPage, limitedPage, notFoundPage, openedPage, refusedPage, rootPage } from './page-list.ts';

/** The result of a handler: a reply it has sent, or a page to send. */
export type Answer = FastifyReply | string;

/** Of answers that no host is known for. */
const plainHeaders = { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' };

/** @param frameAncestors the pages that may show this one in a frame of theirs */
export const visitorPageHeaders = (frameAncestors: "'none'" | "'self'") => ({
  'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors ${frameAncestors}`,
  // In a header: Chrome takes a meta element for the policy of whoever parses the page, which the settings do.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});

/** All that layouts/visitor.eta puts around a page of visitors. */
export type Dressed = {
  /** The address as the visitor sees it. */
  address: string;
  brand: string | null;
  /** Addresses of the brand's stylesheet and its logo. */
  brandHref: string | null;
  logoSrc: string | null;
  isIndexed: boolean;
  /** Left out, it is the one that the visitor's system asks for. */
  look?: 'light' | 'dark' | undefined;
};

/** The page as markup. It needs no database. */
export const renderPage = ({ server }: FastifyRequest, { template, data }: OpenedPage, dress: Dressed) =>
  server.view(template, { ...dress, ...data });

/** A bare host that leads nowhere says whose it is. */
export function showRoot(request: FastifyRequest, reply: FastifyReply, host: Host): Promise<Answer> {
  return show(request, reply, host, rootPage, host.isIndexed);
}

/** Leads to where the domain's admin wants unknown slugs, else shows a page. */
export async function showNotFound(request: FastifyRequest, reply: FastifyReply, host: Host): Promise<Answer> {
  if (host.notFoundUrl === null) return show(request, reply.code(404), host, notFoundPage);
  // Programs ask for these, and would take what a page elsewhere says for ours.
  if (isWellKnownFile(pathOf(request))) return refuseFile(reply, host);
  return leadTo(host.notFoundUrl, request, reply, host);
}

/** The address for visitors of a link that has ended; null where they see a page. */
export const endedAddress = (host: Host, { leadsTo }: Decision<'ended'>): string | null => leadsTo ?? host.expiredUrl;

/** Leads to the address that is meant for visitors of links that have ended, else shows a page. */
export async function showEnded(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  decision: Decision<'ended'>,
): Promise<Answer> {
  const address = endedAddress(host, decision);
  if (address !== null) return leadTo(address, request, reply, host);
  return show(request, reply.code(410), host, endedPage(decision.why));
}

/** A page of what a slug opens. */
export function showOpened(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  plan: Plan,
  page: OpenedPage,
): Promise<Answer> {
  return show(request, reply, host, openedPage(page, plan, request.headers.host ?? ''));
}

/** Many slugs that nobody has were asked for from one network. */
export function showLimited(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host,
  waitSeconds: number,
): Promise<Answer> {
  reply.code(429).header('retry-after', String(waitSeconds));
  return show(request, reply, host, limitedPage(waitSeconds));
}

/**
 * The database is away, or something broke: the visitor may come back.
 * @param host undefined where memory does not know it
 */
export async function showUnavailable(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host | undefined,
): Promise<Answer> {
  return show(request, reply.code(503).header('retry-after', '5'), host, busyPage);
}

/** A host that is nobody's learns nothing from us. */
export function refuseUnknownHost(reply: FastifyReply): FastifyReply {
  return reply.code(404).headers(plainHeaders).type('text/plain; charset=utf-8').send('Not found\n');
}

/** A file that programs look for, on a host that has none. */
export const refuseFile = (reply: FastifyReply, { headers }: Host): FastifyReply =>
  reply.code(404).headers(headers).type('text/plain; charset=utf-8').send('Not found\n');

/**
 * A request that is at fault itself. People get a page where the host is known, programs a line.
 * @param status 400 to 499
 */
export async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  host: Host | null | undefined,
): Promise<Answer> {
  reply.code(status);
  // RFC 9110, 15.5.6: a 405 says what is allowed.
  if (status === 405) reply.header('allow', 'GET, HEAD');
  const page = host && asksForPage(request) ? refusedPage(status) : undefined;
  if (host && page) return show(request, reply, host, page);
  const words = status === 405 ? 'Method not allowed\n' : status === 400 ? 'Bad request\n' : 'Not available\n';
  return reply.headers(plainHeaders).type('text/plain; charset=utf-8').send(words);
}

/** Browsers say so when they open an address; programs, and scripts of pages, take anything. */
const asksForPage = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') ?? false;

/** To an address of the domain's own settings: always 302, because it is not what the link says. */
export function leadTo(address: string, request: FastifyRequest, reply: FastifyReply, host: Host): FastifyReply {
  const visited = { path: pathOf(request), query: queryOf(request.url) };
  return reply.code(302).headers(host.headers).header('location', fillPlaceholders(address, visited)).send();
}

/** Search engines may list the root alone: the other pages have no content of their own. */
function show(
  request: FastifyRequest,
  reply: FastifyReply,
  host: Host | undefined,
  page: OpenedPage,
  isIndexed = false,
): Promise<Answer> {
  reply
    .headers(host?.headers ?? plainHeaders)
    .headers(visitorPageHeaders("'none'"))
    .type('text/html; charset=utf-8');
  if (!isIndexed) reply.header('x-robots-tag', 'noindex');
  const { brandName = null, brandColor = null, logoHash = null } = host ?? {};
  return renderPage(request, page, {
    address: addressOf(request),
    brand: brandName,
    brandHref: brandColor && `/assets/brand/${brandColor.slice(1)}.css`,
    logoSrc: logoHash && `/assets/brand/logo/${logoHash}`,
    isIndexed,
  });
}

/** The address as the visitor sees it, without scheme and query, and without marks that would turn it round. */
const addressOf = (request: FastifyRequest): string =>
  `${request.headers.host ?? ''}${decoded(pathOf(request))}`.replace(/\p{Bidi_Control}/gu, '').slice(0, 200);

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';
