import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

export type Spooled = {
  clicks: number;
  /** The database does not take clicks at this moment; else they are being handed over. */
  isFilling: boolean;
};

/** Tells the layout of the dashboard while clicks wait on this server's disk. */
async function spoolBanner(app: FastifyInstance, { spooled }: { spooled: () => Spooled }): Promise<void> {
  app.addHook('preHandler', async (_request, reply) => {
    const state = spooled();
    if (state.clicks > 0) reply.locals.spooled = state;
  });
}

export default fp(spoolBanner, { name: 'spool-banner' });
