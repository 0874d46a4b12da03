import compress from '@fastify/compress';
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import accountRoutes from './accounts/routes.ts';
import session from './accounts/session.ts';
import { dimensions } from './analytics/dimensions.ts';
import analyticsApi from './analytics/api.ts';
import savedViewsApi from './analytics/saved-views-api.ts';
import analyticsRoutes from './analytics/routes.ts';
import apiFace from './api/face.ts';
import document from './api/document.ts';
import keyPages from './api/key-pages.ts';
import referenceRoutes from './api/reference.ts';
import campaignsApi from './campaigns/api.ts';
import campaignRoutes from './campaigns/routes.ts';
import type { Geo } from './clicks/geo.ts';
import type { Recorder } from './clicks/recorder.ts';
import type { Salts } from './clicks/salts.ts';
import type { Sweeps } from './clicks/sweeps.ts';
import type { Config } from './config.ts';
import type { Db } from './db/db.ts';
import { openDns } from './domains/dns.ts';
import { listTroubledDomains } from './domains/claims.ts';
import { listDomains } from './domains/queries.ts';
import domainsApi from './domains/api.ts';
import domainRoutes from './domains/routes.ts';
import logoRoutes from './domains/logo-routes.ts';
import domainSettingsApi from './domains/settings-api.ts';
import domainSettingsRoutes from './domains/settings-routes.ts';
import { LimitReached, Unavailable } from './errors.ts';
import hitsApi from './exports/api.ts';
import exportRoutes from './exports/routes.ts';
import type { Readiness } from './health/readiness.ts';
import { healthRoutes, metricsRoutes } from './health/routes.ts';
import linkApi from './links/api.ts';
import { applyCasePolicy } from './links/case-policy.ts';
import { readDestination } from './links/destination.ts';
import linkRoutes from './links/routes.ts';
import { shortUrlOf } from './links/short-url.ts';
import type { Departures } from './live/departures.ts';
import liveRoutes from './live/routes.ts';
import type { Mailer } from './mail/mailer.ts';
import outboxRoutes from './outbox/routes.ts';
import mailingRoutes from './mailings/routes.ts';
import { networkOf } from './network.ts';
import homeRoutes from './pages/routes.ts';
import assets from './assets/serve.ts';
import context from './plugins/context.ts';
import cookies from './plugins/cookies.ts';
import failures, { refuseBrokenAddress, refuseRequest, refuseUnknownPage } from './plugins/failures.ts';
import forms from './plugins/forms.ts';
import { httpLimits, maxConnections } from './plugins/limits.ts';
import { logOptions, logRequests } from './plugins/logging.ts';
import once from './http/once.ts';
import { addressOf, knowProxies, noteAddress } from './http/proxies.ts';
import networkLimits from './http/network-limits.ts';
import { collectReservedSlugs } from './redirect/reserved-slugs.ts';
import { sentenceOf } from './plugins/sentences.ts';
import security, { securityHeaders } from './plugins/security.ts';
import { hasSecondHost, knowSites, serveOn, siteRouting, takeTarget } from './plugins/sites.ts';
import spoolBanner, { type Spooled } from './plugins/spool-banner.ts';
import views from './plugins/views.ts';
import qrApi from './qr/api.ts';
import qrRoutes from './qr/routes.ts';
import pageFiles from './redirect/page-files.ts';
import hostFiles from './redirect/host-files.ts';
import type { Resolver } from './redirect/resolve.ts';
import { tlsQuestion } from './redirect/tls-allowed.ts';
import redirectRoutes, { answerStray, type RedirectParts } from './redirect/routes.ts';
import type { Traffic } from './redirect/traffic.ts';
import sharingRoutes from './sharing/routes.ts';
import workspaceRoutes from './workspaces/routes.ts';

export type AppParts = {
  config: Config;
  db: Db;
  instanceDomainId: string;
  mailer: Mailer;
  geo: Geo;
  salts: Salts;
  sweeps: Sweeps;
  resolver: Resolver;
  recorder: Recorder;
  traffic: Traffic;
  departures: Departures;
  /** True from the moment a stop is asked for, while requests are still answered. */
  isStopping: () => boolean;
  spooled: () => Spooled;
  readiness: () => Readiness;
  readMetrics: () => Promise<string>;
};

/** Of routes that name a limit in their `config`. */
const rateLimits: RateLimitPluginOptions = {
  global: false,
  enableDraftSpec: true,
  keyGenerator: (request) => networkOf(addressOf(request)),
  errorResponseBuilder: (_request, { after }) => new LimitReached(`Too many requests. Try again in ${after}.`),
};

/** The whole server, ready to listen: the same for production and for tests. This is the table of contents. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config } = parts;
  const sites = knowSites(config);
  const dns = openDns(config.dnsServers);
  const isHttps = config.appUrl.startsWith('https:');
  const isProxy = knowProxies(config.trustProxy);
  const app = fastify({
    ...logOptions(config, isProxy),
    ...httpLimits,
    routerOptions: siteRouting(sites),
    rewriteUrl(request) {
      noteAddress(request, isProxy);
      return takeTarget(request);
    },
    frameworkErrors: refuseBrokenAddress,
  });
  app.server.maxConnections = maxConnections;
  // Node remembers a peer that was read once: after a reset there is none to read.
  app.server.on('connection', ({ remoteAddress }) => void remoteAddress);
  app.addHook('onRequest', (request, reply, done) => {
    // A balancer that keeps connections must not choose one that is about to close (RFC 9112, 9.6).
    if (parts.isStopping()) reply.header('connection', 'close');
    return hasSecondHost(request.raw) ? refuseRequest(reply) : done();
  });
  if (config.logLevel === 'debug' || config.logLevel === 'trace') logRequests(app);
  z.config({ customError: sentenceOf });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const isReservedSlug = collectReservedSlugs(app, config.isSharedHost ? ['app', 'short'] : ['short']);
  await app.register(context, {
    ...parts,
    sites,
    isReservedSlug,
    troubledDomainsOf: (workspaceId) => listTroubledDomains(parts.db, workspaceId),
    hostsOf: async (workspaceId) => (await listDomains(parts.db, workspaceId)).map(({ host }) => host),
  });
  await app.register(views, { isCached: config.isProduction });
  await app.register(failures);
  await app.register(document);

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
    await short.register(redirectRoutes, { ...redirectParts, methodsAt: '/*' });
    await short.register(hostFiles, redirectParts);
    await short.register(healthRoutes, parts);
    await short.register(tlsQuestion, redirectParts);
    await short.register(pageFiles, redirectParts);
  });

  // What watches over the server is answered however busy it is.
  await app.register(async (watch) => {
    serveOn(watch, 'app');
    await watch.register(healthRoutes, parts);
    await watch.register(metricsRoutes, parts);
    await watch.register(tlsQuestion, redirectParts);
  });

  // Bytes that stay the same: styles, scripts, the reference of the API. They take no work, so that nothing puts them off.
  await app.register(async (fixed) => {
    serveOn(fixed, 'app');
    await fixed.register(security, { isProxy });
    await fixed.register(rateLimit, rateLimits);
    await fixed.register(assets);
    await fixed.register(referenceRoutes);
  });

  // The dashboard and the API. When the server has more to do than it can, they give way to the redirects.
  await app.register(async (dashboard) => {
    serveOn(dashboard, 'app');
    await dashboard.register(security, { isProxy });
    await dashboard.register(underPressure, {
      maxEventLoopDelay: config.yieldAfterMs,
      retryAfter: 5,
      customError: Unavailable,
    });
    await dashboard.register(networkLimits);
    await dashboard.register(rateLimit, rateLimits);
    await dashboard.register(compress, { encodings: ['br', 'gzip'] });
    await dashboard.register(cookies, { secret: config.secret, isHttps });
    await dashboard.register(forms);
    await dashboard.register(session);
    await dashboard.register(once);
    await dashboard.register(spoolBanner, parts);

    await dashboard.register(homeRoutes);
    await dashboard.register(accountRoutes);
    await dashboard.register(workspaceRoutes, { dimensions });
    await dashboard.register(linkRoutes);
    await dashboard.register(analyticsRoutes);
    await dashboard.register(campaignRoutes);
    await dashboard.register(liveRoutes, parts);
    await dashboard.register(exportRoutes);
    await dashboard.register(sharingRoutes);
    await dashboard.register(mailingRoutes);
    await dashboard.register(qrRoutes);
    await dashboard.register(domainRoutes, { dns });
    await dashboard.register(domainSettingsRoutes, { readDestination, shortUrlOf, applyCasePolicy });
    await dashboard.register(logoRoutes);
    await dashboard.register(outboxRoutes);
    await dashboard.register(keyPages);
    await dashboard.register(async (api) => {
      await api.register(apiFace);
      await api.register(linkApi);
      await api.register(campaignsApi);
      await api.register(domainsApi, { dns });
      await api.register(domainSettingsApi, { readDestination, applyCasePolicy });
      await api.register(qrApi);
      await api.register(analyticsApi);
      await api.register(savedViewsApi);
      await api.register(hitsApi);
    });
  });

  // One host for both: its first words belong to the dashboard, every other one is a slug.
  if (config.isSharedHost) {
    await app.register(async (shared) => {
      serveOn(shared, 'app');
      await shared.register(redirectRoutes, { ...redirectParts, methodsAt: '/:slug' });
    });
  }
  return app;
}
