import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { projectRoot } from './project-root.ts';
import { freePort } from './free-port.ts';

type Reply = { status: number; headers: http.IncomingHttpHeaders; text: string };

export type Caddy = {
  /** Asks over HTTPS, with the host's name in SNI and Host; rejects unless the certificate is that host's. */
  visit(host: string, path: string): Promise<Reply & { issuedTo: string }>;
  /** Asks over plain HTTP. */
  visitPlain(host: string, path: string): Promise<Reply>;
  close(): Promise<void>;
};

/**
 * A real Caddy with docs/Caddyfile, on ports and in a folder of its own, with its internal authority in place of a public one.
 * @param environment what docs/Caddyfile asks for: HOSTS, WAYMARK, TLS_ASK_TOKEN
 */
export async function startCaddy(program: string, environment: Record<string, string>): Promise<Caddy> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-caddy-'));
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const options = [
    'admin off',
    `http_port ${httpPort}`,
    `https_port ${httpsPort}`,
    'local_certs',
    'skip_install_trust',
    `storage file_system ${folder}`,
    'default_bind 127.0.0.1',
  ];
  const config = join(folder, 'Caddyfile');
  writeFileSync(
    config,
    readFileSync(join(projectRoot, 'docs/Caddyfile'), 'utf8').replace(/^\{$/m, ['{', ...options].join('\n')),
  );
  const caddy = spawn(program, ['run', '--config', config, '--adapter', 'caddyfile'], {
    env: { HOME: folder, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  caddy.stderr.on('data', (chunk) => (log += String(chunk)));

  const rootFile = join(folder, 'pki/authorities/local/root.crt');
  const hosts = (environment['HOSTS'] ?? '').split(/[\s,]+/).filter(Boolean);
  // It takes connections before it has certificates for its hosts.
  const isUp = async () =>
    (await canConnect(httpPort)) && (await Promise.all(hosts.map((host) => canGreet(httpsPort, host)))).every(Boolean);
  for (const until = Date.now() + 20_000; !(await isUp()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (caddy.exitCode !== null || Date.now() > until) {
      caddy.kill('SIGKILL');
      throw new Error(`Caddy did not start:\n${log}`);
    }
  }

  return {
    visit: (host, path) =>
      new Promise((resolve, reject) => {
        const request = https.request({
          host: '127.0.0.1',
          port: httpsPort,
          path,
          servername: host,
          ca: readFileSync(rootFile),
          headers: { host, 'user-agent': 'Mozilla/5.0 Chrome/141.0.0.0' },
          agent: false,
        });
        request.on('error', reject).end();
        request.on('response', (response) => {
          const { subjectaltname = '' } = (response.socket as TLSSocket).getPeerCertificate();
          readWhole(response).then((reply) => resolve({ ...reply, issuedTo: subjectaltname }), reject);
        });
      }),
    visitPlain: (host, path) =>
      new Promise((resolve, reject) => {
        const request = http.request({ host: '127.0.0.1', port: httpPort, path, headers: { host }, agent: false });
        request.on('error', reject).end();
        request.on('response', (response) => void readWhole(response).then(resolve, reject));
      }),
    async close() {
      const ended = once(caddy, 'exit');
      if (caddy.exitCode === null && caddy.kill('SIGTERM')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function readWhole(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
  };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

function canGreet(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
