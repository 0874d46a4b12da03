import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../setup/project-root.ts';
import { freePort } from '../setup/free-port.ts';

export type NodeOptions = {
  databaseUrl: string;
  /** Kept from an earlier process; a new folder when absent. */
  dataDir?: string;
  /** Where to listen; a free port when absent. */
  port?: number;
  env?: Record<string, string>;
  /** The version that runs; this one when absent. */
  root?: string;
  /** More modules to load before the server. */
  imports?: string[];
};

/** One server process, as `npm start` runs it. */
export type ServerNode = {
  port: number;
  dataDir: string;
  process: ChildProcess;
  /** False once it has ended. */
  isRunning(): boolean;
  /** True when it ended and nobody told it to. */
  hasCrashed(): boolean;
  /** Every line that it has logged. */
  log: string[];
  /** Paths of the files in its spool. */
  spoolFiles(): string[];
  /** Clicks in its spool. */
  countSpooled(): number;
  ask(
    path: string,
    options?: http.RequestOptions & { body?: unknown },
  ): Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  /** Removes its folder, unless that was given. */
  forget(): void;
};

/** Host that all nodes answer to, as behind a load balancer. */
export const host = 'localhost';

const secret = 'a secret that every node of a test shares';

/** @throws what the server said, when it does not start */
export async function startNode(options: NodeOptions): Promise<ServerNode> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'waymark-node-'));
  const port = options.port ?? (await freePort());
  const root = options.root ?? projectRoot;
  const child = fork(join(root, 'src/server.ts'), [], {
    cwd: root,
    execArgv: ['tsx', ...(options.imports ?? [])].flatMap((module) => ['--import', module]),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      HOST: '127.0.0.1',
      PORT: String(port),
      APP_URL: `http://${host}`,
      DATABASE_URL: options.databaseUrl,
      DATA_DIR: dataDir,
      SECRET: secret,
      TRUST_PROXY: 'loopback',
      DRAIN_MS: '0',
      ...options.env,
    },
  });
  const log: string[] = [];
  const isUp = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface(stream).on('line', (line) => {
        log.push(line);
        if (line.startsWith('Waymark is at')) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`The server did not start:\n${log.join('\n')}`)));
  });
  await isUp;

  let isEnding = false;
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const spool = join(dataDir, 'spool');
  const spoolFiles = () => (existsSync(spool) ? readdirSync(spool).map((file) => join(spool, file)) : []);
  return {
    port,
    dataDir,
    process: child,
    isRunning,
    hasCrashed: () => !isRunning() && !isEnding,
    log,
    spoolFiles,
    countSpooled: () => spoolFiles().reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1, 0),
    ask: (path, { body, ...more } = {}) =>
      new Promise((resolve, reject) => {
        const headers = {
          host,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(more.headers as Record<string, string> | undefined),
        };
        const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...more, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', reject);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
        });
        request.on('error', reject);
        request.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    async end(signal) {
      const startedAt = performance.now();
      isEnding = true;
      if (isRunning()) {
        const exit = once(child, 'exit');
        child.kill(signal);
        await exit;
      }
      return { code: child.exitCode, ms: performance.now() - startedAt };
    },
    forget() {
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
