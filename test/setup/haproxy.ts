import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { projectRoot } from './project-root.ts';

export type Haproxy = { port: number; close(): Promise<void> };

/**
 * A real HAProxy with docs/haproxy.cfg, on a port of its own.
 * @param servers ports of this machine in place of the servers that the file names
 */
export async function startHaproxy(program: string, servers: readonly number[]): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-haproxy-'));
  const port = await freePort();
  const lines = servers.map((server, index) => `  server node${index} 127.0.0.1:${server}`);
  const documented = readFileSync(join(projectRoot, 'docs/haproxy.cfg'), 'utf8');
  const config = documented
    .replace('bind :80\n', `bind 127.0.0.1:${port}\n`)
    .replace(/(?: {2}server .*\n)+$/, `${lines.join('\n')}\n`);
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, config);
  const haproxy = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [haproxy.stdout, haproxy.stderr]) stream.on('data', (chunk) => (log += String(chunk)));
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      (answer) => answer.ok,
      () => false,
    );
  for (const until = Date.now() + 30_000; !(await isUp()); await new Promise((resume) => setTimeout(resume, 50))) {
    if (haproxy.exitCode !== null || Date.now() > until) {
      haproxy.kill('SIGKILL');
      throw new Error(`HAProxy did not start:\n${log}`);
    }
  }
  return {
    port,
    async close() {
      const ended = once(haproxy, 'exit');
      if (haproxy.exitCode === null && haproxy.kill('SIGTERM')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
