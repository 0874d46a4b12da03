import { afterAll, beforeAll, expect, it } from 'vitest';
import { CuttableConnection } from '../../../src/ground/db/cuttable-connection.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it.each([
  ['off', 'on'],
  ['on', 'on'],
  ['local', 'local'],
  ['remote_apply', 'remote_apply'],
])('where the server says synchronous_commit = %s, clicks are committed with %s', async (setting, expected) => {
  const name = new URL(database.url).pathname.slice(1);
  await query(database.url, `alter database ${name} set synchronous_commit = ${setting}`);
  const connection = new CuttableConnection(database.url, 'test');
  const text = `
do $$ begin
  if current_setting('synchronous_commit') <> '${expected}' then
    raise 'it is %', current_setting('synchronous_commit');
  end if;
end $$`;
  await expect(connection.query({ text }, 5_000)).resolves.toBeUndefined();
  connection.destroy();
});
