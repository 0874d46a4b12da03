import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { makeWorld, meet, meetings, type World } from './meeting-writers.ts';

let app: TestApp;
let world: World;

beforeAll(async () => {
  app = await startTestApp();
  world = await makeWorld(app);
});
afterAll(() => app.close());

describe('writers that meet at the same rows', () => {
  it.each(meetings)('all end well or hear why: $name', async (meeting) => {
    const rounds = await Promise.all(Array.from({ length: 4 }, () => meet(world, meeting)));
    expect(rounds.flat()).toEqual([]);
  });

  it('leave no link with more tags than it may have, and none without its slugs', async () => {
    const { rows } = await app.db.execute(sql`
select (select count(*)::int from (select from link_tags group by link_id having count(*) > 20) full_ones) as full,
       (select count(*)::int from links l where (select count(*) from slugs where link_id = l.id) <> 2) as torn`);
    expect(rows).toEqual([{ full: 0, torn: 0 }]);
  });
});
