import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Link } from '../../src/links/links/queries.ts';
import { type Db, openDatabase } from '../../src/ground/db/db.ts';
import { rowsOf } from '../setup/hits.ts';
import { host, type ServerNode } from './node.ts';
import { openWorld, until, type World } from './world.ts';

/** Conversions are sent while the server is killed: who got no answer sends again, and each counts once. */

let world: World;
let node: ServerNode;
let link: Link;
let database: { db: Db; close: () => Promise<void> };

beforeAll(async () => {
  world = await openWorld();
  database = openDatabase(world.postgres.url, () => {}, 2);
  link = await world.makeLink('shop', { clickIdName: 'wm_cid' });
  node = await world.start();
});

afterEach(({ task }) => world.tell(task));
afterAll(async () => {
  await database.close();
  await world.close();
});

const desktop =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

async function click(n: number): Promise<string> {
  const headers = { host: host, 'user-agent': desktop, 'x-forwarded-for': `203.0.${n >> 8}.${n & 255}` };
  const answer = await node.ask('/shop', { headers });
  return new URL(answer.headers.location ?? '').searchParams.get('wm_cid') ?? '';
}

/** Sends one until it is answered, as a careful shop does. @returns how often it was sent */
async function convert(clickId: string, externalId: string): Promise<number> {
  for (let times = 1; ; times++) {
    const body = { clickId, goal: 'Purchase', externalId, value: 100, currency: 'EUR' };
    const status = await world.api(node, 'POST', '/conversions', body).catch(() => 0);
    if ([200, 201, 202].includes(status)) return times;
    if (status !== 0) expect([500, 503]).toContain(status);
  }
}

const counted = () =>
  rowsOf(
    database.db,
    sql`
select sum(conversions)::int as conversions, sum(visitors)::int as visitors, sum(value)::int as value
from conversion_counts where link_id = ${link.id}`,
  );

it('kill -9 during conversions, three times: none is lost, and none is there twice', async () => {
  const all = 400;
  const clickIds: string[] = [];
  for (let n = 0; n < all; n++) clickIds.push(await click(n));
  let answered = 0;
  let again = 0;
  const send = async (from: number) => {
    for (let n = from; n < all; n += 8) {
      again += (await convert(clickIds[n] ?? '', `order-${n}`)) - 1;
      answered++;
    }
  };
  const senders = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(send));
  for (const round of [50, 150, 250]) {
    await until(`${round} are answered`, async () => answered >= round);
    await node.end('SIGKILL');
    node = await world.start({ dataDir: node.dataDir, port: node.port });
  }
  await senders;
  // One more time each, as networks do.
  for (let n = 0; n < all; n += 10) expect(await convert(clickIds[n] ?? '', `order-${n}`)).toBe(1);
  await until('nothing waits', async () => {
    const waiting = await rowsOf(database.db, sql`select id from conversions where counted_at is null`);
    return waiting.length === 0;
  });
  expect(await counted()).toEqual([{ conversions: all, visitors: all, value: 100 * all }]);
  const rows = await rowsOf<{ rows: number }>(database.db, sql`select count(*)::int as rows from conversions`);
  expect(rows).toEqual([{ rows: all }]);
  console.log(
    `the server killed during conversions, three times: ${answered} answered, ${again} sent again, ${all} counted`,
  );
});
