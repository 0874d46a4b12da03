import { getTableColumns, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { expect, it } from 'vitest';
import { clicks, clicksPending } from '../../../src/ground/db/schema.ts';
import { Batches, unpacked } from '../../../src/visitors/clicks/inbox.ts';
import { makeHit } from '../../setup/hits.ts';
import { boundedFields, columnsOfHits, exportedFields, hitFields } from '../../../src/visitors/clicks/hit-fields.ts';

/** The columns of the first batches: those that wait while a newer version starts are read by their place. */
const first =
  'id clicked_at link_id slug_id workspace_id class reason rules_version signals network country region city device os browser language referrer channel utm_source utm_medium utm_campaign utm_term utm_content agent_id visitor_key domain_id'.split(
    ' ',
  );

/** What the database alone knows of a hit: whether its visitor is new. */
const flags = new Set(['is_first_on_link', 'is_first_in_workspace']);

it.each([clicks, clicksPending])('each column of a hit has its line in the list, of its type', (table) => {
  const columns = Object.entries(getTableColumns(table))
    .filter(([, { name }]) => !flags.has(name))
    .map(([name, column]) => [name, [column.name, column.getSQLType(), column.notNull]]);
  const listed = Object.entries(hitFields).map(([name, field]) => {
    const type = name === 'clickedAt' ? 'timestamp with time zone' : field.type;
    return [name, [field.column, type, !('isNullable' in field)]];
  });
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(columns));
});

it('a batch has all of them in the order of the list, to which versions only add at its end', () => {
  const columns = columnsOfHits.map(({ column }) => column);
  expect(columns.slice(0, first.length)).toEqual(first);
  const packed = new Batches([makeHit({ workspaceId: 'w', linkId: 'l' })]).statement([]).values.at(-1);
  expect(packed?.split('\n')).toHaveLength(columns.length);
  const { sql: unpacking } = new PgDialect().sqlToQuery(unpacked(sql`select hits from hit_batches`, []));
  for (const [index, { column, type }] of columnsOfHits.entries())
    expect(unpacking).toMatch(
      new RegExp(`b\\.lines\\[${index + 1}\\]::${type}\\[\\]\\)( / 1000\\.0\\))? as ${column}\\b`),
    );
});

it('texts that visitors can make up are bounded, unless a list or a form bounds them', () => {
  const bounded = boundedFields.map(({ name }) => name);
  const others = exportedFields.filter(({ name }) => !(bounded as string[]).includes(name)).map(({ name }) => name);
  // Reasons are ours, places come from the GeoIP file, kinds of devices are a handful.
  expect(others).toEqual(['class', 'reason', 'country', 'region', 'city', 'device', 'channel']);
});
