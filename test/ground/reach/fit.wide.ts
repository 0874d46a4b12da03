import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inject } from 'vitest';
import { problemOfDatabaseUrl } from '../../../src/ground/addresses/database-url.ts';
import { checkDatabase } from '../../../src/cli/doctor-database.ts';
import { ConfigError, makeDataDir, readConfig } from '../../../src/config.ts';
import { sentenceOfFailure } from '../../../src/boot/start-failure.ts';
import { startServer } from '../../../src/boot/start.ts';
import { findProgram } from '../../setup/programs.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { freePort } from '../../setup/free-port.ts';
import { query, urlOfDatabase } from '../../setup/postgres.ts';
import { startTlsPostgres } from '../../setup/tls-postgres.ts';

let server: string;
let database: TestDatabase;
const made: string[] = [];
const role = `waymark_role_${process.pid}`;

beforeAll(async () => {
  server = inject('serverUrl');
  database = await createTestDatabase();
  await query(server, `create role ${role} login password 'pässword@1'`);
});
afterAll(async () => {
  await database.drop();
  for (const name of made) await query(server, `drop database ${name} with (force)`);
  await query(server, `drop role ${role}`);
});

async function createDatabase(options = ''): Promise<string> {
  const name = `${inject('databasePrefix')}_fit_${made.length}`;
  await query(server, `create database ${name} ${options}`);
  made.push(name);
  return urlOfDatabase(server, name);
}

function as(url: string, user: string, password: string): string {
  const other = new URL(url);
  other.username = user;
  other.password = encodeURIComponent(password);
  return other.href;
}

const settings = (databaseUrl: string, more: Record<string, string> = {}) => ({
  SECRET: 'x'.repeat(32),
  DATA_DIR: join(tmpdir(), `waymark-fit-${process.pid}`),
  HOST: '127.0.0.1',
  PORT: '0',
  DATABASE_URL: databaseUrl,
  LOG_LEVEL: 'silent',
  ...more,
});

/** The start's one sentence for a database that it refuses. */
async function failureOf(databaseUrl: string, more: Record<string, string> = {}): Promise<string> {
  try {
    const running = await startServer(readConfig(settings(databaseUrl, more)));
    await running.close();
    return 'it started';
  } catch (error) {
    return sentenceOfFailure(error);
  }
}

/** What doctor fails at, of the database. */
async function doctorSays(databaseUrl: string): Promise<string[]> {
  const checks = await checkDatabase(readConfig(settings(databaseUrl)));
  return checks.filter(({ status }) => status === 'fail').map(({ message }) => message);
}

async function expectBoth(url: string, sentence: RegExp): Promise<void> {
  const failure = await failureOf(url);
  expect(failure).toMatch(sentence);
  expect(failure).not.toMatch(/\n\s+at /);
  expect((await doctorSays(url)).join('\n')).toMatch(sentence);
}

describe('the start and doctor refuse, with a sentence,', () => {
  it('a database whose encoding cannot hold every text', async () => {
    const url = await createDatabase(`encoding 'LATIN1' locale 'C' locale_provider libc template template0`);
    await expectBoth(url, /has the encoding LATIN1.+encoding 'UTF8' template template0/);
  });

  it('another schema than public', async () => {
    const url = await createDatabase();
    await query(url, 'create schema other');
    await query(server, `alter database ${new URL(url).pathname.slice(1)} set search_path = other, public`);
    await expectBoth(url, /keeps its tables in the schema public for now, and search_path leads to "other"/);
    const ours = new URL(database.url);
    ours.searchParams.set('options', '-c search_path=nowhere');
    await expectBoth(ours.href, /search_path leads to no schema/);
  });

  it('a database that only reads', async () => {
    const url = await createDatabase();
    await query(server, `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    await expectBoth(url, /The database only reads \(default_transaction_read_only is on\)/);
  });

  it('a role that may not make tables, and one that may make no schema', async () => {
    const url = await createDatabase();
    const asRole = as(url, role, 'pässword@1');
    await expectBoth(asRole, new RegExp(`may not make tables.+grant create on schema public to "${role}"`));
    await query(url, `grant create on schema public to ${role}`);
    await expectBoth(asRole, /may not make the schema "drizzle".+grant create on database/);
    await query(url, `grant create on database ${new URL(url).pathname.slice(1)} to ${role}`);
    expect(await failureOf(asRole)).toBe('it started');
  });

  it('a database with the tables, or the migrations, of another program', async () => {
    const url = await createDatabase();
    await query(url, 'create table users (id int)');
    await expectBoth(url, /has a table "users" of another program.+a database of its own/);
    const other = await createDatabase();
    await query(
      other,
      `create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text, created_at bigint);
       insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 9999999999999)`,
    );
    await expectBoth(other, /belongs to another program/);
  });

  it('a wrong password, an unknown database, no server, no host', async () => {
    await expectBoth(as(database.url, role, 'wrong-secret'), /cannot be used: it refuses the password/);
    await expectBoth(urlOfDatabase(server, 'nowhere'), /it has no database of this name/);
    await expectBoth('postgres://u:secret-word@127.0.0.1:1/waymark', /nobody listens there/);
    await expectBoth(
      'postgres://u:secret-word@no-such-host.invalid/waymark',
      /no host of this name|cannot be looked up/,
    );
    expect(await failureOf('postgres://u:secret-word@127.0.0.1:1/waymark')).not.toContain('secret-word');
  });

  it('something that listens and is no Postgres', async () => {
    const stranger = net
      .createServer((socket) => void socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      .listen(0, '127.0.0.1');
    await new Promise((resolve) => void stranger.once('listening', resolve));
    const { port } = stranger.address() as net.AddressInfo;
    expect(await failureOf(`postgres://u:p@127.0.0.1:${port}/d`)).not.toMatch(/\n\s+at /);
    await new Promise((resolve) => void stranger.close(resolve));
  });
});

describe.skipIf(!findProgram('postgres', '/usr/lib/postgresql/15/bin') || !findProgram('openssl'))(
  "Debian's Postgres 15 with a certificate of its own",
  () => {
    it('is refused by sslmode=require with the ways out, and each of these works', async () => {
      const postgres = await startTlsPostgres();
      try {
        await expectBoth(
          `${postgres.url}?sslmode=require`,
          /signed by nobody whom this machine knows.+sslrootcert.+sslmode=no-verify/,
        );
        expect(await doctorSays(`${postgres.url}?sslmode=no-verify`)).toEqual([]);
        expect(await doctorSays(`${postgres.url}?sslmode=verify-full&sslrootcert=${postgres.certificate}`)).toEqual([]);
      } finally {
        await postgres.close();
      }
    });
  },
);

it('a database without an encoding works, and doctor says that another one is better', async () => {
  const url = await createDatabase(`encoding 'SQL_ASCII' locale 'C' locale_provider libc template template0`);
  expect(await failureOf(url)).toBe('it started');
  const checks = await checkDatabase(readConfig(settings(url)));
  expect(checks.filter(({ name }) => name === 'database').map(({ status }) => status)).toEqual(['ok', 'warn']);
});

describe('a port', () => {
  it('that another program has is named', async () => {
    const taken = net.createServer().listen(await freePort(), '127.0.0.1');
    await new Promise((resolve) => void taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    expect(await failureOf(database.url, { PORT: String(port) })).toBe(
      `Waymark cannot start. Another program listens on port ${port} already. Stop it, or set PORT to another one.`,
    );
    await new Promise((resolve) => void taken.close(resolve));
  });

  it('that only root may have, and a host that is not here, are told with the way out', async () => {
    const denied = Object.assign(new Error('listen EACCES'), { syscall: 'listen', code: 'EACCES', port: 80 });
    expect(sentenceOfFailure(denied)).toMatch(/may not listen on port 80\. Set PORT to one above 1023/);
    expect(await failureOf(database.url, { HOST: '192.0.2.1' })).toMatch(
      /HOST is 192\.0\.2\.1, which is no address of this machine/,
    );
  });
});

it('a DATA_DIR that cannot be made is told', () => {
  const below = join(import.meta.filename, 'data');
  expect(() => makeDataDir(below)).toThrow(ConfigError);
  expect(() => makeDataDir(below)).toThrow(/^DATA_DIR: ".+" cannot be made \(ENOTDIR\)\. Name a folder/);
});

describe('an address of a database', () => {
  it.each([
    'postgres://waymark:p@ss@db.example/waymark',
    'postgres://waymark:p%40ss@db.example:5432/waymark?sslmode=require',
    'postgresql://waymark@[::1]:5432/waymark',
    'postgres://waymark@%2Fvar%2Frun%2Fpostgresql/waymark',
  ])('is right: %s', (url) => {
    expect(problemOfDatabaseUrl(url)).toBeUndefined();
  });

  it.each([
    'mysql://waymark@db/waymark',
    'waymark',
    'postgres://waymark:12/hush@db.example/waymark',
    'postgres://waymark:12#hush@db.example/waymark',
    'postgres://waymark:12?hush@db.example/waymark',
    'postgres://waymark:12@x/hush@db.example/waymark',
    'postgres://waymark:hush/word@db.example/waymark',
    'postgres://waymark:hush#word@db.example/waymark',
    'postgres://waymark:hush%zz@db.example/waymark',
  ])('is refused without a word of it: %s', (url) => {
    const problem = problemOfDatabaseUrl(url);
    expect(problem).toMatch(/^(is not an address such as|has a )/);
    expect(problem).not.toContain('hush');
    expect(() => readConfig(settings(url))).toThrow(/^DATABASE_URL: (is not|has a)/);
  });

  it.each([
    'postgres://u:p@127.0.0.1:4171,127.0.0.1:4172/db?target_session_attrs=read-write',
    'postgres://u:p@127.0.0.1,127.0.0.2:4171/db',
    'postgres://u:p@/db?host=a,b&port=1,2',
    'postgres://u:p@standby/db?target_session_attrs=read-write',
    'postgres://u:p@standby/db?load_balance_hosts=random',
  ])('that the driver would not heed is refused, and says what to do instead: %s', (url) => {
    expect(problemOfDatabaseUrl(url)).toMatch(/always leads to the primary/);
  });

  it('for DATABASE_DIRECT_URL needs one for DATABASE_URL', () => {
    expect(() => readConfig({ DATABASE_DIRECT_URL: 'postgres://u@h/d' })).toThrow(/^DATABASE_DIRECT_URL: /);
  });
});
