import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Geo } from '../../visitors/visits/geo.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import type { Sites } from '../../ground/http/sites.ts';

/** The parts that every room of the dashboard and the API may use. */
export type Context = {
  config: Config;
  db: Db;
  sites: Sites;
  /** The row of `domains` that stands for the instance's own short host. */
  instanceDomainId: string;
  mailer: Mailer;
  geo: Geo;
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
  app.decorate('isReservedSlug', parts.isReservedSlug);
}

export default fp(context, { name: 'context' });
