import { EventEmitter, once } from 'node:events';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meetingRefusal } from '../../../src/ground/db/pg-errors.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { rowsOf } from '../../setup/hits.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
  await database.db.execute(sql`create table pairs (id int primary key, value int not null)`);
  await database.db.execute(sql`insert into pairs values (1, 0), (2, 0)`);
  // What a sequence gives is not taken back by a rollback: it counts tries.
  await database.db.execute(sql`create sequence runs`);
  await database.db.execute(sql`
create function fail_with(state text, times int) returns int language plpgsql as $$
begin
  if nextval('runs') <= times then raise exception 'as asked' using errcode = state; end if;
  return currval('runs');
end $$`);
});
afterAll(() => database.drop());

/** Makes a statement that fails so often, and says at which try it went well. */
async function failing(state: string, times: number) {
  await database.db.execute(sql`alter sequence runs restart`);
  return sql`select fail_with(${state}, ${times}::int) as tries`;
}

describe('what Postgres undoes because of others', () => {
  it('is done again: two transactions that lock crosswise both end well', async () => {
    let arrived = 0;
    const met = new EventEmitter();
    const bothHold = once(met, 'both');
    const crosswise = (own: 0 | 1) =>
      database.db.transaction(async (tx) => {
        await tx.execute(sql`update pairs set value = value + 1 where id = ${own + 1}`);
        arrived++;
        if (arrived === 2) met.emit('both');
        await bothHold;
        await tx.execute(sql`update pairs set value = value + 1 where id = ${2 - own}`);
      });
    await Promise.all([crosswise(0), crosswise(1)]);
    expect(await rowsOf(database.db, sql`select value from pairs`)).toEqual([{ value: 2 }, { value: 2 }]);
    expect(arrived).toBe(3);
  });

  it.each(['40001', '40P01'])('is done again as a statement of its own: %s', async (state) => {
    const statement = await failing(state, 2);
    expect((await database.db.execute(statement)).rows).toEqual([{ tries: 3 }]);
  });

  it('is done again as a whole where a row that it points at is gone', async () => {
    const statement = await failing('23503', 1);
    expect((await database.db.transaction((tx) => tx.execute(statement))).rows).toEqual([{ tries: 2 }]);
  });

  it('is told after five tries, in words that one may try again by', async () => {
    const statement = await failing('40P01', 100);
    const error: unknown = await database.db.execute(statement).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(meetingRefusal(error)).toMatchObject({ status: 409, code: 'busy' });
    expect(await rowsOf(database.db, sql`select last_value::int as tries from runs`)).toEqual([{ tries: 5 }]);
  });

  it('is not done again where others have nothing to do with it', async () => {
    const statement = await failing('23514', 100);
    await expect(database.db.transaction((tx) => tx.execute(statement))).rejects.toThrow();
    expect(await rowsOf(database.db, sql`select last_value::int as tries from runs`)).toEqual([{ tries: 1 }]);
  });
});

describe('a row that others deleted', () => {
  it('is told by what it was', async () => {
    const insert = sql`insert into report_notes (id, workspace_id, at, text) values ('n', 'nobody', now(), 'x')`;
    const note: unknown = await database.db.execute(insert).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(meetingRefusal(note)).toMatchObject({ status: 404, message: 'This workspace was deleted a moment ago.' });

    await database.db.execute(sql`insert into workspaces (id, name, slug) values ('w', 'W', 'w')`);
    const share = sql`
insert into shares (id, workspace_id, campaign_id, title, token_hash, parts) values ('s', 'w', 'gone', 'x', 'x', '[]')`;
    const error: unknown = await database.db.execute(share).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(meetingRefusal(error)).toMatchObject({
      status: 409,
      code: 'reference_gone',
      field: 'campaign',
      message: 'The campaign was deleted a moment ago, so nothing was saved. Reload the page to see what is there.',
    });
  });

  it('is told as held by others where a lock is not to be had', async () => {
    const error: unknown = await database.db.transaction(async (tx) => {
      await tx.execute(sql`update pairs set value = 0 where id = 1`);
      const held = sql`select from pairs where id = 1 for update nowait`;
      return database.db.execute(held).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    });
    expect(meetingRefusal(error)).toMatchObject({ status: 409, code: 'busy' });
  });
});
