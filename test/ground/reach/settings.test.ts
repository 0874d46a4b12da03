import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withCarriedSettings } from '../../../src/ground/db/client.ts';
import { withConnection } from '../../../src/ground/db/connection.ts';
import { openDatabase } from '../../../src/ground/db/db.ts';
import { inspectDatabase } from '../../../src/ground/reach/preflight.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { rowsOf } from '../../setup/hits.ts';
import { query, urlOfDatabase } from '../../setup/postgres.ts';

/** Settings of a database that are not ours, and how our connections have them all the same. */
const strange: readonly (readonly [name: string, theirs: string, ours: string])[] = [
  ['datestyle', 'SQL, DMY', 'ISO, MDY'],
  ['datestyle', 'German, DMY', 'ISO, MDY'],
  ['intervalstyle', 'iso_8601', 'postgres'],
  ['timezone', 'Pacific/Chatham', 'UTC'],
  ['standard_conforming_strings', 'off', 'on'],
  ['bytea_output', 'escape', 'hex'],
  ['extra_float_digits', '-15', '1'],
  ['array_nulls', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['statement_timeout', '1ms', '0'],
  ['lock_timeout', '1ms', '0'],
  ['idle_in_transaction_session_timeout', '1ms', '0'],
  ['idle_session_timeout', '1ms', '0'],
  ['row_security', 'off', 'on'],
  ['jit', 'on', 'off'],
  ['plan_cache_mode', 'force_custom_plan', 'auto'],
];

/** Settings that change how something is done, and nothing of the result. */
const indifferent: readonly (readonly [name: string, value: string])[] = [
  ['lc_numeric', 'C'],
  ['lc_time', 'C'],
  ['quote_all_identifiers', 'on'],
  ['enable_hashjoin', 'off'],
  ['enable_seqscan', 'off'],
  ['enable_sort', 'off'],
  ['enable_hashagg', 'off'],
  ['synchronous_commit', 'off'],
];

/** Changes the settings of a database from beside it, so that they do not concern this connection. */
const alter = (url: string, change: string) =>
  query(urlOfDatabase(url, 'postgres'), `alter database ${new URL(url).pathname.slice(1)} ${change}`);

describe('a connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => alter(database.url, 'reset all'));
  afterAll(() => database.drop());

  it.each(strange)('has its own %s where the database says %s', async (name, theirs, ours) => {
    await alter(database.url, `set ${name} = '${theirs}'`);
    const opened = openDatabase(database.url, () => {}, 1);
    const { rows } = await opened.db.execute<{ value: string }>(sql`select current_setting(${name}) as value`);
    await opened.close();
    expect(rows[0]?.value).toBe(ours);
  });

  it.each([
    ['datestyle', 'SQL, DMY', false],
    ['default_transaction_isolation', 'serializable', true],
    ['extra_float_digits', '-15', true],
    ['array_nulls', 'off', true],
    ['transform_null_equals', 'on', true],
    ['statement_timeout', '5000', false],
  ])('behind a pooler that refuses settings: %s = %s is found, and is fatal: %s', async (name, value, isFatal) => {
    const url = withCarriedSettings(database.url);
    await alter(database.url, `set ${name} = '${value}'`);
    const findings = await withConnection(url, (client) => inspectDatabase(client, url));
    const found = findings.find(({ message }) => message.includes(`The database says ${name} = `));
    // Poolers carry the date style, so that it is right in any case.
    if (name === 'datestyle') return expect(findings).toEqual([]);
    expect(found).toMatchObject({ isFatal, message: expect.stringContaining(`set ${name} = `) });
  });

  it('finds nothing wrong with a fresh database', async () => {
    expect(await withConnection(database.url, (client) => inspectDatabase(client, database.url))).toEqual([]);
  });
});

describe('a server on a database with every strange setting at once', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({}, async (url) => {
      for (const [name, value] of [...strange, ...indifferent]) await alter(url, `set ${name} = '${value}'`);
      await alter(url, `set datestyle = 'SQL, DMY'`);
    });
  });
  afterAll(() => app.close());

  it('records, counts visitors and shows them', async () => {
    const ada = await app.signUp();
    const home = `/w/${ada.workspace.slug}`;
    expect(
      (await ada.ask(`${home}/links`, { form: { url: 'https://example.com/%C3%A9', slug: 'strange' } })).status,
    ).toBeLessThan(400);
    for (let visit = 0; visit < 3; visit++) expect((await app.visit('/strange')).status).toBe(302);
    await app.rollUp();
    const [totals] = await rowsOf(app.db, sql`select clicks::int, visitors::int from link_totals`);
    expect(totals).toEqual({ clicks: 3, visitors: 1 });
    const list = await ada.ask(`${home}/links`);
    expect(list.status).toBe(200);
    expect(list.text).toContain('strange');
    const [day] = await rowsOf(
      app.db,
      sql`select (day between current_date - 1 and current_date + 1) as isNear from visitors_seen limit 1`,
    );
    expect(Object.values(day ?? {})).toEqual([true]);
  });
});
