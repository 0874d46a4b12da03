import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { announce } from '../../../src/ground/db/notify.ts';
import { domains } from '../../../src/ground/db/schema.ts';
import { Unavailable } from '../../../src/ground/text/errors.ts';
import { newId } from '../../../src/ground/text/id.ts';
import { LiveHosts } from '../../../src/visitors/redirect/live-hosts.ts';
import { readConfig } from '../../../src/config.ts';
import { type RunningServer, startServer } from '../../../src/boot/start.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';

let app: TestApp;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
});
afterAll(() => app.close());

const statusOf = async (host: string) => (await app.visit('/', { host })).status;

/** Into the table, and nobody is told. */
const insertSilently = (host: string) =>
  app.db.insert(domains).values({ id: newId(), host, workspaceId, proofToken: 'proof', provedAt: new Date() });

/** Keeps the database from saying anything about domains meanwhile. */
async function whileLocked(run: () => Promise<void>): Promise<void> {
  const lock = new Client(app.databaseUrl);
  await lock.connect();
  await lock.query('begin');
  await lock.query('lock table domains in access exclusive mode');
  try {
    await run();
  } finally {
    await lock.end();
  }
}

describe('a flood of made-up hosts', () => {
  it('asks the database nothing', async () => {
    await whileLocked(async () => {
      const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => statusOf(`made-up-${n}.example`)));
      expect(new Set(answers)).toEqual(new Set([404]));
    });
  });

  it('keeps nobody from domains that were visited, were not, or are new', async () => {
    for (let n = 0; n < 20; n++) await insertDomain(app.db, workspaceId, `live-${n}.example`);
    for (let n = 0; n < 10; n++) expect(await statusOf(`live-${n}.example`)).toBe(200);
    let made = 0;
    const over = new AbortController();
    const flood = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!over.signal.aborted) expect(await statusOf(`x${made++}.example`)).toBe(404);
      }),
    );
    await expect.poll(() => made).toBeGreaterThan(200);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => statusOf(`live-${n}.example`)));
    await insertDomain(app.db, workspaceId, 'brand-new.example');
    answers.push(await statusOf('brand-new.example'));
    over.abort();
    await flood;
    expect(answers).toEqual(Array.from({ length: 21 }, () => 200));
  });
});

describe('a domain that was added or removed', () => {
  let other: RunningServer;
  beforeAll(async () => {
    other = await startServer(
      readConfig({
        HOST: '127.0.0.1',
        PORT: '0',
        APP_URL: app.config.appUrl,
        SHORT_URL: app.config.shortUrl,
        DATABASE_URL: app.databaseUrl,
        DATA_DIR: `${app.config.dataDir}/other`,
        SECRET: app.config.secret,
        LOG_LEVEL: 'fatal',
        CLICK_COMMIT_BUDGET_MS: '10000',
      }),
    );
  });
  afterAll(() => other.close());

  const both = async (host: string) => [
    await statusOf(host),
    (await other.app.inject({ url: '/', headers: { host } })).statusCode,
  ];

  it('is so on every node', async () => {
    expect(await both('two-nodes.example')).toEqual([404, 404]);
    await insertDomain(app.db, workspaceId, 'two-nodes.example');
    await expect.poll(() => both('two-nodes.example')).toEqual([200, 200]);
    await app.db.execute(sql`delete from domains where host = 'two-nodes.example'`);
    await announce(app.db, { kind: 'domain', host: 'two-nodes.example' });
    await expect.poll(() => both('two-nodes.example')).toEqual([404, 404]);
    // Nobody asks about it again: the answer has been taken in.
    await whileLocked(async () => expect(await both('two-nodes.example')).toEqual([404, 404]));
  });

  it('is so also when the announcement was lost', async () => {
    await insertSilently('lost.example');
    expect(await both('lost.example')).toEqual([404, 404]);
    await app.db.execute(sql`
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'waymark listener'`);
    await expect.poll(() => both('lost.example')).toEqual([200, 200]);
  });
});

describe('the list of live hosts', () => {
  let calls: ((names: string[] | Error) => void)[];
  let hosts: LiveHosts;
  beforeEach(() => {
    calls = [];
    hosts = new LiveHosts(
      () =>
        new Promise((resolve, reject) => {
          calls.push((names) => (names instanceof Error ? reject(names) : resolve(names)));
        }),
    );
  });
  const answer = (names: string[] | Error) => calls.shift()?.(names);

  it('is read once for all who ask meanwhile', async () => {
    const asked = Promise.all(Array.from({ length: 300 }, (_, n) => hosts.mayBeLive(`x${n}.example`)));
    expect(calls).toHaveLength(1);
    answer(['live.example']);
    expect(new Set(await asked)).toEqual(new Set([false]));
    expect([hosts.recall('live.example'), hosts.recall('x.example')]).toEqual([true, false]);
    expect(calls).toHaveLength(0);
  });

  it('that was asked for before an announcement does not overrule it', async () => {
    const loading = hosts.load();
    hosts.doubt('new.example');
    hosts.doubt('gone.example');
    answer(['gone.example']);
    await loading;
    // To be looked up, whatever the list says.
    expect([hosts.recall('new.example'), hosts.recall('gone.example')]).toEqual([true, true]);
    const second = hosts.load();
    hosts.settle('new.example', true, performance.now());
    hosts.settle('gone.example', false, performance.now());
    answer(['new.example']);
    await second;
    expect([hosts.recall('new.example'), hosts.recall('gone.example')]).toEqual([true, false]);
  });

  it('keeps what a look-up found while it was under way', async () => {
    const first = hosts.load();
    answer([]);
    await first;
    const second = hosts.load();
    hosts.doubt('new.example');
    hosts.settle('new.example', true, performance.now());
    answer([]);
    await second;
    expect(hosts.recall('new.example')).toBe(true);
  });

  it('takes no look-up for an answer that began before the announcement', async () => {
    const first = hosts.load();
    answer(['old.example']);
    await first;
    const askedAt = performance.now();
    hosts.doubt('old.example');
    hosts.settle('old.example', false, askedAt - 1);
    expect(hosts.recall('old.example')).toBe(true);
  });

  it('is asked for again when an answer under way is older than the doubt', async () => {
    const asked = hosts.mayBeLive('new.example');
    hosts.distrust();
    answer([]);
    await expect.poll(() => calls.length).toBe(1);
    answer(['new.example']);
    expect(await asked).toBe(true);
  });

  it('that cannot be read leaves live hosts as they are, and says of others that it cannot be said', async () => {
    const first = hosts.load();
    answer(['live.example']);
    await first;
    hosts.distrust();
    const asked = hosts.mayBeLive('other.example');
    answer(new Error('away'));
    await expect(asked).rejects.toThrow(Unavailable);
    expect(await hosts.mayBeLive('live.example')).toBe(true);
    const again = hosts.mayBeLive('other.example');
    answer(['other.example']);
    expect(await again).toBe(true);
  });
});
