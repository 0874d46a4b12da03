import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { query } from './postgres.ts';
import { findProgram } from './programs.ts';

export const pgbouncer = findProgram('pgbouncer');

export type PgBouncer = {
  /** `url` with the pooler's address in it. */
  urlOf(url: string): string;
  close(): Promise<void>;
};

/**
 * A real PgBouncer before a database, with the settings that Debian ships besides the mode.
 * @param options.lines more lines of its configuration
 */
export async function startPgBouncer(
  url: string,
  options: { mode: 'session' | 'transaction'; lines?: readonly string[] },
): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-pgbouncer-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const { hostname, port: serverPort, username, password } = new URL(url);
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(
    config,
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort} user=${username} password=${password}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${options.mode}`,
      'max_client_conn = 200',
      'default_pool_size = 40',
      ...(options.lines ?? []),
    ].join('\n'),
  );
  chmodSync(config, 0o644);
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(pgbouncer ?? 'pgbouncer', [...user, config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log += String(chunk)));
  const urlOf = (other: string) => {
    const pooled = new URL(other);
    pooled.host = `127.0.0.1:${port}`;
    return pooled.href;
  };
  for (const giveUpAt = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const isUp = await query(urlOf(url), 'select 1').then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`PgBouncer did not start:\n${log}`);
    }
  }
  return {
    urlOf,
    async close() {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGINT')) {
        const killing = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await ended;
        clearTimeout(killing);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
