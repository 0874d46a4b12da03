import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/ground/embedded/embedded.ts';
import { query } from '../setup/postgres.ts';
import { freePort } from '../setup/free-port.ts';

/** A durable Postgres of our own that can be killed and frozen. */
export type FaultyPostgres = {
  url: string;
  port: number;
  /** kill -9 for all of its processes at once, as when the machine loses power. */
  kill(): Promise<void>;
  /** Starts it again, on the same port, and resolves when it has recovered. */
  start(): Promise<void>;
  /** SIGSTOP for all of its processes: it accepts connections and says nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Stops it and removes its data. */
  close(): Promise<void>;
};

export async function startPostgres(): Promise<FaultyPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'waymark-faults-'));
  const port = await freePort();
  // It would come back by itself in a second or two, before a slow machine has anything in the spool.
  const options = { directory: join(home, 'postgres'), settings: { port }, staysDead: true };
  const starts: EmbeddedPostgres[] = [await startEmbeddedPostgres(options)];
  const url = starts[0]?.url ?? '';
  const [shown] = await query<{ data_directory: string }>(url, 'show data_directory');
  let isFrozen = false;

  function signal(name: NodeJS.Signals): void {
    const pidFile = join(shown?.data_directory ?? '', 'postmaster.pid');
    const postmaster = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    // The postmaster first: it must not start what is missing.
    for (const pid of [postmaster, ...childrenOf(postmaster)]) sendSignal(pid, name);
  }

  return {
    url,
    port,
    async kill() {
      signal('SIGKILL');
      while (await isListening(port)) await sleep(10);
    },
    async start() {
      starts.push(await startEmbeddedPostgres(options));
    },
    async freeze() {
      signal('SIGSTOP');
      isFrozen = true;
    },
    async thaw() {
      signal('SIGCONT');
      isFrozen = false;
    },
    async close() {
      if (isFrozen) signal('SIGCONT');
      for (const started of starts) await started.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Ids of the processes that `parent` started. */
export function childrenOf(parent: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, ppid]) => ppid === parent)
    .map(([pid]) => pid ?? 0);
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
