import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { query } from '../setup/postgres.ts';
import { openCommandLine, type Ran } from './run.ts';

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});

afterAll(() => testDatabase.drop());

async function doctor(env: Record<string, string>, ...words: string[]): Promise<Ran> {
  const line = openCommandLine(env);
  const ran = await line.run('doctor', ...words);
  line.close();
  return ran;
}

type Check = { name: string; status: string; message: string };

async function checksOf(env: Record<string, string>) {
  const { code, stdout, stderr } = await doctor(env, '--json');
  const { isHealthy, checks } = JSON.parse(stdout) as { isHealthy: boolean; checks: Check[] };
  const statuses = Object.fromEntries(checks.map(({ name, status }) => [name, status]));
  const messages = Object.fromEntries(checks.map(({ name, message }) => [name, message]));
  return { code, stderr, isHealthy, statuses, messages };
}

const published = { APP_URL: 'https://app.example.com', SHORT_URL: 'https://go.example.com' };

describe('waymark doctor', () => {
  it('finds a server in order', async () => {
    const smtp = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'] });
    await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', resolve));
    const address = smtp.server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const env = { ...published, DATABASE_URL: testDatabase.url, SMTP_URL: `smtp://127.0.0.1:${port}` };
    const { code, stderr, isHealthy, statuses, messages } = await checksOf(env);
    await new Promise<void>((resolve) => smtp.close(resolve));
    expect({ code, stderr, isHealthy }).toEqual({ code: 0, stderr: '', isHealthy: true });
    expect(statuses).toMatchObject({
      settings: 'ok',
      data: 'ok',
      database: 'ok',
      migrations: 'ok',
      clock: 'ok',
      search: 'ok',
      geo: 'ok',
      mail: 'ok',
    });
    expect(messages.database).toMatch(/^Postgres \d\d, external, at /);
    expect(messages.database).not.toContain(new URL(testDatabase.url).password || '@');
  });

  it('warns of what is missing, as a table for people', async () => {
    const { code, stdout } = await doctor({ DATABASE_URL: testDatabase.url, GEOIP_DB: '/nowhere.mmdb' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn {2}settings {4}.+APP_URL/m);
    expect(stdout).toMatch(/^ok {4}database {4}Postgres/m);
    expect(stdout).toMatch(/^warn {2}geo {9}.+\/nowhere\.mmdb could not be read/m);
    expect(stdout).toMatch(/^warn {2}mail {8}SMTP_URL is not set/m);
  });

  it.each([
    [{ APP_URL: 'http://192.168.0.7:3000', SHORT_URL: 'https://go.example.com' }, 'Only this network', 'APP_URL'],
    [{ APP_URL: 'https://app.example.com', SHORT_URL: 'http://localhost:3000' }, 'Only this computer', 'SHORT_URL'],
  ])('warns of the address that few can open: %j', async (urls, few, name) => {
    const { statuses, messages } = await checksOf({ ...urls, DATABASE_URL: testDatabase.url });
    expect(statuses.settings).toBe('warn');
    expect(messages.settings).toContain(`${few} can open ${urls[name as keyof typeof urls]}: set ${name}.`);
  });

  it('finds migrations that are missing, and leaves them so', async () => {
    const old = await createTestDatabase();
    await query(
      old.url,
      'delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)',
    );
    const { statuses, messages } = await checksOf({ DATABASE_URL: old.url });
    const again = await checksOf({ DATABASE_URL: old.url });
    await old.drop();
    expect(statuses.migrations).toBe('warn');
    expect(messages.migrations).toMatch(/^1 of \d+ are missing/);
    expect(again.messages.migrations).toBe(messages.migrations);
  });

  it('fails when the database or the mail server does not answer', async () => {
    const { code, isHealthy, statuses, messages } = await checksOf({
      DATABASE_URL: 'postgres://waymark:secret@127.0.0.1:1/waymark',
      SMTP_URL: 'smtp://127.0.0.1:1',
    });
    expect({ code, isHealthy }).toEqual({ code: 1, isHealthy: false });
    expect(statuses).toMatchObject({ data: 'ok', database: 'fail', mail: 'fail' });
    expect(messages.database).toContain('127.0.0.1:1/waymark');
    expect(JSON.stringify(messages)).not.toContain('secret');
  });

  it('fails when DATA_DIR is no folder, and when a setting is wrong', async () => {
    const line = openCommandLine({});
    const file = join(line.dataDir, 'file');
    writeFileSync(file, '');
    const env = { DATABASE_URL: testDatabase.url, SECRET: 'x'.repeat(32), DATA_DIR: file };
    const { code, statuses } = await checksOf(env);
    line.close();
    expect({ code, data: statuses.data }).toEqual({ code: 1, data: 'fail' });
    const wrong = await checksOf({ SIGN_UP: 'maybe' });
    expect(wrong).toMatchObject({ code: 1, isHealthy: false, statuses: { settings: 'fail' } });
    expect(wrong.messages.settings).toMatch(/^SIGN_UP: /);
  });

  it('looks at the embedded Postgres when no other one is named', async () => {
    const { code, statuses, messages } = await checksOf({});
    expect({ code, database: statuses.database, migrations: statuses.migrations }).toEqual({
      code: 0,
      database: 'ok',
      migrations: 'warn',
    });
    expect(messages.database).toMatch(/^Postgres \d\d, embedded, below /);
  });
});
