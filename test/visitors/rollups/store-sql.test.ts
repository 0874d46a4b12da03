import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { brokenRules } from '../../setup/store-sql.ts';

describe('SQL over the tables of clicks', () => {
  it.each([
    ['select from clicks where id = 1', ['selects no column']],
    ['select 1 where exists (select  from link_totals)', ['selects no column']],
    [
      'with gone as (delete from hit_batches returning id, (select 1 from workspaces)) select 1 from gone',
      ['has a sub-select in returning'],
    ],
    [
      'select count(*) from clicks c group by grouping sets ((class), (city))',
      ['has grouping sets straight on a table'],
    ],
    [
      'select count(*) from links l join "clicks" c on c.link_id = l.id where c.workspace_id = any($1) group by grouping sets ((class))',
      ['has grouping sets straight on a table'],
    ],
    ['select id from clicks_2026_11 for no key update', ['locks rows']],
    ['insert into visitors_seen select * from visitors_seen where false', ['has a condition that is never true']],
    ['select from clicks for update', ['selects no column', 'locks rows']],
  ])('is refused in tests: %s', (statement, expected) => {
    expect(brokenRules(statement)).toEqual(expected);
  });

  it.each([
    'select from workspaces for update',
    '-- Makes one.\ncreate function f() returns boolean as $$ select from clicks $$',
    "select 1 from clicks where city = 'select from'",
    'with hit as (select class from clicks) select count(*) from hit group by grouping sets ((class), ())',
    'with gone as (delete from hit_batches returning id) select (select count(*) from gone)',
  ])('is let through: %s', (statement) => {
    expect(brokenRules(statement)).toEqual([]);
  });

  it('is checked by every client', () => {
    expect(Reflect.get(Client.prototype, 'query')).toHaveProperty('name', 'checked');
  });
});
