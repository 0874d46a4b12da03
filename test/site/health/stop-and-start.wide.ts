import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../../src/ground/embedded/embedded.ts';
import { freePort } from '../../setup/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';
import { projectRoot } from '../../setup/project-root.ts';

/** The real front door, as it was built, in processes of their own. */
vi.setConfig({ testTimeout: 120_000 });

let dataDir: string;
let port: number;
let database: TestDatabase;
let child: ChildProcess;
let lines: string[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'waymark-stop-'));
  port = await freePort();
  database = await createTestDatabase();
  lines = [];
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  // What a test that failed left behind.
  if (existsSync(lockFile())) await (await startEmbeddedPostgres({ directory: join(dataDir, 'postgres') })).stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const lockFile = () => join(dataDir, 'postgres/pgdata/postmaster.pid');

function launch(env: Record<string, string> = {}): void {
  child = spawn(process.execPath, [join(projectRoot, 'dist/server.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      CLICK_COMMIT_BUDGET_MS: '10000',
      ...env,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => lines.push(line));
  }
}

async function start(env?: Record<string, string>): Promise<void> {
  launch(env);
  await expect.poll(() => lines.join('\n'), { timeout: 240_000 }).toContain('Waymark is at');
}

async function stop(...signals: NodeJS.Signals[]): Promise<{ code: number | null; seconds: number }> {
  const startedAt = performance.now();
  const gone = once(child, 'exit');
  for (const signal of signals) child.kill(signal);
  const [code] = (await gone) as [number | null];
  return { code, seconds: (performance.now() - startedAt) / 1_000 };
}

/** Asks on a connection of its own, so that with several processes each may be met. */
function ask(path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = http.get({ host: '127.0.0.1', port, path, agent: false, headers: { host: `localhost:${port}` } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
  });
}

async function insertLink(): Promise<void> {
  await query(database.url, `insert into workspaces (id, name, slug) values ('w', 'W', 'w')`);
  await query(database.url, `insert into links (id, workspace_id, url) values ('l', 'w', 'https://example.com/')`);
  await query(
    database.url,
    `insert into slugs (id, domain_id, slug_key, slug, kind, link_id) select 's', id, 'here', 'here', 'primary', 'l' from domains`,
  );
}

const countClicks = async () =>
  (
    await query<{ n: number }>(
      database.url,
      'select (select count(*) from clicks)::int + (select coalesce(sum(size), 0) from hit_batches)::int as n',
    )
  )[0]?.n;

/** The value of a line of the metrics, read through whichever process answers. */
async function figure(line: string): Promise<number> {
  const { text } = await ask('/metrics');
  return Number(
    text
      .split('\n')
      .find((candidate) => candidate.startsWith(`${line} `))
      ?.slice(line.length + 1),
  );
}

/** Visits that were classed, whether their hits are recorded or not. */
async function countMet(): Promise<number> {
  const { text } = await ask('/metrics');
  return [...text.matchAll(/^waymark_hits_total\{.*\} (\d+)$/gm)].reduce((sum, [, hits]) => sum + Number(hits), 0);
}

describe('a stop', () => {
  it('finishes what is in flight, ends what is idle or slow, and takes no more than seconds', async () => {
    await start();
    await insertLink();
    const idle = net.connect(port, '127.0.0.1');
    const slow = net.connect(port, '127.0.0.1', () => slow.write('GET /here HTTP/1.1\r\nHost: x\r\n'));
    idle.on('error', () => {});
    slow.on('error', () => {});
    await sleep(50);
    // Nothing is recorded meanwhile, so that all of them are in flight when the stop comes.
    const holder = new Client(database.url);
    await holder.connect();
    await holder.query('begin; lock table hit_batches in exclusive mode');
    const inFlight = Array.from({ length: 20 }, () => ask('/here'));
    await expect.poll(countMet).toBe(20);
    const stopped = stop('SIGTERM');
    await expect.poll(() => ask('/health/live').catch(() => 'refused')).toBe('refused');
    await holder.end();
    const statuses = (await Promise.all(inFlight)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 302));
    const { code, seconds } = await stopped;
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(15);
    expect(await countClicks()).toBe(20);
  });

  it('after an uncaught error says so in a line of the log, without the values of a statement', async () => {
    const fault = join(dataDir, 'fault.mjs');
    writeFileSync(
      fault,
      `import { DrizzleQueryError } from ${JSON.stringify(import.meta.resolve('drizzle-orm/errors'))};
process.on('SIGUSR2', () => { throw new DrizzleQueryError('select $1', ['jane@example.com'], new Error('no')); });`,
    );
    await start({ NODE_OPTIONS: `--import=${fault}` });
    const { code } = await stop('SIGUSR2');
    expect(code).toBe(1);
    const line = lines.find((each) => each.includes('an error that nobody caught')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ level: 60, err: { query: 'select $1', cause: { message: 'no' } } });
    expect(lines.join('\n')).not.toContain('jane@example.com');
  });

  it('is one stop, however often it is asked for', async () => {
    await start();
    const { code, seconds } = await stop('SIGINT', 'SIGINT', 'SIGTERM');
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(15);
  });

  it('during the start leaves no Postgres behind', async () => {
    launch({ DATABASE_URL: '' });
    await expect.poll(() => existsSync(lockFile()), { timeout: 240_000, interval: 5 }).toBe(true);
    const { code } = await stop('SIGINT', 'SIGINT');
    expect(code).toBe(0);
    expect(existsSync(lockFile())).toBe(false);
    expect(lines.join('\n')).not.toContain('cannot start');
  });
});

describe('WEB_CONCURRENCY', () => {
  it('serves with several processes, sums up their figures, replaces a dead one, and stops all', async () => {
    await start({ WEB_CONCURRENCY: '2', LOG_LEVEL: 'info' });
    await insertLink();
    const pids = () => childrenOf(child.pid ?? 0);
    expect(await pids()).toHaveLength(2);
    for (let visit = 0; visit < 10; visit++) expect((await ask('/here')).status).toBe(302);
    expect(await countClicks()).toBe(10);
    expect(await figure('waymark_redirects_total{outcome="redirected"}')).toBe(10);
    expect(await figure('waymark_clicks_total{fate="committed"}')).toBe(10);
    expect(await figure('waymark_database_up')).toBe(1);

    const [first = 0] = await pids();
    process.kill(first, 'SIGKILL');
    const others = async () => (await pids()).filter((pid) => pid !== first);
    await expect.poll(others, { timeout: 30_000 }).toHaveLength(2);
    for (let visit = 0; visit < 10; visit++) expect((await ask('/here')).status).toBe(302);
    expect(await countClicks()).toBe(20);

    const workers = await pids();
    const { code, seconds } = await stop('SIGTERM', 'SIGTERM');
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(15);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  it('starts one embedded Postgres for all, and stops it after them', async () => {
    await start({ WEB_CONCURRENCY: '2', DATABASE_URL: '' });
    expect((await ask('/health/ready')).status).toBe(200);
    expect(existsSync(lockFile())).toBe(true);
    expect((await stop('SIGTERM')).code).toBe(0);
    expect(existsSync(lockFile())).toBe(false);
  });

  it('says that it cannot start, and starts nothing, when the port is taken', async () => {
    const other = net.createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    launch({ WEB_CONCURRENCY: '2' });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain(`Another program listens on port ${port} already.`);
    other.close();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await new Promise<string>((resolve) => {
    const ps = spawn('ps', ['-o', 'pid=,args=', '--ppid', String(pid)]);
    let out = '';
    ps.stdout.on('data', (chunk) => (out += String(chunk)));
    ps.on('close', () => resolve(out));
  });
  return text
    .split('\n')
    .filter((line) => line.includes('server.js'))
    .map((line) => Number.parseInt(line, 10));
}
