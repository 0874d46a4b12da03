import { tmpdir } from 'node:os';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { type PgBouncer, pgbouncer, startPgBouncer } from '../../setup/pgbouncer.ts';
import { query } from '../../setup/postgres.ts';
import { startTestApp } from '../../setup/app.ts';
import { checkDatabase } from '../../../src/cli/doctor-database.ts';
import { readConfig } from '../../../src/config.ts';
import { migrationsFolder } from '../../../src/ground/db/schema-support.ts';
import { migrateDatabase } from '../../../src/ground/db/migrate.ts';
import { announce, listen } from '../../../src/ground/db/notify.ts';
import { openDatabase } from '../../../src/ground/db/db.ts';
import { tryWay } from '../../../src/ground/reach/pooler.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const doctor = async (env: Record<string, string>) => {
  const checks = await checkDatabase(readConfig({ SECRET: 'x'.repeat(32), DATA_DIR: tmpdir(), ...env }));
  return Object.fromEntries(checks.map(({ name, status, message }) => [name, { status, message }]));
};

it('is not seen where there is none', async () => {
  expect(await tryWay(database.url)).toEqual({ url: database.url, pooler: 'none', keepsPrepared: true });
});

describe.skipIf(!pgbouncer)('PgBouncer in session mode', () => {
  let bouncer: PgBouncer;
  let url: string;

  beforeAll(async () => {
    bouncer = await startPgBouncer(database.url, { mode: 'session' });
    url = bouncer.urlOf(database.url);
  });
  afterAll(() => bouncer.close());

  it('is known by how it behaves', async () => {
    expect(await tryWay(url)).toMatchObject({ pooler: 'session', keepsPrepared: true });
  });

  it('serves a whole server: links, edits, clicks, reports, and nothing is left on its connections', async () => {
    const app = await startTestApp({ DATABASE_URL: url });
    try {
      const ada = await app.signUp();
      const made = await ada.ask(`/w/${ada.workspace.slug}/links`, {
        form: { url: 'https://example.com/a', slug: 'pooled' },
      });
      expect(made.status).toBeLessThan(400);
      expect((await app.visit('/pooled')).headers.location).toBe('https://example.com/a');
      expect(await app.rollUp()).toBeGreaterThanOrEqual(0);
      const ready = (await app.ask('/health/ready')).json();
      expect(ready).toMatchObject({ status: 'ok', announcements: { status: 'ok' } });
    } finally {
      await app.close();
    }
  });

  it('is in order for doctor', async () => {
    const found = await doctor({ DATABASE_URL: url });
    expect(found).toMatchObject({
      database: { status: 'ok' },
      pooler: { status: 'ok', message: 'DATABASE_URL leads through one in session mode.' },
      changes: { status: 'ok' },
    });
  });
});

describe.skipIf(!pgbouncer)('PgBouncer in transaction mode', () => {
  let bouncer: PgBouncer;
  let url: string;

  beforeAll(async () => {
    bouncer = await startPgBouncer(database.url, { mode: 'transaction' });
    url = bouncer.urlOf(database.url);
  });
  afterAll(() => bouncer.close());

  it('before 1.21 is refused by the start and by doctor, because it loses prepared statements', async () => {
    const { pooler, keepsPrepared } = await tryWay(url);
    expect(pooler).toBe('transaction');
    if (keepsPrepared) return expect((await doctor({ DATABASE_URL: url })).changes?.status).toBe('warn');
    await expect(startTestApp({ DATABASE_URL: url })).rejects.toThrow(
      /transaction mode that loses prepared statements\. Use PgBouncer 1\.21/,
    );
    expect((await doctor({ DATABASE_URL: url })).pooler).toMatchObject({ status: 'fail' });
    expect((await doctor({ DATABASE_URL: url, DATABASE_DIRECT_URL: database.url })).pooler).toMatchObject({
      status: 'fail',
    });
  });

  it('as DATABASE_DIRECT_URL is refused', async () => {
    await expect(startTestApp({ DATABASE_URL: database.url, DATABASE_DIRECT_URL: url })).rejects.toThrow(
      'DATABASE_DIRECT_URL leads through a pooler in transaction mode',
    );
  });

  it('leaves no lock of a migration behind', async () => {
    const empty = await createTestDatabase();
    const other = await startPgBouncer(empty.url, { mode: 'transaction' });
    try {
      await query(empty.url, 'drop schema drizzle cascade; drop schema public cascade; create schema public');
      const { url: pooled } = await tryWay(other.urlOf(empty.url));
      await Promise.all(Array.from({ length: 3 }, () => migrateDatabase(pooled)));
      await migrateDatabase(pooled);
      const locks = `select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
                     where l.locktype = 'advisory' and d.datname = current_database()`;
      expect(await query(empty.url, locks)).toEqual([{ count: 0 }]);
      const [applied] = await query<{ count: number }>(
        empty.url,
        'select count(*)::int as count from drizzle.__drizzle_migrations',
      );
      expect(applied?.count).toBe(readMigrationFiles({ migrationsFolder }).length);
    } finally {
      await other.close();
      await empty.drop();
    }
  });

  it('is noticed by the listener, which hears nothing there, and hears past it', async () => {
    const { url: pooled } = await tryWay(url);
    const sender = openDatabase(pooled, () => {}, 2);
    const hearing = async (listenUrl: string) => {
      const heard: unknown[] = [];
      let isTold = (_hears: boolean) => {};
      const first = new Promise<boolean>((resolve) => (isTold = resolve));
      const listener = await listen({
        url: listenUrl,
        db: sender.db,
        onAnnouncement: (announcement) => heard.push(announcement),
        onGap: () => {},
        onHearing: (hears) => isTold(hears),
      });
      const hears = await first;
      return { hears, isListening: listener.hears, heard, listener };
    };
    const deaf = await hearing(pooled);
    expect(deaf).toMatchObject({ hears: false, isListening: false });
    await deaf.listener.close();
    const well = await hearing(database.url);
    expect(well).toMatchObject({ hears: true, isListening: true });
    await announce(sender.db, { kind: 'domain', host: 'a.example' });
    await expect.poll(() => well.heard).toEqual([{ kind: 'domain', host: 'a.example' }]);
    await well.listener.close();
    await sender.close();
  });
});
