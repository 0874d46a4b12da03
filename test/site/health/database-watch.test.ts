import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseWatch } from '../../../src/site/health/database-watch.ts';
import { openTestDatabase, type OpenTestDatabase } from '../../setup/database.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase(1);
});
afterAll(() => database.drop());

describe('the watch over the database', () => {
  it('knows without asking whether it is there, and asks one question at a time while it hangs', async () => {
    const watch = new DatabaseWatch(database.db);
    expect(watch.isThere).toBe(true);
    let letGo = () => {};
    const hanging = database.db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      await new Promise<void>((resolve) => (letGo = resolve));
    });
    await expect.poll(() => watch.isThere, { timeout: 10_000 }).toBe(false);
    expect(await watch.countBacklog()).toBeUndefined();
    letGo();
    await hanging;
    await expect.poll(() => watch.isThere, { timeout: 10_000 }).toBe(true);
    expect(await watch.countBacklog()).toEqual({ hits: 0, seconds: 0, refused: 0 });
    watch.close();
  });
});
