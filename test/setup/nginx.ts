import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { projectRoot } from './project-root.ts';

type Nginx = { port: number; close(): Promise<void> };

/** Blocks of code of docs/deployment.md, by their language. */
const blocksOf = (language: string): string[] =>
  [...readFileSync(join(projectRoot, 'docs/deployment.md'), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? '');

/** Starts a program in the foreground, and waits until it listens. */
async function start(program: string, words: string[], folder: string, port: number): Promise<Nginx> {
  const child = spawn(program, words, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { HOME: folder, PATH: '' },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += String(chunk)));
  for (
    const until = Date.now() + 30_000;
    !(await canConnect(port));
    await new Promise((done) => setTimeout(done, 50))
  ) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program} did not start:\n${log}`);
    }
  }
  return {
    port,
    async close() {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.destroy());
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  });

/** A real nginx with the two blocks of docs/deployment.md, on ports of its own and without IPv6. */
export async function startNginx(program: string, waymarkPort: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-nginx-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const [location = '', servers = ''] = blocksOf('nginx');
  mkdirSync(join(folder, 'snippets'));
  writeFileSync(join(folder, 'snippets/waymark.conf'), location.replace('127.0.0.1:3000', `127.0.0.1:${waymarkPort}`));
  const http = servers
    .replaceAll(/^ *listen \[::\].*\n/gm, '')
    .replaceAll('listen 443', `listen 127.0.0.1:${tlsPort}`)
    .replaceAll('listen 80', `listen 127.0.0.1:${port}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http { access_log off; ${temporary.join(' ')}
${http}
}
`,
  );
  return start(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], folder, port);
}
