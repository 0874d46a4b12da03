import net from 'node:net';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { desktopChrome, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;
beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
});
afterAll(() => app.close());

/**
 * Opens a link and resets the connection (RST) while its link is looked up: the table is locked until the server has
 * seen the reset.
 */
async function openAndReset(path: string, ...lines: string[]): Promise<void> {
  const lock = new Client(app.databaseUrl);
  await lock.connect();
  await lock.query('begin; lock table slugs in access exclusive mode');
  try {
    const socket = net.connect(app.config.port, '127.0.0.1');
    socket.on('error', () => {});
    const head = [`GET ${path} HTTP/1.1`, `Host: ${app.shortHost}`, `User-Agent: ${desktopChrome}`, ...lines, '', ''];
    socket.write(head.join('\r\n'));
    const isLookedFor = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await rowsOf(app.db, isLookedFor)).length, { timeout: 10_000 }).toBe(1);
    socket.resetAndDestroy();
    const connections = () =>
      new Promise((resolve) => app.fastify.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
  } finally {
    await lock.end();
  }
}

const lost = async () => /^waymark_clicks_total\{fate="lost"\} (\d+)$/m.exec((await app.ask('/metrics')).text)?.[1];

it.each([
  ['directly', [], null],
  ['through a proxy', ['X-Forwarded-For: 8.8.8.8:51234'], 'US'],
])(
  'a visit %s whose connection is reset while its link is looked up is recorded as what it is',
  async (_how, lines, country) => {
    const slug = `reset-${lines.length}`;
    const { id } = await makeLink(app, workspaceId, { url: 'https://example.com/', slug });
    await openAndReset(`/${slug}`, ...lines);
    const hits = () => rowsOf(app.db, sql`select class, country from ${everyHit} c where link_id = ${id}`);
    await expect.poll(hits, { timeout: 10_000 }).toEqual([{ class: 'human', country }]);
    expect(await lost()).toBe('0');
  },
);

it('an unknown slug whose connection is reset meanwhile is counted for its network', async () => {
  await openAndReset('/nobody-has-this', 'X-Forwarded-For: 8.8.8.8');
  expect((await app.visit('/nobody-has-this')).status).toBe(404);
  expect(await lost()).toBe('0');
});
