import compress from '@fastify/compress';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import accountRoutes from './accounts/routes.ts';
import session from './accounts/session.ts';
import { dimensions } from './analytics/dimensions.ts';
import analyticsApi from './analytics/api.ts';
import analyticsRoutes from './analytics/routes.ts';
import apiFace from './api/face.ts';
import apiRoutes from './api/routes.ts';
import type { Geo } from './clicks/geo.ts';
import type { Recorder } from './clicks/recorder.ts';
import type { Salts } from './clicks/salts.ts';
import type { Config } from './config.ts';
import type { Db } from './db/db.ts';
import { LimitReached } from './errors.ts';
import healthRoutes from './health/routes.ts';
import linkApi from './links/api.ts';
import linkRoutes from './links/routes.ts';
import type { Mailer } from './mail/mailer.ts';
import mailRoutes from './mail/routes.ts';
import homeRoutes from './pages/routes.ts';
import assets from './plugins/assets.ts';
import context from './plugins/context.ts';
import failures, { refuseBrokenAddress, refuseUnknownPage } from './plugins/failures.ts';
import forms from './plugins/forms.ts';
import { collectReservedSlugs } from './plugins/reserved-slugs.ts';
import security, { securityHeaders } from './plugins/security.ts';
import { knowSites, serveOn, siteRouting } from './plugins/sites.ts';
import views from './plugins/views.ts';
import qrApi from './qr/api.ts';
import qrRoutes from './qr/routes.ts';
import type { Resolver } from './redirect/resolve.ts';
import redirectRoutes, { answerStray, type RedirectParts } from './redirect/routes.ts';
import workspaceRoutes from './workspaces/routes.ts';

export type AppParts = {
  config: Config;
  db: Db;
  instanceDomainId: string;
  mailer: Mailer;
  geo: Geo;
  salts: Salts;
  resolver: Resolver;
  recorder: Recorder;
};

/** The whole server, ready to listen: the same for production and for tests. This is the table of contents. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config } = parts;
  const sites = knowSites(config);
  const isHttps = config.appUrl.startsWith('https:');
  const app = fastify({
    logger: { level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    bodyLimit: 1024 * 1024,
    requestTimeout: 30_000,
    routerOptions: siteRouting(sites),
    frameworkErrors: refuseBrokenAddress,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const isReservedSlug = collectReservedSlugs(app, config.isSharedHost ? ['app', 'short'] : ['short']);
  await app.register(context, { ...parts, sites, isReservedSlug });
  await app.register(views, { isCached: config.isProduction });
  await app.register(failures);

  const redirectParts: RedirectParts = {
    ...parts,
    sites,
    ownHosts: new Set([config.appUrl, config.shortUrl].map((url) => new URL(url).hostname)),
  };
  app.setNotFoundHandler((request, reply) => {
    if (sites.siteOf(request.headers.host) === 'short') return answerStray(request, reply, redirectParts);
    reply.headers(securityHeaders(isHttps));
    return refuseUnknownPage(request);
  });

  // Short hosts: what visitors meet. Nothing of the dashboard is registered here.
  await app.register(async (short) => {
    serveOn(short, 'short');
    await short.register(redirectRoutes, redirectParts);
    await short.register(healthRoutes);
    await short.register(assets);
  });

  // The dashboard and the API.
  await app.register(async (dashboard) => {
    serveOn(dashboard, 'app');
    await dashboard.register(security, { isHttps });
    await dashboard.register(rateLimit, {
      global: false,
      enableDraftSpec: true,
      errorResponseBuilder: (_request, { after }) => new LimitReached(`Too many requests. Try again in ${after}.`),
    });
    await dashboard.register(compress, { encodings: ['br', 'gzip'] });
    await dashboard.register(forms, { secret: config.secret, isHttps });
    await dashboard.register(session);

    await dashboard.register(healthRoutes);
    await dashboard.register(assets);
    await dashboard.register(homeRoutes);
    await dashboard.register(accountRoutes);
    await dashboard.register(workspaceRoutes, { dimensions });
    await dashboard.register(linkRoutes);
    await dashboard.register(analyticsRoutes);
    await dashboard.register(qrRoutes);
    await dashboard.register(mailRoutes);
    await dashboard.register(apiRoutes);
    await dashboard.register(async (api) => {
      await api.register(apiFace);
      await api.register(linkApi);
      await api.register(qrApi);
      await api.register(analyticsApi);
    });
  });

  // One host for both: its first words belong to the dashboard, every other one is a slug.
  if (config.isSharedHost) {
    await app.register(async (shared) => {
      serveOn(shared, 'app');
      await shared.register(redirectRoutes, redirectParts);
    });
  }
  return app;
}
