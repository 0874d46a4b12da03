import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTurn } from '../../../src/ground/db/in-turn.ts';
import { divideLanes } from '../../../src/ground/db/lanes.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';

let database: OpenTestDatabase;
/** Somebody else, who holds what others wait for. */
let holder: Client;

beforeAll(async () => {
  database = await openTestDatabase();
  holder = new Client({ connectionString: database.url });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await database.drop();
});

const hold = sql`select pg_advisory_xact_lock_shared(1)`;
const countWaiting = async () => {
  const { rows } = await holder.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
  );
  return rows[0]?.count;
};

describe('what reads in turn', () => {
  it('leaves connections to others and to what is short, however much one workspace asks for', async () => {
    divideLanes(database.db, 10, 4);
    await holder.query('select pg_advisory_lock(1)');
    const asked = Array.from({ length: 20 }, (_, n) =>
      inTurn(database.db, 'a', n % 2 ? 'rows' : 'lists', (tx) => tx.execute(hold)),
    );
    await expect.poll(countWaiting).toBe(4);
    const other = await inTurn(database.db, 'b', 'rows', (tx) => tx.execute(sql`select 'b' as name`));
    const short = await Promise.all(Array.from({ length: 20 }, () => database.db.execute(sql`select 1 as one`)));
    expect(other.rows).toEqual([{ name: 'b' }]);
    expect(short.flatMap(({ rows }) => rows)).toEqual(Array.from({ length: 20 }, () => ({ one: 1 })));
    expect(await countWaiting()).toBe(4);
    await holder.query('select pg_advisory_unlock(1)');
    expect(await Promise.all(asked)).toHaveLength(20);
  });

  it('uses several processes of Postgres for a statement while it is alone, and one beside others', async () => {
    const workers = sql`select current_setting('max_parallel_workers_per_gather') as workers`;
    const ask = () => inTurn(database.db, 'b', 'rows', async (tx) => (await tx.execute(workers)).rows);
    const { rows: usual } = await database.db.execute(workers);
    expect(usual).not.toEqual([{ workers: '0' }]);
    expect(await ask()).toEqual(usual);
    await holder.query('select pg_advisory_lock(1)');
    const held = inTurn(database.db, 'a', 'rows', (tx) => tx.execute(hold));
    await expect.poll(countWaiting).toBe(1);
    expect(await ask()).toEqual([{ workers: '0' }]);
    await holder.query('select pg_advisory_unlock(1)');
    await held;
    expect(await ask()).toEqual(usual);
    const short = await inTurn(database.db, 'b', 'rows', (tx) => tx.execute(workers), { isInOneProcess: true });
    expect(short.rows).toEqual([{ workers: '0' }]);
  });

  it('is one moment within a budget, changes nothing, and leaves nothing behind on its connection', async () => {
    const single = await openTestDatabase(1);
    const { db } = single;
    const settings = sql`select current_setting('statement_timeout') as budget, current_setting('transaction_isolation') as moment,
      current_setting('transaction_read_only') as only`;
    const within = await inTurn(db, 'a', 'lists', (tx) => tx.execute(settings));
    expect(within.rows).toEqual([{ budget: '5s', moment: 'repeatable read', only: 'on' }]);
    const nested = await inTurn(db, 'a', 'rows', (tx) => inTurn(tx, 'a', 'rows', (same) => same.execute(settings)));
    expect(nested.rows).toEqual(within.rows);
    expect((await db.execute(settings)).rows).toEqual([{ budget: '0', moment: 'read committed', only: 'off' }]);
    await single.drop();
  });
});
