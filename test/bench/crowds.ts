import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/**
 * Those who stand around while redirects are measured, in a process of their own: what they cost this side must not be in
 * the figures. `crowd.ts` forks it with the name of a crowd and what it needs, and ends it by its channel.
 */
export type CrowdNames = keyof typeof crowds;

const needs = z.object({
  port: z.number(),
  appHost: z.string(),
  /** Of another workspace than the one that is watched, as are the cookie and the key. */
  workspace: z.string(),
  cookie: z.string(),
  key: z.string(),
});
type Needs = z.infer<typeof needs>;

/** How many answers of each status, by the end. */
const statuses: Record<string, number> = {};
const stopping = new AbortController();

/** Each stranger has an address of its own, which the server takes from X-Forwarded-For, and a connection of its own. */
function stranger({ port }: Needs, n: number): (path: string, headers: http.OutgoingHttpHeaders) => Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return (path, headers) =>
    new Promise((resolve) => {
      const sent = http.get(
        {
          host: '127.0.0.1',
          port,
          path,
          agent,
          headers: { 'x-forwarded-for': `203.0.113.${n}`, ...headers },
        },
        (answer) => {
          statuses[answer.statusCode ?? 0] = (statuses[answer.statusCode ?? 0] ?? 0) + 1;
          answer.resume();
          answer.on('close', resolve);
        },
      );
      sent.on('error', () => resolve());
    });
}

/** Asks again as soon as there is an answer, all at a time. */
async function closedLoop(many: number, one: (n: number) => (round: number) => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: many }, async (_, n) => {
      const ask = one(n);
      for (let round = 0; !stopping.signal.aborted; round++) await ask(round);
    }),
  );
}

/** Twenty at a time ask for each of some addresses in turn. */
const askInTurn = (given: Needs, headers: http.OutgoingHttpHeaders, paths: readonly string[]): Promise<void> =>
  closedLoop(20, (n) => {
    const ask = stranger(given, n);
    return (round) => ask(paths[(n + round) % paths.length] ?? '/', { host: given.appHost, ...headers });
  });

const crowds = {
  quiet: async () => {},

  /** Twenty strangers ask for the reference of the API and its files, as small as they come. */
  async docs(given: Needs): Promise<void> {
    const page = await fetch(`http://${given.appHost}/docs`).then((answer) => answer.text());
    const files = [
      '/docs',
      '/api/v1/openapi.json',
      ...Array.from(page.matchAll(/src="([^"]+)"/g), ([, src = '']) => src),
    ];
    await closedLoop(20, (n) => {
      const ask = stranger(given, n);
      return (round) =>
        ask(files[(n + round) % files.length] ?? '/docs', {
          host: given.appHost,
          'accept-encoding': n % 2 === 0 ? 'br' : 'gzip',
        });
    });
  },

  /** 250 made-up hosts a second, from one network. */
  async hosts(given: Needs): Promise<void> {
    const askers = Array.from({ length: 25 }, () => stranger(given, 250));
    let made = 0;
    const start = performance.now();
    while (!stopping.signal.aborted) {
      for (; made < ((performance.now() - start) / 1_000) * 250; made++)
        void askers[made % askers.length]?.('/spring', { host: `x${Math.random().toString(36).slice(2)}.example` });
      await sleep(2);
    }
  },

  /** Twenty calls of one key at a time, each as heavy as the API has them. */
  key: async (given: Needs) =>
    askInTurn(given, { authorization: `Bearer ${given.key}` }, [
      `/api/v1/links?search=${'abcdefghijklmnopqrst'.split('').join('+')}&sort=clicks&limit=100`,
      '/api/v1/hits?limit=1000&period=90d',
      '/api/v1/links/crowd0/qr.png?size=4096',
      '/api/v1/analytics?groupBy=link&period=12mo',
    ]),

  /** The same of one person in the dashboard: files, pictures and pages. */
  person: async (given: Needs) =>
    askInTurn(given, { cookie: given.cookie }, [
      `/w/${given.workspace}/links.csv`,
      `/w/${given.workspace}/export?file=hits&period=90d`,
      `/w/${given.workspace}/compare?of=link`,
      `/w/${given.workspace}/reports?period=90d&f=country:not:DE`,
      `/w/${given.workspace}/export?file=chart&period=90d`,
      `/w/${given.workspace}/links?search=qqqq&sort=clicks`,
    ]),
};

const name = z.enum(Object.keys(crowds) as [CrowdNames, ...CrowdNames[]]).parse(process.argv[2]);
process.once('message', () => stopping.abort());
await crowds[name](needs.parse(JSON.parse(process.argv[3] ?? '')));
process.send?.(statuses);
process.disconnect?.();
