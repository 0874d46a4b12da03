import { Client as Connection } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { type Client, createLink, openClient } from './client.ts';

let app: TestApp;
let [ada, bob]: Person[] = [];
let client: Client;
/** Postgres is made slow for real: somebody else locks the tables of clicks. */
let other: Connection;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  bob = await app.signUp('Bob');
  client = await openClient(app, ada);
  await createLink(client, { slug: 'spring' });
  other = new Connection({ connectionString: app.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await app.close();
});

describe('one key that asks for more than its share', () => {
  it('waits, and is told to come again, while pages of others and what is short are answered', async () => {
    await other.query('begin; lock table clicks in access exclusive mode');
    let isOver = false;
    const crowd = Promise.all(Array.from({ length: 20 }, () => client.ask('/hits?limit=1000&period=90d'))).finally(
      () => (isOver = true),
    );
    const paths = ['/links', '/tags', '/campaigns/new', '/settings'];
    const pages = await Promise.all([
      ...[...paths, '/links?search=spring'].map((path) => bob?.ask(`/w/${bob.workspace.slug}${path}`)),
      ...paths.map((path) => ada?.ask(`/w/${ada.workspace.slug}${path}`)),
      app.ask('/log-in'),
    ]);
    expect(isOver).toBe(false);
    expect(pages.map((page) => page?.status)).toEqual(pages.map(() => 200));
    const answers = await crowd;
    await other.query('rollback');
    await other.end();

    for (const answer of answers) {
      expect([422, 429]).toContain(answer.status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.json()).toMatchObject({ code: answer.status === 429 ? 'limit_reached' : 'took_too_long' });
    }
    const waited = answers.filter(({ status }) => status === 429);
    expect(waited.length).toBeGreaterThan(10);
    for (const answer of waited) {
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.json()).toMatchObject({
        detail: 'This workspace asks for a lot at the same time. Try again in a moment.',
      });
    }
    expect((await client.ask('/hits')).status).toBe(200);
  });
});

describe('a database that gives no connection', () => {
  it('is 503 with Retry-After on pages and for programs, never 500, and a link in memory opens', async () => {
    const program = await client.ask('/links');
    expect(program.status).toBe(200);
    await app.visit('/spring');
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const server = new Connection({ connectionString: app.databaseUrl.replace(name, 'postgres') });
    await server.connect();
    try {
      await server.query(`alter database ${name} allow_connections false`);
      await server.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
      );
      const asked = (answer: Answer | undefined) => [answer?.status, answer?.headers['retry-after']];
      for (const path of ['/links', '/tags', '/hits', '/analytics'])
        expect(asked(await client.ask(path))).toEqual([503, '5']);
      expect((await client.ask('/links')).json()).toMatchObject({ code: 'unavailable', status: 503 });
      for (const path of ['/links', '/reports', '/campaigns', '/tags', '/links.csv', '/export', '/live'])
        expect(asked(await ada?.ask(`/w/${ada.workspace.slug}${path}`))).toEqual([503, '5']);
      const form = { email: ada?.email ?? '', password: ada?.password ?? '' };
      expect(asked(await app.ask('/log-in', { form }))).toEqual([503, '5']);
      expect((await app.visit('/spring')).status).toBe(302);
    } finally {
      await server.query(`alter database ${name} allow_connections true`);
      await server.end();
    }
    await expect.poll(async () => (await client.ask('/links')).status).toBe(200);
  });
});
