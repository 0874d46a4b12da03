import type { FastifyInstance } from 'fastify';
import { hasToken, isNextDoor } from '../../ground/http/neighbours.ts';
import type { Readiness } from './readiness.ts';

/**
 * For whoever watches over the server: live means the process answers, ready that visitors may be sent to it. On any host,
 * because load balancers and containers ask by address; but only our own hosts are told the parts.
 */
export async function healthRoutes(app: FastifyInstance, { readiness }: { readiness: () => Readiness }): Promise<void> {
  app.get('/health/live', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/health/ready', async ({ headers: { host } }, reply) => {
    const state = readiness();
    reply.header('cache-control', 'no-store');
    if (state.status === 'stopping') reply.code(503).header('retry-after', '5');
    const isOurs = app.sites.siteOf(host) === 'app' || app.sites.isOwnShortHost(host);
    return isOurs ? state : { status: state.status };
  });
}

/** Prometheus exposition format, text, 0.0.4. */
const textFormat = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Figures for Prometheus, on the dashboard's host. With a token whoever has it may read them; without one only programs
 * on this machine that ask it by a loopback name, which no proxy passes on.
 */
export async function metricsRoutes(
  app: FastifyInstance,
  { readMetrics }: { readMetrics: () => Promise<string> },
): Promise<void> {
  const { metricsToken } = app.config;
  app.get('/metrics', async (request, reply) => {
    const mayRead = metricsToken === null ? isNextDoor(request) : hasToken(request, metricsToken);
    if (!mayRead) return reply.callNotFound();
    return reply
      .header('cache-control', 'no-store')
      .type(textFormat)
      .send(await readMetrics());
  });
}
