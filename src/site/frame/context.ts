import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Geo } from '../../visitors/visits/geo.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import type { Sites } from '../../ground/http/sites.ts';

/** A domain whose records are wrong. */
export type TroubledDomain = { id: string; shown: string; isPaused: boolean };

/** What every room of the dashboard and the API may lean on. */
export type Context = {
  config: Config;
  db: Db;
  sites: Sites;
  /** The row of `domains` that stands for the instance's own short host. */
  instanceDomainId: string;
  mailer: Mailer;
  geo: Geo;
  /** Hosts on which a workspace may make links, its default first. */
  hostsOf: (this: void, workspaceId: string) => Promise<string[]>;
  /** Domains of a workspace that fail or are paused, for the banner on its pages. */
  troubledDomainsOf: (this: void, workspaceId: string) => Promise<TroubledDomain[]>;
  /** True for folded slugs that are words of our own routes. */
  isReservedSlug: (this: void, slugKey: string, isOwnHost?: boolean) => boolean;
};

declare module 'fastify' {
  interface FastifyInstance extends Context {}
}

async function context(app: FastifyInstance, parts: Context): Promise<void> {
  app.decorate('config', parts.config);
  app.decorate('db', parts.db);
  app.decorate('sites', parts.sites);
  app.decorate('instanceDomainId', parts.instanceDomainId);
  app.decorate('mailer', parts.mailer);
  app.decorate('geo', parts.geo);
  app.decorate('hostsOf', parts.hostsOf);
  app.decorate('troubledDomainsOf', parts.troubledDomainsOf);
  app.decorate('isReservedSlug', parts.isReservedSlug);
}

export default fp(context, { name: 'context' });
