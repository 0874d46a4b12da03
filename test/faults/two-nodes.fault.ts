import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../src/links/links/queries.ts';
import { query } from '../setup/postgres.ts';
import type { ServerNode } from './node.ts';
import { type Proxy, startProxy } from '../setup/proxy.ts';
import { sendVisitors } from './visitors.ts';
import { openWorld, until, type World } from './world.ts';

/** An edit must be obeyed everywhere within this, in milliseconds. */
const promisedMs = 1_000;

let world: World;
let proxy: Proxy;
let one: ServerNode;
let two: ServerNode;
let hot: Link;

beforeAll(async () => {
  world = await openWorld();
  proxy = await startProxy(world.postgres.port);
  hot = await world.makeLink('hot');
  [one, two] = await Promise.all([world.start(), world.start({ databaseUrl: proxy.urlOf(world.postgres.url) })]);
});

afterEach(({ task }) => world.tell(task));
afterAll(async () => {
  await world.close();
  await proxy.close();
});

const send = () => sendVisitors(() => [one.port, two.port], ['/hot']);

/** What a visitor meets: a destination, or a status. */
async function meet(node: ServerNode, slug: string): Promise<string> {
  const { status, headers } = await node.ask(`/${slug}`);
  return status === 302 ? (headers.location ?? '') : String(status);
}

/** Waits until both nodes do what they should, and says how long that took, in milliseconds. */
async function obeyed(slug: string, expected: string): Promise<number> {
  const startedAt = performance.now();
  for (const node of [one, two]) {
    await until(`${slug} is ${expected}`, async () => (await meet(node, slug)) === expected, 10_000);
  }
  return performance.now() - startedAt;
}

/** Edits, closes, opens and deletes links on one node, each known to both; the longest until both obeyed. */
async function edit(node: ServerNode, round: string, between: () => Promise<unknown>): Promise<number> {
  const { id, slug } = await world.makeLink(`edited-${round}`);
  let longestMs = 0;
  const change = async (link: { id: string; slug: string }, method: string, body: unknown, expected: string) => {
    await Promise.all([one, two].map((each) => meet(each, link.slug)));
    await between();
    const status = await world.api(node, method, `/links/${link.id}`, body);
    expect([200, 204]).toContain(status);
    longestMs = Math.max(longestMs, await obeyed(link.slug, expected));
  };
  const url = `https://example.com/${round}`;
  await change(hot, 'PATCH', { url }, url);
  await change({ id, slug }, 'PATCH', { url }, url);
  await change({ id, slug }, 'PATCH', { archived: true }, '410');
  await change({ id, slug }, 'PATCH', { archived: false }, url);
  await change({ id, slug }, 'DELETE', undefined, '410');
  return longestMs;
}

const cutListeners = () =>
  query(
    world.postgres.url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waymark listener'",
  );

describe('two nodes on one hot link', () => {
  it('obey each other, and count together', async () => {
    const visitors = send();
    await visitors.progress(300);
    const longest = [await edit(one, 'a', async () => {}), await edit(two, 'b', async () => {})];
    await visitors.leave();
    await world.settle(`two nodes, edits obeyed within ${Math.round(Math.max(...longest))} ms`, visitors);
    expect(Math.max(...longest)).toBeLessThan(promisedMs);
    expect([...visitors.refused.keys()]).toEqual([]);
  });

  it('obey each other also when their listeners were cut a moment before', async () => {
    const visitors = send();
    await visitors.progress(300);
    const longest = [await edit(one, 'c', cutListeners), await edit(two, 'd', cutListeners)];
    await visitors.leave();
    await world.settle(`two nodes, listeners cut, obeyed within ${Math.round(Math.max(...longest))} ms`, visitors);
    expect(Math.max(...longest)).toBeLessThan(promisedMs);
    expect([...visitors.refused.keys()]).toEqual([]);
  });

  it('are right again after one of them was cut off while the other was edited', async () => {
    const visitors = send();
    await visitors.progress(300);
    proxy.down();
    await visitors.progress(300);
    const url = 'https://example.com/missed';
    expect(await world.api(one, 'PATCH', `/links/${hot.id}`, { url })).toBe(200);
    await until('the node that was edited obeys', async () => (await meet(one, 'hot')) === url, promisedMs);
    await visitors.progress(300);
    proxy.up();
    const ms = await obeyed('hot', url);
    await visitors.leave();
    await world.settle(`one of two nodes cut off, right again within ${Math.round(ms)} ms`, visitors);
    expect(ms).toBeLessThan(promisedMs);
    expect([...visitors.refused.keys()]).toEqual([]);
  });

  it('go on when one is killed: the other takes over its spool on a shared disk', async () => {
    proxy.up();
    const three = await world.start({ databaseUrl: proxy.urlOf(world.postgres.url), dataDir: one.dataDir });
    const visitors = sendVisitors(() => [three.port], ['/hot']);
    await visitors.progress(300);
    proxy.down();
    await visitors.progress(500);
    const spooled = three.countSpooled();
    await three.end('SIGKILL');
    proxy.up();
    await visitors.leave();
    await world.settle('a neighbour killed with clicks in its spool', visitors, { spooled });
  });
});
