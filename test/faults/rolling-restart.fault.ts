import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { startHaproxy } from '../setup/haproxy.ts';
import { findProgram } from '../setup/programs.ts';
import { host, type ServerNode } from './node.ts';
import { openWorld, until, type World } from './world.ts';

const program = findProgram('haproxy');
/** Visits a second. */
const rate = 150;
const restarts = 8;

let world: World;

afterEach(async ({ task }) => {
  world.tell(task);
  await world.close();
});

/** Opens links at a steady rate over connections that are kept, whatever became of the visits before. */
function sendSteadily(port: number, paths: readonly string[]) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 40 });
  const acknowledged = new Set<string>();
  const failures: string[] = [];
  const underWay = new Set<Promise<void>>();
  let [sent, longestMs] = [0, 0];
  const visit = (n: number) =>
    new Promise<void>((resolve) => {
      const [term, content] = [`steady-${Math.floor(n / 1_000)}`, String(n % 1_000)];
      const sentAt = performance.now();
      const path = `${paths[n % paths.length]}?utm_term=${term}&utm_content=${content}`;
      const headers = {
        host,
        accept: 'text/html',
        'accept-language': 'de',
        'user-agent': 'Mozilla/5.0 Chrome/141.0.0.0',
      };
      const request = http.get({ host: '127.0.0.1', port, path, agent, headers }, (answer) => {
        if (answer.statusCode === 302) acknowledged.add(`${term}.${content}`);
        else failures.push(`visit ${n} was answered with ${answer.statusCode}`);
        longestMs = Math.max(longestMs, performance.now() - sentAt);
        answer.resume().on('end', resolve);
      });
      request.on('error', (error) => {
        failures.push(`visit ${n}: ${error.message}`);
        resolve();
      });
    });
  const startedAt = performance.now();
  const timer = setInterval(() => {
    for (; sent < ((performance.now() - startedAt) * rate) / 1_000; sent++) {
      const visiting = visit(sent).finally(() => underWay.delete(visiting));
      underWay.add(visiting);
    }
  }, 5);
  return {
    prefix: 'steady-',
    acknowledged,
    failures,
    refused: new Map<number, number>(),
    longestStallMs: () => Math.round(longestMs),
    progress: (more: number) => {
      const wanted = acknowledged.size + more;
      return until(`${more} more redirects`, async () => acknowledged.size >= wanted);
    },
    async leave() {
      clearInterval(timer);
      while (underWay.size > 0) await Promise.all(underWay);
      agent.destroy();
    },
  };
}

async function countRedirects(node: ServerNode): Promise<number> {
  const { text } = await node.ask('/metrics');
  return Number(/waymark_redirects_total\{outcome="redirected"\} (\d+)/.exec(text)?.[1] ?? 0);
}

it.skipIf(!program)(
  'three servers behind HAProxy are restarted in turn, and no visitor fails',
  { timeout: 400_000 },
  async () => {
    world = await openWorld();
    const start = (port?: number) =>
      world.start({ ...(port === undefined ? {} : { port }), env: { LINK_CACHE: 'warm', DRAIN_MS: '3000' } });
    for (const slug of ['one', 'two', 'three']) await world.makeLink(slug);
    const nodes = [await start(), await start(), await start()];
    const haproxy = await startHaproxy(
      program ?? '',
      nodes.map(({ port }) => port),
    );
    try {
      const visitors = sendSteadily(haproxy.port, ['/one', '/two', '/three']);
      await visitors.progress(rate);
      for (let restart = 0; restart < restarts; restart++) {
        const index = restart % nodes.length;
        const old = nodes[index] as ServerNode;
        expect((await old.end('SIGTERM')).code).toBe(0);
        const fresh = await start(old.port);
        nodes[index] = fresh;
        // Before the next one stops, HAProxy must have seen that this one is back.
        await until('HAProxy sends visitors to the new server', async () => (await countRedirects(fresh)) > 0);
        await sleep(200);
      }
      await visitors.leave();
      expect(visitors.failures).toEqual([]);
      await world.settle(`${restarts} restarts behind HAProxy at ${rate}/s`, visitors);
    } finally {
      await haproxy.close();
    }
  },
);
