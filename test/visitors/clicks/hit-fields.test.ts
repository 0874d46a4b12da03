import { getTableColumns } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { clicks, clicksPending } from '../../../src/ground/db/schema.ts';
import { recordHits } from '../../../src/visitors/clicks/batch.ts';
import { boundedFields, columnsOfHits, exportedFields, hitFields } from '../../../src/visitors/clicks/hit-fields.ts';

/** What the database alone knows of a hit: whether its visitor is new. */
const flags = ['is_first_on_link', 'is_first_in_workspace'];

it.each([clicks, clicksPending])('each column of a hit has its line in the list, of its type', (table) => {
  const columns = Object.entries(getTableColumns(table))
    .filter(([, { name }]) => !flags.includes(name))
    .map(([name, column]) => [name, [column.name, column.getSQLType(), column.notNull]]);
  const listed = Object.entries(hitFields).map(([name, field]) => {
    const type = name === 'clickedAt' ? 'timestamp with time zone' : field.type;
    return [name, [field.column, type, !('isNullable' in field)]];
  });
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(columns));
});

it('a batch writes all of them, in the order of the list', () => {
  const columns = columnsOfHits.map(({ column }) => column);
  expect(recordHits.text).toContain(`insert into clicks (${[...columns, ...flags].join(', ')})`);
  for (const [index, { column, type }] of columnsOfHits.entries())
    expect(recordHits.text).toContain(`unnest($${index + 1}::${type}[]) as ${column}`);
});

it('texts that visitors can make up are bounded, unless a list or a form bounds them', () => {
  const bounded = boundedFields.map(({ name }) => name);
  const others = exportedFields.filter(({ name }) => !(bounded as string[]).includes(name)).map(({ name }) => name);
  // Reasons are ours, places come from the GeoIP file, kinds of devices are a handful.
  expect(others).toEqual(['class', 'reason', 'country', 'region', 'city', 'device', 'channel']);
});
