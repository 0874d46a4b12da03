import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { dimensions } from '../../src/visitors/rollups/dimensions.ts';
import { query } from '../setup/postgres.ts';
import { countsByDay } from '../setup/rollups.ts';
import { makeNextVersion, type NextVersion } from './next-version.ts';
import { sendVisitors } from './visitors.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let next: NextVersion;

beforeAll(async () => {
  world = await openWorld();
  next = makeNextVersion();
  await world.makeLink('hot');
  await world.makeLink('cold');
});
afterEach(({ task }) => world.tell(task));
afterAll(async () => {
  await world.close();
  next.remove();
});

it('a version with one dimension more beside this one: every dimension adds up to the clicks', {
  timeout: 400_000,
}, async () => {
  const old = await world.start();
  const ports = [old.port];
  const visitors = sendVisitors(() => ports, ['/hot', '/hot', '/hot', '/cold']);
  await visitors.progress(1_000);
  const newer = await world.start({ root: next.root });
  ports.push(newer.port);
  await visitors.progress(5_000);
  const newest = await world.start({ root: next.root });
  ports.push(newest.port);
  await visitors.progress(2_000);
  await visitors.leave();
  await world.settle('two versions side by side', visitors, { newer: 'probe' });

  const [clicks] = await query<{ count: number; unnamed: number }>(
    world.postgres.url,
    `select count(*)::int as count, (count(*) filter (where domain_id is null))::int as unnamed from clicks where class = 'human'`,
  );
  expect(clicks?.count).toBeGreaterThan(8_000);
  expect(clicks?.unnamed).toBe(0);
  const names = [...dimensions.filter(({ counts }) => counts === 'clicks').map(({ name }) => name), 'probe'];
  const sums = await query<{ name: string; days: number; months: number }>(
    world.postgres.url,
    `select d.dimension as name, sum(d.clicks)::int as days,
            (select sum(m.clicks)::int from click_counts_monthly m
             where m.dimension = d.dimension and m.scope_id in (select id from workspaces)) as months
     from ${countsByDay} d where d.scope_id in (select id from workspaces) group by 1`,
  );
  for (const name of names)
    expect(sums.find((sum) => sum.name === name)).toEqual({ name, days: clicks?.count, months: clicks?.count });
  // The dimension that only one of them knows, by value, also of the link that is counted ahead.
  const probes = (source: string) => query(world.postgres.url, source);
  expect(
    await probes(
      `select scope_id, value, sum(clicks)::int as clicks from ${countsByDay} d where dimension = 'probe' group by 1, 2 order by 1, 2`,
    ),
  ).toEqual(
    await probes(`
select s.scope_id, coalesce(c.probe, '') as value, count(*)::int as clicks
from clicks c cross join lateral (values (c.workspace_id, true),
  (c.link_id, (select t.is_busy from link_totals t where t.link_id = c.link_id))) s (scope_id, is_counted)
where c.class = 'human' and s.is_counted group by 1, 2 order by 1, 2`),
  );
});
