import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/ground/embedded/embedded.ts';
import { migrateDatabase } from '../../src/ground/db/migrate.ts';
import { type Chrome, findChrome } from './chrome.ts';
import { query, urlOfDatabase } from './postgres.ts';
import { projectRoot } from './project-root.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server's database `postgres`. */
    serverUrl: string;
    /** Begins the name of every database of this run; the migrated template is `<prefix>_template`. */
    databasePrefix: string;
    chrome: Chrome | null;
  }
}

const isKept = Boolean(process.env.KEEP_TEST_DATABASES);

/**
 * Before the first test: a server (TEST_DATABASE_URL, or a throw-away one of our own), a migrated template database,
 * and a browser. After the last: nothing of it is left, unless KEEP_TEST_DATABASES is set.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const [server, chrome] = await Promise.all([startServer(), findChrome()]);
  const prefix = `waymark_test_${randomBytes(4).toString('hex')}`;
  const template = `${prefix}_template`;
  await query(server.url, `create database ${template}`);
  await migrateDatabase(urlOfDatabase(server.url, template));
  project.provide('serverUrl', server.url);
  project.provide('databasePrefix', prefix);
  project.provide('chrome', chrome);
  return async () => {
    if (!isKept) await dropDatabases(server.url, prefix);
    await server.stop();
  };
}

type Server = { url: string; stop(): Promise<void> };

async function startServer(): Promise<Server> {
  const named = process.env.TEST_DATABASE_URL;
  if (named) return { url: urlOfDatabase(named, 'postgres'), stop: async () => {} };
  const server = isKept
    ? await startEmbeddedPostgres({
        directory: join(projectRoot, 'data', 'test-postgres'),
        settings: { fsync: 'off', max_connections: 200 },
      })
    : await startEmbeddedPostgres({ directory: mkdtempSync(join(tmpdir(), 'waymark-test-')), ephemeral: true });
  const url = urlOfDatabase(server.url, 'postgres');
  // A server that is left running goes on showing what was kept; the next run with KEEP_TEST_DATABASES joins it.
  return { url, stop: () => (isKept ? tellWhere(url) : server.stop()) };
}

async function tellWhere(url: string): Promise<void> {
  console.log(`The test databases are kept at ${url}`);
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const names = await query<{ datname: string }>(
    url,
    `select datname from pg_database where datname like '${prefix}%'`,
  );
  for (const { datname } of names) await query(url, `drop database ${datname} with (force)`);
}
