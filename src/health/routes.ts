import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hostnameOf } from '../plugins/sites.ts';
import type { Readiness } from './readiness.ts';

/** For whoever watches over the server: live means the process answers, ready that visitors may be sent to it. */
export async function healthRoutes(
  app: FastifyInstance,
  { readiness }: { readiness: () => Promise<Readiness> },
): Promise<void> {
  app.get('/health/live', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/health/ready', async (_request, reply) => {
    const state = await readiness();
    reply.header('cache-control', 'no-store');
    if (state.status === 'stopping') reply.code(503).header('retry-after', '5');
    return state;
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

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1', 'localhost', '[::1]']);

function isNextDoor({ ip, headers }: FastifyRequest): boolean {
  return loopback.has(ip) && loopback.has(hostnameOf(headers.host)) && headers['x-forwarded-for'] === undefined;
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const sent = Buffer.from(headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return sent.length === expected.length && timingSafeEqual(sent, expected);
}
