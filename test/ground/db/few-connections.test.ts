import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectionsOf, divideConnections, readAvailable } from '../../../src/ground/reach/connections.ts';
import { createLink, openClient } from '../../people/keys/client.ts';
import { openCommandLine } from '../../cli/run.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

/** A role of Postgres that may have few connections, as managed databases give it. */
const role = `few_${randomBytes(4).toString('hex')}`;
let database: TestDatabase;
let url: string;
let app: TestApp | undefined;

beforeAll(async () => {
  const server = inject('serverUrl');
  const { username } = new URL(server);
  await query(server, `create role ${role} login password 'few' in role ${username}`);
  database = await createTestDatabase();
  const as = new URL(database.url);
  [as.username, as.password] = [role, 'few'];
  url = as.href;
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await database.drop();
  await query(inject('serverUrl'), `drop role ${role}`);
});

const limitTo = (count: number) => query(inject('serverUrl'), `alter role ${role} connection limit ${count}`);
const held = async () => {
  const asked = `select count(*)::int as count from pg_stat_activity where usename = '${role}'`;
  return (await query<{ count: number }>(inject('serverUrl'), asked))[0]?.count ?? 0;
};

describe('a role that may have few connections', () => {
  it('is refused at the start and by the doctor with too few: how many are needed, how many there', async () => {
    await limitTo(3);
    const sentence = `It needs 5 connections to Postgres, and the role "${role}" may have 3: raise that limit.`;
    await expect(startTestApp({ DATABASE_URL: url })).rejects.toThrow(sentence);
    const line = openCommandLine({ DATABASE_URL: url });
    const { code, stdout } = await line.run('doctor', '--json');
    line.close();
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      checks: expect.arrayContaining([{ name: 'capacity', status: 'fail', message: sentence }]),
    });
    await limitTo(0);
    await expect(startTestApp({ DATABASE_URL: url })).rejects.toThrow(/none is to spare now/);
  });

  it('is enough with five: visitors come first, and what finds no connection is told to come again', async () => {
    await limitTo(5);
    app = await startTestApp({ DATABASE_URL: url, CLICK_COMMIT_BUDGET_MS: '1000' });
    const ada = await app.signUp('Ada');
    const client = await openClient(app, ada);
    const links = await Promise.all(Array.from({ length: 10 }, () => createLink(client)));
    const home = `/w/${ada.workspace.slug}`;
    const crowd = Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        n % 2 ? client.ask(`/links?search=${n}`) : (ada.ask(`${home}/${['links', 'reports', 'tags'][n % 3]}`) as never),
      ),
    );
    const visits = await Promise.all(links.map(async ({ slug }) => app?.visit(`/${slug}`)));
    expect(visits.map((visit) => visit?.status)).toEqual(links.map(() => 302));
    for (const { status } of await crowd) expect([200, 429, 503]).toContain(status);
    expect(await held()).toBeLessThanOrEqual(5);
    await expect.poll(() => query(database.url, `select count(*)::int from clicks`)).toEqual([{ count: links.length }]);
  });

  it('that loses all: links in memory open, their clicks wait on the disk and are counted later', async () => {
    await limitTo(5);
    app = await startTestApp({ DATABASE_URL: url });
    const { slug, id } = await createLink(await openClient(app, await app.signUp('Bob')));
    await app.close();
    // A server that started later is told nothing of the new link, so that once visited it stays in memory.
    app = await startTestApp({ DATABASE_URL: url, CLICK_COMMIT_BUDGET_MS: '1000' });
    const carol = await app.signUp('Carol');
    await app.visit(`/${slug}`);
    await limitTo(0);
    await query(
      inject('serverUrl'),
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
    );
    for (let n = 0; n < 3; n++) expect((await app.visit(`/${slug}`)).status).toBe(302);
    const ready = async () => (await app?.ask('/health/ready'))?.json();
    await expect.poll(ready).toMatchObject({ database: { status: 'unreachable' }, spool: { clicks: 3 } });
    expect((await carol.ask(`/w/${carol.workspace.slug}/links`)).status).toBe(503);
    await limitTo(5);
    await expect.poll(ready).toMatchObject({ database: { status: 'ok' }, spool: { status: 'empty' } });
    const asked = `select count(*)::int from clicks where link_id = '${id}'`;
    await expect.poll(() => query(database.url, asked)).toEqual([{ count: 4 }]);
  });
});

describe('connections', () => {
  it('are what the least of three limits gives', async () => {
    await limitTo(7);
    expect(await readAvailable(url)).toEqual({ count: 7, limitedBy: `the role "${role}" may have 7` });
    await limitTo(-1);
    expect((await readAvailable(url)).count).toBeGreaterThan(50);
  });

  it.each([
    [5, { lookups: 1, general: 2 }],
    [6, { lookups: 1, general: 2 }],
    [10, { lookups: 2, general: 5 }],
    [16, { lookups: 3, general: 10 }],
    [40, { lookups: 3, general: 34 }],
  ])('%i of a process: what visitors need comes first', (connections, share) => {
    expect(divideConnections(connections)).toEqual(share);
  });

  it('are as many as usual, or fewer where there are fewer, or as many as were asked for', () => {
    const server = { count: 97, limitedBy: 'the server gives 97' };
    expect(connectionsOf(server, 1, null)).toBe(16);
    expect(connectionsOf(server, 10, null)).toBe(9);
    expect(connectionsOf(server, 2, 40)).toBe(40);
    expect(() => connectionsOf(server, 20, null)).toThrow(
      'It needs 100 connections to Postgres (5 for each of 20 processes), and the server gives 97: raise that limit, or lower WEB_CONCURRENCY.',
    );
    expect(() => connectionsOf(server, 4, 40)).toThrow(
      'It needs 160 connections to Postgres (40 for each of 4 processes), and the server gives 97: set DATABASE_CONNECTIONS to 24 or less, or raise that limit.',
    );
  });
});
