import { sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schema from '../../../src/ground/db/schema.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { rowsOf } from '../../setup/hits.ts';

/** Migrations are edited by hand (partitions, functions); what they make must still be what the code believes in. */

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.drop());

const tables = Object.values(schema)
  .filter((entry) => entry instanceof PgTable)
  .map((table) => getTableConfig(table));

describe('the migrated database', () => {
  it('has the tables of the schema and no others but partitions', async () => {
    const rows = await rowsOf<{ name: string }>(
      database.db,
      sql`
select c.relname as name from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by 1`,
    );
    expect(rows.map((row) => row.name)).toEqual(tables.map((table) => table.name).toSorted());
  });

  it.each(tables.map((table) => [table.name, table] as const))('has the columns of %s', async (name, table) => {
    const rows = await rowsOf<{ column: string; type: string; required: boolean }>(
      database.db,
      sql`
select a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required
from pg_attribute a
where a.attrelid = ${name}::regclass and a.attnum > 0 and not a.attisdropped
order by 1`,
    );
    const expected = table.columns.map((column) => ({
      column: column.name,
      type: column.getSQLType(),
      required: column.notNull || column.primary || table.primaryKeys.some((key) => key.columns.includes(column)),
    }));
    expect(rows).toEqual(expected.toSorted((a, b) => (a.column < b.column ? -1 : 1)));
  });

  it('makes a partition of a month once, and keeps hits of any other time', async () => {
    const made = await rowsOf<{ first: boolean; again: boolean }>(
      database.db,
      sql`select ensure_click_partition('2031-05-17 12:00Z') as first, ensure_click_partition('2031-05-31 23:59Z') as again`,
    );
    expect(made).toEqual([{ first: true, again: false }]);
  });
});
