import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { thisBuild } from './builds.ts';
import { cpuSecondsOf, memoryOf } from './cpu.ts';
import { type LoadResult, runLoad, runSteady } from './load.ts';
import { median } from './noise.ts';
import { get, spreadLinks, type Visits, visits } from './requests.ts';
import { insertLinks, startTarget, type Target, untilRolledUp } from './target.ts';

export type Options = {
  seconds: number;
  rounds: number;
  connections: readonly number[];
  /** Length of the steady load at the end, in seconds. */
  soak: number;
  processes: string;
};

const figureNames = ['perSecond', 'p50', 'p99', 'worst', 'serverCpu', 'postgresCpu'] as const;
/** Requests a second of the soak. */
const steadyRate = 2_000;
const [barePort, serverPort] = [4_801, 4_802];

/** A case's load, and the CPU that the server and Postgres spent on each of its redirects, in microseconds. */
type Result = LoadResult & { serverCpu: number; postgresCpu: number };
type Asked = { port: number; request: (n: number) => string };

const names = ['bare', ...(Object.keys(visits) as Visits[])] as const;
type Case = (typeof names)[number];

const askedOf = (name: Case): Asked =>
  name === 'bare'
    ? { port: barePort, request: () => get('/hot', barePort) }
    : { port: serverPort, request: visits[name](serverPort) };

/**
 * The real server and a bare Fastify 302, in turn, over loopback, in one run. Only the ratios mean anything elsewhere.
 * Afterwards every acknowledged redirect must be a row, and the rollups must equal the rows.
 */
export async function compareWithBare(options: Options): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
  let target: Target | undefined;
  const bare = fork(fileURLToPath(new URL('bare.ts', import.meta.url)), [String(barePort)]);
  try {
    await once(bare, 'message');
    target = await startTarget(thisBuild, serverPort, directory, { WEB_CONCURRENCY: options.processes });
    await insertLinks(target.client, spreadLinks);
    let acknowledged = 0;
    for (const name of names) acknowledged += (await load(name, 64, 2, bare, target)).acknowledged;
    acknowledged += await loadAll(options, bare, target);
    acknowledged += await soak(options.soak, target);
    await expectCounted(target.client, acknowledged);
  } finally {
    bare.kill('SIGTERM');
    await target?.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @returns with `acknowledged` 0 for the bare one, which records nothing */
async function load(
  name: Case,
  connections: number,
  seconds: number,
  bare: ChildProcess,
  { server, postmaster }: Target,
): Promise<Result> {
  const pids = [(name === 'bare' ? bare : server).pid ?? 0, postmaster];
  const before = pids.map(cpuSecondsOf);
  const result = await runLoad({ ...askedOf(name), connections, seconds });
  const [serverCpu = 0, postgresCpu = 0] = pids.map(
    (pid, index) => ((cpuSecondsOf(pid) - (before[index] ?? 0)) / result.acknowledged) * 1e6,
  );
  if (result.other > 0) throw new Error(`${result.other} answers of "${name}" were no redirects`);
  return { ...result, serverCpu, postgresCpu, acknowledged: name === 'bare' ? 0 : result.acknowledged };
}

async function loadAll({ connections, rounds, seconds }: Options, bare: ChildProcess, target: Target): Promise<number> {
  let acknowledged = 0;
  console.log('connections  case      req/s    p50 ms    p99 ms  worst ms  cpu us  pg us  of bare');
  for (const level of connections) {
    const results = new Map<Case, Result[]>(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of names) results.get(name)?.push(await load(name, level, seconds, bare, target));
    }
    const yardstick = results.get('bare') ?? [];
    for (const [name, of] of results) {
      acknowledged += of.reduce((sum, result) => sum + result.acknowledged, 0);
      const ratio = median(of.map((result, round) => result.perSecond / (yardstick[round]?.perSecond ?? Number.NaN)));
      printRow(level, name, of, ratio);
    }
  }
  return acknowledged;
}

function printRow(connections: number, name: string, results: readonly Result[], ratio: number): void {
  const [perSecond = 0, p50 = 0, p99 = 0, worst = 0, serverCpu = 0, postgresCpu = 0] = figureNames.map((figure) =>
    median(results.map((result) => result[figure])),
  );
  const cells = [
    String(connections).padStart(11),
    ` ${name.padEnd(7)}`,
    perSecond.toFixed(0).padStart(6),
    ...[p50, p99, worst].map((figure) => figure.toFixed(2).padStart(8)),
    serverCpu.toFixed(0).padStart(6),
    postgresCpu.toFixed(0).padStart(5),
    ratio.toFixed(2).padStart(7),
  ];
  console.log(cells.join('  '));
}

/** A steady rate for a while: how long visitors wait, and whether memory grows. @returns what was acknowledged */
async function soak(length: number, { server }: Target): Promise<number> {
  const steady = { connections: 64, perSecond: steadyRate };
  const yardstick = await runSteady({ ...askedOf('bare'), ...steady, seconds: Math.min(10, length) });
  const memory = [memoryOf(server.pid ?? 0)];
  const looks = setInterval(() => memory.push(memoryOf(server.pid ?? 0)), (length * 1_000) / 6);
  const result = await runSteady({ ...askedOf('spread'), ...steady, seconds: length });
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

async function expectCounted(client: Client, acknowledged: number): Promise<void> {
  await untilRolledUp(client);
  const { rows } = await client.query(`
select (select count(*)::int from clicks) as recorded,
       (select count(distinct (link_id, clicked_at, id))::int from clicks) as distinct_rows,
       (select sum(hits)::int from click_totals_hourly where scope_id = 'benchws') as workspace_total,
       (select sum(hits)::int from click_totals_hourly where scope_id <> 'benchws') as link_total,
       (select sum(clicks)::int from click_counts_monthly where scope_id = 'benchws' and dimension = 'class') as classes`);
  console.log(`acknowledged ${acknowledged}`, rows[0]);
  if (Object.values(rows[0]).some((count) => count !== acknowledged)) {
    console.error('The counts differ.');
    process.exitCode = 1;
  }
}
