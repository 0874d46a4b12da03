import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerNode } from './node.ts';
import { sendVisitors } from './visitors.ts';
import { openWorld, until, type World } from './world.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

let world: World;
let node: ServerNode;

beforeAll(async () => {
  world = await openWorld();
  await world.makeLink('hot');
  node = await world.start({ imports: [fileURLToPath(new URL('shifted-clock.ts', import.meta.url))] });
});

afterEach(({ task }) => world.tell(task));
afterAll(() => world.close());

/** Sets the server's clock so much off the real one, in milliseconds. */
async function shiftClock(shiftMs: number): Promise<void> {
  const heard = once(node.process, 'message');
  node.process.send({ shiftMs });
  expect(await heard).toEqual([{ shiftMs }, undefined]);
}

describe('a clock that jumps', () => {
  it.each([
    ['back by two hours', -2 * hourMs],
    ['back by 40 days', -40 * dayMs],
    ['forth by two days, and back again', 2 * dayMs],
  ])('%s: links lead on, edits are obeyed, and every click is counted once', async (jump, shiftMs) => {
    const visitors = sendVisitors(() => [node.port], ['/hot']);
    await visitors.progress(300);
    await shiftClock(shiftMs);
    await visitors.progress(300);

    const { id, slug } = await world.makeLink(`after-${shiftMs}`);
    expect((await node.ask(`/${slug}`)).status).toBe(302);
    expect(await world.api(node, 'PATCH', `/links/${id}`, { archived: true })).toBe(200);
    await until('the link is closed', async () => (await node.ask(`/${slug}`)).status === 410, 1_000);

    await world.postgres.kill();
    await visitors.progress(300);
    await shiftClock(shiftMs / 2);
    await visitors.progress(300);
    await world.postgres.start();
    await visitors.progress(300);
    await shiftClock(0);
    await visitors.progress(300);
    await visitors.leave();
    await world.settle(`the clock jumps ${jump}`, visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
  });
});
