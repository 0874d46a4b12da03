import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { withConnection } from '../db/connection.ts';
import { chooseAccount, type PostgresAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { type Lease, stopIfLast, takeLease } from './lease.ts';
import { boundLog } from './log.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';
import {
  discardStaleLock,
  findPostmaster,
  type Postmaster,
  type PostgresSettings,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts';
import { startWatchdog } from './watchdog.ts';

export type EmbeddedPostgresOptions = {
  /** Folder for the data; relative paths start at the working directory. */
  directory: string;
  /** For tests: fast instead of durable, and gone with its folder when we stop or die. The folder must be new or empty. */
  ephemeral?: boolean;
  /** For tests: a server that is killed stays so until somebody starts it. */
  staysDead?: boolean;
  /** Settings of postgresql.conf on top of ours; they count when this call starts the server. */
  settings?: PostgresSettings;
};

export type EmbeddedPostgres = {
  /** postgres:// address of the database `waymark`, with credentials. */
  url: string;
  port: number;
  /** True when the server already ran: for another process of ours, or left over by one that was killed. */
  isAttached: boolean;
  /**
   * Leaves the server, and stops it when nobody else uses it. Close your own connections first. Until then one that is
   * not ephemeral is started again when it dies.
   */
  stop(): Promise<void>;
};

const database = 'waymark';

/** Postgres asks for a quarter of the memory of a machine of its own (its documentation, 19.4.1); this one has others on it. */
const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
const bufferMegabytes = Math.round(Math.min(1_024, Math.max(128, memory / 8 / 2 ** 20)));

const durableSettings = {
  max_connections: 60,
  shared_buffers: `${bufferMegabytes}MB`,
  jit: 'off',
  log_min_messages: 'warning',
  // Without DETAIL lines, which hold values of rows.
  log_error_verbosity: 'terse',
};

const ephemeralSettings = {
  ...durableSettings,
  shared_buffers: '128MB',
  max_connections: 200,
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/**
 * Runs the Postgres that comes with npm. The first call makes its data directory. Later ones join a server that has it
 * open, or recover what a crash left and start it. Works for root and for anyone else.
 * @throws PostgresUnavailable with a sentence that says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = chooseAccount(findBinaries(), resolve(options.directory));
  if (options.ephemeral && readdirSync(account.directory).length > 0) {
    throw new PostgresUnavailable(`A throw-away Postgres removes its folder, and ${account.directory} is not empty.`);
  }
  const watchdog = options.ephemeral ? startWatchdog(account.directory) : undefined;
  try {
    const cluster = await openCluster(account);
    const settings = { ...(options.ephemeral ? ephemeralSettings : durableSettings), ...options.settings };
    const { lease, port, isAttached } = await joinOrStart(
      account,
      cluster,
      settings,
      !options.ephemeral && !options.staysDead,
    );
    const leaveLog = await boundLog(cluster);
    const leave = async () => {
      leaveLog();
      await lease.return();
      if (watchdog) await watchdog.finish();
      else await stopIfLast(urlOf(cluster, port, 'postgres'), () => stopPostmaster(account, cluster));
    };
    let left: Promise<void> | undefined;
    const stop = () => (left ??= leave());
    await createDatabase(urlOf(cluster, port, 'postgres'));
    return { url: urlOf(cluster, port, database), port, isAttached, stop };
  } catch (error) {
    await watchdog?.finish();
    throw error;
  }
}

type Joined = { lease: Lease; port: number; isAttached: boolean };

/**
 * Tries to join, then to start, until one of them works. A server that is starting, recovering, stopping or just
 * killed refuses both for a while, as does a port that somebody else took first.
 */
async function joinOrStart(
  account: PostgresAccount,
  cluster: Cluster,
  settings: PostgresSettings,
  isKept: boolean,
): Promise<Joined> {
  const startedAt = performance.now();
  let isAttached = true;
  const join = ({ port }: Postmaster) =>
    takeLease(urlOf(cluster, port, 'postgres'), isKept ? () => revive(port) : undefined).catch(() => undefined);
  /** A server that was killed comes back in its old place: everybody knows it by its address. */
  const revive = async (port: number) => {
    const dead = findPostmaster(cluster);
    if (dead) discardStaleLock(cluster, dead);
    await startPostmaster(account, cluster, { ...settings, port });
  };
  for (;;) {
    const postmaster = findPostmaster(cluster);
    const lease = postmaster && (await join(postmaster));
    if (lease) return { lease, port: postmaster.port, isAttached };
    try {
      await startPostmaster(account, cluster, settings);
      isAttached = false;
    } catch {
      if (performance.now() - startedAt > (postmaster ? 60_000 : 10_000)) throw failedStart(cluster);
      if (postmaster) discardStaleLock(cluster, postmaster);
      await sleep(250);
    }
  }
}

function failedStart({ data, log }: Cluster): PostgresUnavailable {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
  const reason = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? 'It gave no reason.';
  return new PostgresUnavailable(
    `Postgres did not start with the data in ${data}. The end of ${log} says why; or set DATABASE_URL to use another Postgres. ${reason}`,
  );
}

async function createDatabase(url: string): Promise<void> {
  try {
    await withConnection(url, async (client) => {
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
      if (!rowCount) await client.query(`create database ${database}`);
    });
  } catch (error) {
    // Two first starts at once: the other one was faster.
    const isThere = error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505');
    if (!isThere) throw error;
  }
}

function urlOf({ user, password }: Cluster, port: number, name: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;
}
