import compress from '@fastify/compress';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import accountRoutes from './people/accounts/routes.ts';
import session from './people/accounts/session.ts';
import analyticsApi from './reports/pages/api.ts';
import replaysApi from './reports/replays/api.ts';
import ruleRoutes from './reports/rules/rule-routes.ts';
import testRoutes from './reports/tests/test-routes.ts';
import qrCodeRoutes from './reports/pages/qr-code-routes.ts';
import savedViewsApi from './reports/saved-views/saved-views-api.ts';
import analyticsRoutes from './reports/pages/routes.ts';
import apiFace from './people/keys/face.ts';
import keyPages from './people/keys/key-routes.ts';
import document from './people/reference/document.ts';
import referenceRoutes from './people/reference/routes.ts';
import campaignsApi from './reports/campaigns/api.ts';
import campaignPageRoutes from './reports/campaigns/campaign-routes.ts';
import campaignRoutes from './reports/campaigns/routes.ts';
import type { Geo } from './visitors/visits/geo.ts';
import type { Recorder } from './visitors/clicks/recorder.ts';
import type { Salts } from './visitors/visits/salts.ts';
import type { Sweeps } from './visitors/machines/sweeps.ts';
import type { Config } from './config.ts';
import type { Db } from './ground/db/db.ts';
import { openDns } from './domains/dns/dns.ts';
import domainsApi from './domains/domains/api.ts';
import domainRoutes from './domains/domains/routes.ts';
import domainRemovalRoutes from './domains/domains/removal-routes.ts';
import domainSettingsApi from './domains/domains/settings-api.ts';
import brandRoutes from './domains/settings/brand-routes.ts';
import domainSettingsRoutes from './domains/settings/settings-routes.ts';
import visitorPageRoutes from './domains/settings/visitor-page-routes.ts';
import { Unavailable } from './ground/text/errors.ts';
import hitsApi from './reports/exports/api.ts';
import exportRoutes from './reports/exports/routes.ts';
import type { Readiness } from './site/health/readiness.ts';
import { healthRoutes, metricsRoutes } from './site/health/routes.ts';
import linkApi from './links/pages/api.ts';
import { applyCasePolicy } from './links/links/case-policy.ts';
import { readDestination } from './ground/addresses/destination.ts';
import linkRoutes from './links/pages/routes.ts';
import creationRoutes from './links/creation/creation-routes.ts';
import simulatorApi from './links/simulator/api.ts';
import tryRoutes from './links/simulator/try-routes.ts';
import severalRoutes from './links/several/several-routes.ts';
import templateRoutes from './links/templates/template-routes.ts';
import { shortUrlOf } from './ground/addresses/short-url.ts';
import conversionsApi from './links/conversions/api.ts';
import goalRoutes from './links/conversions/goal-routes.ts';
import goalsApi from './links/conversions/goals-api.ts';
import postbackRoutes from './links/conversions/postback-routes.ts';
import type { Departures } from './reports/live/departures.ts';
import liveRoutes from './reports/live/routes.ts';
import type { Mailer } from './ground/mail/mailer.ts';
import outboxRoutes from './site/outbox/routes.ts';
import mailingRoutes from './reports/mailings/routes.ts';
import historyRoutes from './site/history/routes.ts';
import undoRoutes from './site/history/undo-routes.ts';
import homeRoutes from './site/pages/routes.ts';
import assets from './ground/assets/serve.ts';
import context from './site/frame/context.ts';
import cookies from './ground/http/cookies.ts';
import failures, {
  refuseBrokenAddress,
  refuseBytes,
  refuseRequest,
  refuseUnknownPage,
} from './ground/http/failures.ts';
import forms from './ground/http/forms.ts';
import { httpLimits, maxConnections } from './ground/http/limits.ts';
import { logOptions, logRequests } from './ground/http/logging.ts';
import once from './ground/http/once.ts';
import { knowProxies, noteAddress } from './ground/http/proxies.ts';
import networkLimits, { rateLimits } from './ground/http/network-limits.ts';
import { collectReservedSlugs } from './visitors/redirect/reserved-slugs.ts';
import { sentenceOf } from './ground/http/sentences.ts';
import security, { securityHeaders } from './ground/http/security.ts';
import { hasSecondHost, knowSites, ownHostsOf, serveOn, siteRouting, takeTarget } from './ground/http/sites.ts';
import searchRoutes from './site/search/routes.ts';
import spoolBanner, { type Spooled } from './site/frame/spool-banner.ts';
import views from './site/frame/views.ts';
import qrApi from './links/qr/api.ts';
import qrRoutes from './links/qr/routes.ts';
import pageFiles from './visitors/redirect/page-file-routes.ts';
import hostFiles from './visitors/redirect/host-file-routes.ts';
import type { Resolver } from './visitors/redirect/resolve.ts';
import { tlsQuestion } from './visitors/redirect/tls-allowed-routes.ts';
import redirectRoutes, { answerStray, answerUnreadable, type RedirectParts } from './visitors/redirect/routes.ts';
import type { Traffic } from './visitors/redirect/traffic.ts';
import sharingRoutes from './reports/sharing/routes.ts';
import workspaceDeletionRoutes from './people/workspaces/deletion-routes.ts';
import workspaceRoutes from './people/workspaces/routes.ts';
import bulkRoutes from './links/pages/bulk-routes.ts';
import setupRoutes from './links/setup/setup-routes.ts';
import tagRoutes from './links/pages/tag-routes.ts';
import compareRoutes from './reports/compare/compare-routes.ts';
import noteRoutes from './reports/notes/note-routes.ts';
import savedViewRoutes from './reports/saved-views/saved-view-routes.ts';
import publicReportRoutes from './reports/sharing/public-report-routes.ts';
import membersRoutes from './people/workspaces/members-routes.ts';
import invitationRoutes from './people/workspaces/invitation-routes.ts';
import mailedLinkRoutes from './people/accounts/mailed-link-routes.ts';
import profileRoutes from './people/accounts/profile-routes.ts';
import accountDeletionRoutes from './people/accounts/deletion-routes.ts';
import securityRoutes from './people/accounts/security-routes.ts';

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
    clientErrorHandler: refuseBytes,
    frameworkErrors(error, request, reply) {
      if (sites.siteOf(request.headers.host) === 'app') refuseBrokenAddress(error, request, reply);
      else void answerUnreadable(request, reply, redirectParts);
    },
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
  await app.register(context, { ...parts, sites, isReservedSlug });
  await app.register(views, { isCached: config.isProduction, isStrict: config.isStrict });
  await app.register(failures);
  await app.register(document);

  const redirectParts: RedirectParts = { ...parts, sites, ownHosts: ownHostsOf(config) };
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

  // Health and metrics must answer even under overload, so they are registered outside under-pressure.
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

  // The ways of conversions that pages of others and networks call: without cookies, each with a limit of its own.
  await app.register(async (open) => {
    serveOn(open, 'app');
    await open.register(networkLimits);
    await open.register(rateLimit, rateLimits);
    await open.register(postbackRoutes);
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
    await dashboard.register(mailedLinkRoutes);
    await dashboard.register(profileRoutes);
    await dashboard.register(securityRoutes);
    await dashboard.register(accountDeletionRoutes);
    await dashboard.register(workspaceRoutes);
    await dashboard.register(workspaceDeletionRoutes);
    await dashboard.register(membersRoutes);
    await dashboard.register(invitationRoutes);
    await dashboard.register(searchRoutes);
    await dashboard.register(historyRoutes);
    await dashboard.register(undoRoutes);
    await dashboard.register(creationRoutes);
    await dashboard.register(severalRoutes);
    await dashboard.register(linkRoutes);
    await dashboard.register(tryRoutes);
    await dashboard.register(bulkRoutes);
    await dashboard.register(tagRoutes);
    await dashboard.register(templateRoutes);
    await dashboard.register(setupRoutes);
    await dashboard.register(analyticsRoutes);
    await dashboard.register(ruleRoutes);
    await dashboard.register(testRoutes);
    await dashboard.register(qrCodeRoutes);
    await dashboard.register(compareRoutes);
    await dashboard.register(noteRoutes);
    await dashboard.register(savedViewRoutes);
    await dashboard.register(campaignRoutes);
    await dashboard.register(campaignPageRoutes);
    await dashboard.register(liveRoutes, parts);
    await dashboard.register(exportRoutes);
    await dashboard.register(sharingRoutes);
    await dashboard.register(publicReportRoutes);
    await dashboard.register(mailingRoutes);
    await dashboard.register(qrRoutes);
    await dashboard.register(domainRoutes, { dns });
    await dashboard.register(domainRemovalRoutes, { shortUrlOf });
    await dashboard.register(domainSettingsRoutes, { readDestination, applyCasePolicy });
    await dashboard.register(brandRoutes, { readDestination, applyCasePolicy });
    await dashboard.register(visitorPageRoutes, { readDestination });
    await dashboard.register(outboxRoutes);
    await dashboard.register(keyPages);
    await dashboard.register(goalRoutes);
    await dashboard.register(async (api) => {
      await api.register(apiFace);
      await api.register(linkApi);
      await api.register(simulatorApi);
      await api.register(replaysApi);
      await api.register(campaignsApi);
      await api.register(conversionsApi);
      await api.register(goalsApi);
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
