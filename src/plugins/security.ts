import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Forbidden, NotFound } from '../errors.ts';

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

const headers = {
  // Pages hold what is nobody else's business; what may be kept (assets, QR codes) says so itself.
  'cache-control': 'private, no-store',
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), browsing-topics=()',
};

/** Headers of the dashboard and the API; short hosts have their own few, because they are our customers'. */
export function securityHeaders(isHttps: boolean): Record<string, string> {
  return isHttps ? { ...headers, 'strict-transport-security': 'max-age=31536000' } : headers;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A form of ours is sent from a page of ours: browsers say so in Sec-Fetch-Site or Origin, which no script can change.
 * Requests that carry neither come from programs, which hold no cookie of anybody. Together with SameSite=Lax cookies
 * this is what keeps other sites from posting for our users (OWASP CSRF cheat sheet, "Fetch Metadata").
 * @throws Forbidden
 */
function refuseForeignForms(request: FastifyRequest): void {
  if (safeMethods.has(request.method)) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignForm();
  const origin = request.headers.origin;
  if (origin !== undefined && hostOf(origin) !== request.headers.host?.toLowerCase()) throw foreignForm();
}

function foreignForm(): Forbidden {
  return new Forbidden('This form was sent from another site. Open the page here and send it again.');
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

async function security(app: FastifyInstance, options: { isHttps: boolean }): Promise<void> {
  const all = securityHeaders(options.isHttps);
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(all);
    // Postgres takes no NUL in text, and no address of ours has one.
    if (request.url.includes('%00')) throw new NotFound();
    refuseForeignForms(request);
  });
}

export default fp(security, { name: 'security' });
