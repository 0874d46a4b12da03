import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { cpuSecondsOf, memoryOf } from './cpu.ts';
import { type LoadResult, runLoad, runSteady } from './load.ts';
import { settingsOf, startServer, untilReady } from './server.ts';

/**
 * `npm run bench`: the real server and a bare Fastify 302, in turn, over loopback, in one run. Only the ratios mean
 * anything elsewhere. Afterwards every acknowledged redirect must be a row, and the rollups must equal the rows.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16,64,256' },
    soak: { type: 'string', default: '60' },
    processes: { type: 'string', default: '1' },
  },
});
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const levels = options.connections.split(',').map(Number);
const figureNames = ['perSecond', 'p50', 'p99', 'worst', 'serverCpu', 'postgresCpu'] as const;
const spreadLinks = 10_000;
const distinctAgents = 100_000;
/** Requests a second of the soak. */
const steadyRate = 2_000;
const [barePort, serverPort] = [4_801, 4_802];

const chrome = (version: number) =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const bots = ['Googlebot/2.1', 'Slackbot-LinkExpanding 1.0', 'curl/8.5.0', 'GPTBot/1.2', 'WhatsApp/2.23.20.0'];
const bot = (n: number) => bots[(n >> 1) % bots.length] ?? '';

const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const children: ChildProcess[] = [];
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
try {
  await bench();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.filter((child) => child.exitCode === null).map((child) => once(child, 'exit')));
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  await Promise.all([startBare(), startWaymark()]);
  const client = new Client(postgres.url);
  // When something goes wrong, that is what we want to read, and not that Postgres has stopped.
  client.on('error', () => {});
  await client.connect();
  await insertLinks(client);
  const postgresPid = await postmasterPid(client);

  const get = (path: string, port: number, agent = chrome(141)) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nUser-Agent: ${agent}\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\nReferer: https://www.google.com/\r\n\r\n`;
  const cases = {
    bare: { port: barePort, request: () => get('/hot', barePort) },
    hot: { port: serverPort, request: () => get('/bench-0', serverPort) },
    spread: { port: serverPort, request: (n: number) => get(`/bench-${(n * 7_919) % spreadLinks}`, serverPort) },
    agents: { port: serverPort, request: (n: number) => get('/bench-0', serverPort, chrome(n % distinctAgents)) },
    bots: { port: serverPort, request: (n: number) => get('/bench-0', serverPort, n % 2 ? chrome(141) : bot(n)) },
  };
  type Case = keyof typeof cases;
  /** A case's load, and the CPU that the server and Postgres spent on each of its redirects, in microseconds. */
  type Result = LoadResult & { serverCpu: number; postgresCpu: number };
  const names = Object.keys(cases) as Case[];

  let acknowledged = 0;
  for (const name of names) acknowledged += await load(name, 64, 2);
  async function load(name: Case, connections: number, length: number, results?: Result[]): Promise<number> {
    const pids = [(name === 'bare' ? children[0] : children[1])?.pid ?? 0, postgresPid];
    const before = pids.map(cpuSecondsOf);
    const result = await runLoad({ ...cases[name], connections, seconds: length });
    const [serverCpu = 0, postgresCpu = 0] = pids.map(
      (pid, index) => ((cpuSecondsOf(pid) - (before[index] ?? 0)) / result.acknowledged) * 1e6,
    );
    if (result.other > 0) throw new Error(`${result.other} answers of "${name}" were no redirects`);
    results?.push({ ...result, serverCpu, postgresCpu });
    return name === 'bare' ? 0 : result.acknowledged;
  }

  console.log('connections  case      req/s    p50 ms    p99 ms  worst ms  cpu us  pg us  of bare');
  for (const connections of levels) {
    const results: Record<Case, Result[]> = { bare: [], hot: [], spread: [], agents: [], bots: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of names) acknowledged += await load(name, connections, seconds, results[name]);
    }
    for (const name of names) {
      const ratio = median(
        results[name].map((result, round) => result.perSecond / (results.bare[round]?.perSecond ?? NaN)),
      );
      const [perSecond = 0, p50 = 0, p99 = 0, worst = 0, serverCpu = 0, postgresCpu = 0] = figureNames.map((figure) =>
        median(results[name].map((result) => result[figure])),
      );
      console.log(
        [
          String(connections).padStart(11),
          ` ${name.padEnd(7)}`,
          perSecond.toFixed(0).padStart(6),
          ...[p50, p99, worst].map((figure) => figure.toFixed(2).padStart(8)),
          serverCpu.toFixed(0).padStart(6),
          postgresCpu.toFixed(0).padStart(5),
          ratio.toFixed(2).padStart(7),
        ].join('  '),
      );
    }
  }
  acknowledged += await soak(cases);
  await compare(client, acknowledged);
  await client.end();
}

type Asked = { port: number; request: (n: number) => string };

/** A steady rate for a while: how long visitors wait, and whether memory grows. */
async function soak({ bare, spread }: Record<'bare' | 'spread', Asked>): Promise<number> {
  const length = Number(options.soak);
  const steady = { connections: 64, perSecond: steadyRate };
  const yardstick = await runSteady({ ...bare, ...steady, seconds: Math.min(10, length) });
  const memory = [memoryOf(children[1]?.pid ?? 0)];
  const looks = setInterval(() => memory.push(memoryOf(children[1]?.pid ?? 0)), (length * 1_000) / 6);
  const result = await runSteady({ ...spread, ...steady, seconds: length });
  clearInterval(looks);
  if (result.other > 0) throw new Error(`${result.other} answers of the soak were no redirects`);
  const show = ({ p50, p99, worst }: LoadResult) =>
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, worst ${worst.toFixed(1)} ms`;
  console.log(`${steadyRate}/s: bare ${show(yardstick)}`);
  console.log(
    `${steadyRate}/s for ${length} s: ${show(result)}, p99 ${(result.p99 / yardstick.p99).toFixed(1)} of bare`,
  );
  console.log(`memory over the soak: ${memory.map((bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`).join(', ')}`);
  return result.acknowledged;
}

async function compare(client: Client, acknowledged: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query('select count(*)::int as pending from clicks_pending');
    if (rows[0].pending === 0) break;
    await new Promise((resume) => setTimeout(resume, 200));
  }
  const { rows } = await client.query(`
select (select count(*)::int from clicks) as recorded,
       (select count(distinct (link_id, clicked_at, id))::int from clicks) as distinct_rows,
       (select sum(hits)::int from click_totals_hourly where scope_id = 'benchws') as workspace_total,
       (select sum(hits)::int from click_totals_hourly where scope_id <> 'benchws') as link_total,
       (select sum(clicks)::int from click_counts_daily where scope_id = 'benchws' and dimension = 'class') as classes`);
  console.log(`acknowledged ${acknowledged}`, rows[0]);
  if (Object.values(rows[0]).some((count) => count !== acknowledged)) {
    console.error('The counts differ.');
    process.exitCode = 1;
  }
}

/** Postgres's own processes are children of the one whose pid stands first in its lock file. */
async function postmasterPid(client: Client): Promise<number> {
  const { rows } = await client.query("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid");
  return rows[0].pid;
}

async function insertLinks(client: Client): Promise<void> {
  await client.query(`insert into workspaces (id, name, slug) values ('benchws', 'Bench', 'bench')`);
  await client.query(
    `insert into links (id, workspace_id, url) select 'bench' || n, 'benchws', 'https://example.com/' || n from generate_series(0, $1 - 1) n`,
    [spreadLinks],
  );
  await client.query(
    `insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
     select 'bench' || n, (select id from domains), 'bench-' || n, 'bench-' || n, 'primary', 'bench' || n from generate_series(0, $1 - 1) n`,
    [spreadLinks],
  );
  await client.query('analyze');
}

function startBare(): Promise<unknown> {
  const child = fork(fileURLToPath(new URL('bare.ts', import.meta.url)), [String(barePort)]);
  children.push(child);
  return new Promise((resolve) => child.once('message', resolve));
}

async function startWaymark(): Promise<void> {
  const settings = settingsOf(serverPort, postgres.url, directory);
  const child = startServer({ ...settings, WEB_CONCURRENCY: options.processes });
  children.push(child);
  await untilReady(child, serverPort);
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN;
}
