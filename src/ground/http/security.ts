import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Forbidden, NotFound } from '../text/errors.ts';
import { forwardedScheme, type IsProxy } from './proxies.ts';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Lets a page show others of this site in frames; each of them says itself whether it may be shown so. */
export const allowOwnFrames = (reply: FastifyReply): FastifyReply =>
  reply.header('content-security-policy', `${contentSecurityPolicy}; frame-src 'self'`);

const headers = {
  // Pages hold what is nobody else's business; what may be kept (assets, QR codes) says so itself.
  'cache-control': 'private, no-store',
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), browsing-topics=()',
};

/** Browsers take these over HTTPS alone; elsewhere Chromium complains of the first one on each page. */
const headersOverHttps = {
  ...headers,
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};

/** Headers of the dashboard and the API; short hosts have their own few, because they are our customers'. */
export function securityHeaders(isHttps: boolean): Record<string, string> {
  return isHttps ? headersOverHttps : headers;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A form of ours is sent from a page of ours: browsers say so in Sec-Fetch-Site or Origin, which no script can change, and
 * old ones in Referer. Requests that carry none of them come from programs, which hold no cookie of anybody. Together with
 * SameSite=Lax cookies this keeps other sites from posting for our users (OWASP CSRF cheat sheet, "Fetch Metadata").
 * @throws Forbidden
 */
function refuseForeignForms(request: FastifyRequest, appUrl: string, isProxy: IsProxy): void {
  if (safeMethods.has(request.method)) return;
  const { 'sec-fetch-site': site, origin, referer, host, authorization } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignForm();
  // A trusted proxy may speak HTTPS with the browser although APP_URL says HTTP.
  const isHttps = appUrl.startsWith('https:') || forwardedScheme(request.raw, isProxy) === 'https';
  const own = originOf(`${isHttps ? 'https' : 'http'}://${host}`);
  // By HTTP in front of HTTPS: another origin as well (RFC 6454, 4), which one may be told how to leave.
  if (origin?.startsWith('http:') && appUrl.startsWith('https:') && originOf(origin.replace('http:', 'https:')) === own)
    throw unprotected(appUrl);
  if (origin !== undefined && originOf(origin) !== own) throw foreignForm();
  // A key stands for itself: no browser adds it to the form of another site.
  if (site !== undefined || origin !== undefined || !referer || authorization !== undefined) return;
  if (originOf(referer) !== own) throw foreignForm();
}

/** Browsers keep no cookie of ours over plain HTTP: a log-in would lead back to the log-in without a word. */
const unprotected = (appUrl: string) =>
  new Forbidden(`This page was opened by http, where nobody can log in. Open ${appUrl} instead.`);

/**
 * Leads whoever came over plain HTTP, by the word of a proxy of ours, to where log-ins work. Browsers send Sec-Fetch-Site
 * over HTTPS alone: a proxy that is itself behind HTTPS and says http must not send them round in circles.
 * @returns the address to go to
 */
function protectedAddress(request: FastifyRequest, appUrl: string, isProxy: IsProxy): string | undefined {
  if (request.url.startsWith('/api/') || request.headers['sec-fetch-site'] !== undefined) return undefined;
  if (!appUrl.startsWith('https:') || forwardedScheme(request.raw, isProxy) !== 'http') return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unprotected(appUrl);
  return `${appUrl}${request.url}`;
}

function foreignForm(): Forbidden {
  return new Forbidden('This form was sent from another site. Open the page here and send it again.');
}

/** 'null' for what is no address of HTTP: no page of ours has that origin. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : 'null';
}

async function security(app: FastifyInstance, { isProxy }: { isProxy: IsProxy }): Promise<void> {
  const { appUrl } = app.config;
  const all = securityHeaders(appUrl.startsWith('https:'));
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(all);
    // Postgres takes no NUL in text, and no address of ours has one.
    if (request.url.includes('%00')) throw new NotFound();
    const address = protectedAddress(request, appUrl, isProxy);
    if (address !== undefined) return reply.redirect(address, 302);
    refuseForeignForms(request, appUrl, isProxy);
    return undefined;
  });
}

export default fp(security, { name: 'security' });
