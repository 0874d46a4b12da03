import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresAccount } from './account.ts';
import type { Cluster } from './cluster.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';

/** The server process of a cluster, as its lock file tells. */
export type Postmaster = Readonly<{ pid: number; port: number }>;

export type PostgresSettings = Readonly<Record<string, string | number>>;

/** Reads which server has the data directory open. It may be dead, or still starting. */
export function findPostmaster({ data }: Cluster): Postmaster | undefined {
  try {
    // pid, data directory, start time, port: src/include/utils/pidfile.h of Postgres
    const [pid, folder, , port] = readFileSync(pidFile(data), 'utf8').split('\n');
    // A copy of the folder of a running server carries the lock file of the original.
    const isOurs = folder && port && realpathSync(folder) === realpathSync(data);
    return isOurs ? { pid: Number(pid), port: Number(port) } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts the server on a free port of 127.0.0.1 and resolves when it accepts connections. pg_ctl gives it a session
 * of its own, so Ctrl-C in our terminal does not reach it.
 * @throws what pg_ctl said, when another server has the data directory or this one did not come up
 */
export async function startPostmaster(
  account: PostgresAccount,
  cluster: Cluster,
  settings: PostgresSettings,
): Promise<void> {
  const all = { listen_addresses: '127.0.0.1', port: await findFreePort(), unix_socket_directories: '', ...settings };
  const options = Object.entries(all).map(([name, value]) => `-c ${name}=${quoteForShell(String(value))}`);
  const { data, log } = cluster;
  await account.run(account.binaries.pgCtl, [
    'start',
    '--wait',
    '--timeout=60',
    `--pgdata=${data}`,
    `--log=${log}`,
    `--options=${options.join(' ')}`,
  ]);
}

/**
 * Stops the server and resolves when it has written everything down. Connections are cut, open transactions rolled back.
 * pg_ctl's own waiting would go on for a server that somebody else has meanwhile started in its place.
 * @throws when it still runs after a minute
 */
export async function stopPostmaster(account: PostgresAccount, cluster: Cluster): Promise<void> {
  const stopping = findPostmaster(cluster);
  if (!stopping) return;
  await account.run(account.binaries.pgCtl, ['stop', '--no-wait', '--mode=fast', `--pgdata=${cluster.data}`]);
  const deadline = performance.now() + 60_000;
  while (findPostmaster(cluster)?.pid === stopping.pid) {
    if (performance.now() > deadline) {
      throw new PostgresUnavailable(`Postgres did not stop within a minute. The end of ${cluster.log} may say why.`);
    }
    await sleep(20);
  }
}

/**
 * After a power cut, the process number in the lock file may belong to some other program, and Postgres would wait
 * for that to end. Removes the lock file when Linux says that the process is no Postgres.
 */
export function discardStaleLock({ data }: Cluster, { pid }: Postmaster): void {
  const program = `/proc/${pid}/comm`;
  if (existsSync(program) && readFileSync(program, 'utf8').trim() !== 'postgres')
    rmSync(pidFile(data), { force: true });
}

function pidFile(data: string): string {
  return join(data, 'postmaster.pid');
}

/** pg_ctl hands its options to sh. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
