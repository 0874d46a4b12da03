import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/ground/embedded/embedded.ts';
import type { Build } from './builds.ts';
import { cpuSecondsOf } from './cpu.ts';
import { type Load, type LoadResult, runLoad, runSteady } from './load.ts';
import { settingsOf, startServer, untilReady } from './server.ts';

/** A build that runs, on a Postgres of its own. */
export type Target = {
  build: Build;
  port: number;
  settings: NodeJS.ProcessEnv;
  server: ChildProcess;
  client: Client;
  postmaster: number;
  close(): Promise<void>;
};

/**
 * @param directory for its data; it is left as it is
 * @param log as startServer takes it
 */
export async function startTarget(
  build: Build,
  port: number,
  directory: string,
  environment: NodeJS.ProcessEnv = {},
  log: 'inherit' | 'pipe' = 'inherit',
): Promise<Target> {
  mkdirSync(directory, { recursive: true });
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  const settings = { ...settingsOf(port, postgres.url, directory), ...environment };
  const server = startServer(settings, build, log);
  const client = new Client(postgres.url);
  // When something goes wrong, that is what we want to read, and not that Postgres has stopped.
  client.on('error', () => {});
  const close = async () => {
    await client.end().catch(() => {});
    if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
    await postgres.stop();
  };
  try {
    await untilReady(server, port);
    await client.connect();
    // Postgres's own processes are children of the one whose pid stands first in its lock file.
    const { rows } = await client.query("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid");
    return { build, port, settings, server, client, postmaster: rows[0].pid, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a load costs: CPU of node and of all of Postgres in microseconds a redirect, write-ahead log in bytes. */
export type Cost = LoadResult & { nodeCpu: number; postgresCpu: number; wal: number };

/**
 * Loads a target and measures until its roll-up has taken everything in: that work belongs to the click as well.
 * @param load at a steady rate where it has one
 */
export async function measure(target: Target, load: Omit<Load, 'port'> & { perSecond?: number }): Promise<Cost> {
  const { server, postmaster, client, port } = target;
  const cpuOf = () => [cpuSecondsOf(server.pid ?? 0), cpuSecondsOf(postmaster)] as const;
  const [before, walBefore] = [cpuOf(), await walOf(client)];
  const { perSecond, ...asked } = load;
  const result = await (perSecond ? runSteady({ ...asked, perSecond, port }) : runLoad({ ...asked, port }));
  if (result.other > 0) throw new Error(`${result.other} answers of ${target.build.name} were no redirects.`);
  await untilRolledUp(client);
  const [after, walAfter] = [cpuOf(), await walOf(client)];
  const each = (total: number) => total / result.acknowledged;
  return {
    ...result,
    nodeCpu: each(after[0] - before[0]) * 1e6,
    postgresCpu: each(after[1] - before[1]) * 1e6,
    wal: each(walAfter - walBefore),
  };
}

async function walOf(client: Client): Promise<number> {
  const { rows } = await client.query("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes");
  return rows[0].bytes;
}

export async function untilRolledUp(client: Client): Promise<void> {
  // Builds before the inbox have no such table.
  const { rows: found } = await client.query(`select to_regclass('hit_batches') is not null as "hasInbox"`);
  const inbox = found[0].hasInbox ? 'or exists (select 1 from hit_batches)' : '';
  for (;;) {
    const { rows } = await client.query(`select exists (select 1 from clicks_pending) ${inbox} as "isPending"`);
    if (!rows[0].isPending) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Workspaces whose links lead somewhere else: slugs `<name>-0` to `<name>-<count - 1>`, by turns. */
export async function insertLinks(client: Client, count: number, name = 'bench', workspaces = 1): Promise<void> {
  await client.query(
    `insert into workspaces (id, name, slug)
     select $2 || 'ws' || n, $2 || n, $2 || n from generate_series(0, $1 - 1) n`,
    [workspaces, name],
  );
  await client.query(
    `insert into links (id, workspace_id, url)
     select $2 || n, $2 || 'ws' || n % $3, 'https://example.com/' || n from generate_series(0, $1 - 1) n`,
    [count, name, workspaces],
  );
  await client.query(
    `insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
     select $2 || n, (select id from domains), $2 || '-' || n, $2 || '-' || n, 'primary', $2 || n
     from generate_series(0, $1 - 1) n`,
    [count, name],
  );
  await client.query('analyze');
}
