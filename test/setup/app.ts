import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { rollUpPending } from '../../src/visitors/rollups/mover.ts';
import { readConfig } from '../../src/config.ts';
import { startServer } from '../../src/boot/start.ts';
import { createTestDatabase } from './database.ts';
import { waitForServer } from './domains.ts';
import { freePort } from './free-port.ts';
import { type Account, makePerson } from './person.ts';

/** An answer, read whole. Redirects are never followed: they are what is tested. */
export type Answer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The body as JSON; throws when it is none. */
  json(): unknown;
};

export type Ask = {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as a form. */
  form?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Host header; the dashboard's when absent. */
  host?: string;
};

/** Somebody with an account, and the browser they are logged in with. */
export type Person = Account & {
  /** Asks the dashboard with this person's cookie. */
  ask(path: string, ask?: Ask): Promise<Answer>;
};

export type TestApp = Pick<FastifyInstance, 'db' | 'config' | 'mailer' | 'instanceDomainId'> & {
  /** The server's own parts. */
  fastify: FastifyInstance;
  databaseUrl: string;
  /** Origin of the dashboard, reachable by a browser. */
  url: string;
  /** Host of the short links, for the Host header. */
  shortHost: string;
  /** Asks the dashboard, or with `host` any other site, as nobody in particular. */
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Opens a short link as a visitor does. */
  visit(path: string, ask?: Ask): Promise<Answer>;
  /** A new account with a workspace of its own, logged in. */
  signUp(name?: string): Promise<Person>;
  /** Takes pending hits into the rollups now, instead of within a second. */
  rollUp(): Promise<number>;
  close(): Promise<void>;
};

export const desktopChrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

/**
 * Starts the real server on a database of its own and a free port of 127.0.0.1.
 * @param env settings over those of tests: anyone may sign up, short links live on go.localhost, addresses come from
 *   X-Forwarded-For (so that visitors can be told apart)
 * @param prepare changes the database before the server meets it
 */
export async function startTestApp(
  env: Record<string, string> = {},
  prepare: (databaseUrl: string) => Promise<void> = async () => {},
): Promise<TestApp> {
  const database = await createTestDatabase();
  await prepare(database.url);
  const dataDir = mkdtempSync(join(tmpdir(), 'waymark-test-'));
  const port = await freePort();
  const config = readConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: String(port),
    APP_URL: `http://localhost:${port}`,
    SHORT_URL: `http://go.localhost:${port}`,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    SECRET: randomBytes(32).toString('hex'),
    SIGN_UP: 'open',
    TRUST_PROXY: 'loopback',
    // Test machines are busy: a click is in its table when its visitor is sent on, and no page is put off. The tests of
    // a database that is away, and of too much to do, set their own. A limit on the event loop, however high, would not
    // do: a machine that stalls for a second has measured nothing, which counts as endless.
    CLICK_COMMIT_BUDGET_MS: '10000',
    YIELD_AFTER_MS: '0',
    DRAIN_MS: '0',
    LOG_LEVEL: 'fatal',
    ...env,
  });
  const server = await startServer(config);
  const { db, mailer, instanceDomainId } = server.app;
  const appHost = new URL(config.appUrl).host;
  const shortHost = new URL(config.shortUrl).host;
  const ask = (path: string, options: Ask = {}) => request(port, path, { host: appHost, ...options });
  waitForServer(db, async (host) => {
    const answer = await request(port, `/internal/tls-allowed?domain=${host}`, { host: `127.0.0.1:${port}` });
    return answer.status === 200;
  });

  return {
    fastify: server.app,
    db,
    config,
    mailer,
    instanceDomainId,
    databaseUrl: database.url,
    url: config.appUrl,
    shortHost,
    ask,
    visit: (path, options = {}) =>
      request(port, path, {
        host: shortHost,
        ...options,
        headers: { 'user-agent': desktopChrome, 'accept-language': 'en-GB,en;q=0.9', ...options.headers },
      }),
    signUp: (name = 'Ada') => signUp({ db, config, ask }, name),
    rollUp: () => rollUpPending(db),
    async close() {
      await server.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function signUp(app: Pick<TestApp, 'db' | 'config' | 'ask'>, name: string): Promise<Person> {
  const person = await makePerson(app.db, app.config, name);
  const { cookie } = person;
  return { ...person, ask: (path, ask = {}) => app.ask(path, { ...ask, headers: { cookie, ...ask.headers } }) };
}

function request(port: number, path: string, ask: Ask): Promise<Answer> {
  const headers: Record<string, string> = ask.host === undefined ? {} : { host: ask.host };
  let payload: string | undefined;
  if (ask.form) {
    payload = new URLSearchParams(ask.form).toString();
    headers['content-type'] = 'application/x-www-form-urlencoded';
  } else if (ask.body !== undefined) {
    payload = typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body);
    headers['content-type'] = 'application/json';
  }
  if (payload !== undefined) headers['content-length'] = String(Buffer.byteLength(payload));
  const method = ask.method ?? (payload === undefined ? 'GET' : 'POST');
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { host: '127.0.0.1', port, path, method, headers: { ...headers, ...ask.headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}
