import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { brandStyle } from './brand.ts';
import type { Host } from './host.ts';
import { type Answer, leadTo, refuseFile, refuseUnknownHost, showNotFound, showRoot } from './pages.ts';
import { findLogo } from './queries.ts';
import { answerBroken, hostOfRequest, type RedirectParts } from './routes.ts';

/** Nobody is kept out: who may not come in reads no `noindex` (RFC 9309 is about visits), and makes no preview of a link. */
const defaultRobots = 'User-agent: *\nDisallow:\n';

/** Addresses that change with what is there. */
const keptForEver = { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' };

/** Logos kept in memory, in bytes all together: a flood of questions for one is no flood of the database. */
const maxLogoBytes = 20_000_000;

type Logo = NonNullable<Awaited<ReturnType<typeof findLogo>>>;

/** The files of a customer's domain besides links: its root, and the files that browsers, crawlers and apps look for. */
export default async function hostFiles(app: FastifyInstance, parts: RedirectParts): Promise<void> {
  const { sites } = parts;
  const { outcomes } = parts.traffic;
  const logos = new LRUCache<string, Logo, string>({
    maxSize: maxLogoBytes,
    sizeCalculation: ({ bytes }) => bytes.length,
    fetchMethod: async (hash, _stale, { context }) => {
      const logo = await findLogo(app.db, context);
      return logo?.hash === hash ? logo : undefined;
    },
  });
  app.setChildLoggerFactory((logger) => logger);
  app.setErrorHandler((error, request, reply) => answerBroken(error, request, reply, parts));

  app.get('/', (request, reply) =>
    answer(request, reply, (host) =>
      host.rootUrl === null ? showRoot(request, reply, host) : leadTo(host.rootUrl, request, reply, host),
    ),
  );

  serve('/robots.txt', 'text/plain; charset=utf-8', (host) => host.robotsTxt ?? defaultRobots);
  // Both without redirect, as JSON (Apple, "Supporting associated domains"; Google, "Verify Android App Links").
  serve('/.well-known/apple-app-site-association', 'application/json', (host) => host.appleAppSiteAssociation);
  serve('/.well-known/assetlinks.json', 'application/json', (host) => host.assetLinks);

  // The colour stands in the address, so that the file may be kept for ever.
  app.get<{ Params: { color: string } }>('/assets/brand/:color(^[0-9a-f]{6}$).css', (request, reply) =>
    answer(request, reply, () =>
      reply.headers(keptForEver).type('text/css; charset=utf-8').send(brandStyle(request.params.color)),
    ),
  );

  // So does the hash of the logo. Nobody but its own domain serves it.
  app.get<{ Params: { hash: string } }>('/assets/brand/logo/:hash(^[0-9a-f]{32}$)', (request, reply) =>
    answer(request, reply, async (host) => {
      const { hash } = request.params;
      const logo = host.logoHash === hash ? await logos.fetch(hash, { context: host.domainId }) : undefined;
      if (!logo) return refuseFile(reply, host);
      return reply
        .headers({ ...keptForEver, 'content-security-policy': "default-src 'none'" })
        .type(logo.type)
        .send(logo.bytes);
    }),
  );

  function serve(path: string, type: string, textOf: (host: Host) => string | null): void {
    app.get(path, (request, reply) =>
      answer(request, reply, (host) => {
        const text = textOf(host);
        if (text === null) return refuseFile(reply, host);
        return reply
          .headers({ ...host.headers, 'x-content-type-options': 'nosniff' })
          .type(type)
          .send(text);
      }),
    );
  }

  /** The instance's own short host has none of this. */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    show: (host: Host) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const host = await hostOfRequest(request, parts);
    if (!host) {
      outcomes['unknown-host']++;
      return refuseUnknownHost(reply);
    }
    if (sites.isOwnShortHost(request.headers.host)) {
      outcomes['not-found']++;
      return showNotFound(request, reply, host);
    }
    outcomes['host-page']++;
    return show(host);
  }
}
