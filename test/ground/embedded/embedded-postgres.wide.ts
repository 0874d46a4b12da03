import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connect } from '../../../src/ground/db/connection.ts';
import { startEmbeddedPostgres } from '../../../src/ground/embedded/embedded.ts';
import { leaseKey, takeLease } from '../../../src/ground/embedded/lease.ts';
import { query } from '../../setup/postgres.ts';

const fixture = fileURLToPath(new URL('fixtures/postgres-owner.ts', import.meta.url));
const ready = z.object({ url: z.string(), isAttached: z.boolean() });

type Owner = z.infer<typeof ready> & { process: ChildProcess; leave(): Promise<void>; kill(): Promise<void> };

/** Shared by all tests that need not begin with an empty folder: making the data takes longer than the rest of most. */
let shared: string;
let directory: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), 'waymark-embedded-'));
});
afterAll(() => rmSync(shared, { recursive: true }));

beforeEach(() => {
  directory = shared;
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (existsSync(lockFile())) {
    const leftOver = await startEmbeddedPostgres({ directory });
    await leftOver.stop();
  }
  if (directory !== shared) rmSync(directory, { recursive: true, force: true });
});

function beginEmpty(): void {
  directory = mkdtempSync(join(tmpdir(), 'waymark-embedded-'));
}

/** A second process that uses the server. */
async function startOwner(kind: 'durable' | 'ephemeral' = 'durable'): Promise<Owner> {
  const child = fork(fixture, [directory, kind], { execArgv: ['--import', 'tsx'], detached: true });
  children.push(child);
  const [message] = await once(child, 'message');
  const exit = once(child, 'exit');
  return {
    ...ready.parse(message),
    process: child,
    async leave() {
      child.send('leave');
      await exit;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function lockFile(): string {
  return join(directory, 'pgdata', 'postmaster.pid');
}

function postmasterPid(): number {
  return Number.parseInt(readFileSync(lockFile(), 'utf8'), 10);
}

async function answers(url: string): Promise<boolean> {
  return query(url, 'select 1').then(
    () => true,
    () => false,
  );
}

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { interval: 50 }).toBe(true);
}

describe('the embedded Postgres', () => {
  it('starts from an empty folder and leaves nothing running', async () => {
    beginEmpty();
    const server = await startEmbeddedPostgres({ directory });
    expect(server.isAttached).toBe(false);
    const [row] = await query(
      server.url,
      `select current_user as user, current_database() as database, current_setting('jit') as jit, current_setting('fsync') as fsync`,
    );
    expect(row).toEqual({ user: 'waymark', database: 'waymark', jit: 'off', fsync: 'on' });
    await Promise.all([server.stop(), server.stop()]); // a second signal while the first is being heeded
    expect(existsSync(lockFile())).toBe(false);
    expect(await answers(server.url)).toBe(false);
    expect(readdirSync(directory).sort()).toEqual(['pgdata', 'postgres.log']);
  });

  it('wants the password', async () => {
    const server = await startEmbeddedPostgres({ directory });
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
    await server.stop();
  });

  it('keeps the data from one start to the next', async () => {
    const first = await startEmbeddedPostgres({ directory });
    await query(first.url, 'create table kept as select 7 as number');
    await first.stop();
    const second = await startEmbeddedPostgres({ directory });
    expect(second.isAttached).toBe(false);
    expect(await query(second.url, 'select number from kept')).toEqual([{ number: 7 }]);
    await second.stop();
  });

  it('takes settings, also ones that a shell would stumble over', async () => {
    const settings = { work_mem: '9MB', cluster_name: `it's $HOME "here"` };
    const server = await startEmbeddedPostgres({ directory, settings });
    const [row] = await query(
      server.url,
      `select current_setting('work_mem') as work_mem, current_setting('cluster_name') as cluster_name`,
    );
    expect(row).toEqual(settings);
    await server.stop();
  });

  it('keeps its log small, and values of rows out of it', async () => {
    const log = join(directory, 'postgres.log');
    writeFileSync(log, 'x'.repeat(11 * 2 ** 20));
    const server = await startEmbeddedPostgres({ directory });
    await query(server.url, `create table emails as select 'jane@example.com' as email`);
    await query(server.url, 'create unique index emails_once on emails (email)');
    await expect(query(server.url, 'insert into emails select * from emails')).rejects.toThrow('emails_once');
    await until(() => readFileSync(log, 'utf8').includes('emails_once'));
    await server.stop();
    const lines = readFileSync(log, 'utf8');
    expect(lines).not.toContain('jane@example.com');
    expect(lines.length).toBeLessThan(2 ** 20);
  });

  it('does not hear Ctrl-C', async () => {
    const owner = await startOwner();
    process.kill(-Number(owner.process.pid), 'SIGINT'); // what a terminal does: the whole process group
    expect(await answers(owner.url)).toBe(true);
    await owner.leave();
    expect(await answers(owner.url)).toBe(false);
  });
});

describe('two processes on one folder', () => {
  it('share the server, and only the last to leave stops it', async () => {
    const first = await startEmbeddedPostgres({ directory });
    const second = await startOwner();
    expect(second).toMatchObject({ isAttached: true, url: first.url });
    await first.stop();
    expect(await answers(second.url)).toBe(true);
    await second.leave();
    expect(await answers(second.url)).toBe(false);
  });

  it('still share it after Postgres cut their connections', async () => {
    const first = await startEmbeddedPostgres({ directory });
    await query(first.url, 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
    const locks = "select count(*)::int as count from pg_locks where locktype = 'advisory'";
    await expect.poll(() => query(first.url, locks)).toEqual([{ count: 1 }]);
    const second = await startOwner();
    await second.leave();
    expect(await answers(first.url)).toBe(true);
    await first.stop();
    expect(await answers(first.url)).toBe(false);
  });

  it('stop it also when they leave at the same moment', async () => {
    for (let round = 0; round < 3; round += 1) {
      const users = await Promise.all([startEmbeddedPostgres({ directory }), startEmbeddedPostgres({ directory })]);
      await Promise.all(users.map((user) => user.stop()));
      expect(existsSync(lockFile())).toBe(false);
    }
  });

  it('agree on one database when both start on an empty folder', async () => {
    beginEmpty();
    const owners = await Promise.all([startOwner(), startOwner()]);
    expect(owners.filter((owner) => owner.isAttached)).toHaveLength(1);
    expect(owners[0].url).toBe(owners[1].url);
    expect(readdirSync(directory).sort()).toEqual(['pgdata', 'postgres.log']);
    await Promise.all(owners.map((owner) => owner.leave()));
    expect(await answers(owners[0].url)).toBe(false);
  });

  it('get along when one starts while the other leaves', async () => {
    let user = await startEmbeddedPostgres({ directory });
    for (let round = 0; round < 3; round += 1) {
      const [next] = await Promise.all([startEmbeddedPostgres({ directory }), user.stop()]);
      expect(await answers(next.url)).toBe(true);
      user = next;
    }
    await user.stop();
    expect(await answers(user.url)).toBe(false);
  });
});

describe('a lease', () => {
  it('is not given by a server that is going down', async () => {
    const owner = await startOwner();
    await owner.kill();
    const url = owner.url.replace(/waymark$/, 'postgres');
    const leaving = await connect(url);
    await leaving.query('select pg_advisory_lock($1)', [leaseKey]);
    const lease = takeLease(url).then(
      () => 'given',
      () => 'refused',
    );
    const waiting = 'select count(*)::int as count from pg_locks where not granted';
    await expect.poll(() => query(url, waiting)).toEqual([{ count: 1 }]);
    process.kill(postmasterPid(), 'SIGTERM'); // sessions may end by themselves, and so the lock is given on
    await expect.poll(() => answers(url)).toBe(false);
    await leaving.end();
    expect(await lease).toBe('refused');
    await until(() => !existsSync(lockFile()));
  });
});

describe('after a crash', () => {
  it('a server whose owner was killed is taken over', async () => {
    const owner = await startOwner();
    await query(owner.url, 'create table inherited as select 7 as number');
    await owner.kill();
    const heir = await startEmbeddedPostgres({ directory });
    expect(heir).toMatchObject({ isAttached: true, url: owner.url });
    expect(await query(heir.url, 'select number from inherited')).toEqual([{ number: 7 }]);
    await heir.stop();
    expect(await answers(heir.url)).toBe(false);
  });

  it('a killed Postgres comes back where it was while somebody uses it, and ends with them', async () => {
    const server = await startEmbeddedPostgres({ directory });
    await query(server.url, 'create table revived as select 7 as number');
    process.kill(postmasterPid(), 'SIGKILL');
    const read = () => query(server.url, 'select number from revived').catch(() => []);
    await expect.poll(read, { timeout: 10_000, interval: 100 }).toEqual([{ number: 7 }]);
    await server.stop();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('a killed Postgres recovers what was committed', async () => {
    const first = await startEmbeddedPostgres({ directory });
    await query(first.url, 'create table recovered as select 7 as number');
    process.kill(postmasterPid(), 'SIGKILL');
    await first.stop();
    const second = await startEmbeddedPostgres({ directory });
    expect(second.isAttached).toBe(false);
    expect(await query(second.url, 'select number from recovered')).toEqual([{ number: 7 }]);
    await second.stop();
  });

  it.runIf(process.platform === 'linux')('a lock file that names some other program is not believed', async () => {
    const first = await startEmbeddedPostgres({ directory });
    await query(first.url, 'create table unlocked as select 7 as number');
    const lock = readFileSync(lockFile(), 'utf8');
    await first.stop();
    writeFileSync(lockFile(), lock.replace(/^\d+/, String(process.pid)), { mode: 0o600 });
    const second = await startEmbeddedPostgres({ directory });
    expect(await query(second.url, 'select number from unlocked')).toEqual([{ number: 7 }]);
    await second.stop();
  });

  it('a start that died while it made the data directory does not stop the next one', async () => {
    beginEmpty();
    mkdirSync(join(directory, 'draft-killed', 'pgdata'), { recursive: true });
    writeFileSync(join(directory, 'draft-killed', 'pgdata', 'PG_VERSION'), '18\n');
    const server = await startEmbeddedPostgres({ directory });
    expect(await answers(server.url)).toBe(true);
    await server.stop();
    expect(readdirSync(directory).sort()).toEqual(['pgdata', 'postgres.log']);
  });
});

describe('data of another major version', () => {
  it('are refused with a way out', async () => {
    await (await startEmbeddedPostgres({ directory })).stop();
    const versionFile = join(directory, 'pgdata', 'PG_VERSION');
    const version = readFileSync(versionFile, 'utf8');
    writeFileSync(versionFile, '15\n');
    await expect(startEmbeddedPostgres({ directory })).rejects.toThrow(/written by Postgres 15, .* DATABASE_URL/);
    writeFileSync(versionFile, version);
  });
});

describe('a throw-away Postgres', () => {
  it('goes with its folder when it is stopped', async () => {
    beginEmpty();
    const server = await startEmbeddedPostgres({ directory, ephemeral: true });
    expect(await query(server.url, 'show fsync')).toEqual([{ fsync: 'off' }]);
    await server.stop();
    expect(existsSync(directory)).toBe(false);
    expect(await answers(server.url)).toBe(false);
  });

  it('goes with its folder when its owner is killed', async () => {
    beginEmpty();
    const owner = await startOwner('ephemeral');
    expect(await answers(owner.url)).toBe(true);
    await owner.kill();
    await until(() => !existsSync(directory));
    expect(await answers(owner.url)).toBe(false);
  });

  it('does not touch a folder with something in it', async () => {
    beginEmpty();
    const precious = join(directory, 'precious');
    writeFileSync(precious, '');
    await expect(startEmbeddedPostgres({ directory, ephemeral: true })).rejects.toThrow('is not empty');
    expect(existsSync(precious)).toBe(true);
  });
});
