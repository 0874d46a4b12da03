import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerNode } from './node.ts';
import { sendVisitors, type Visitors } from './visitors.ts';
import { type Balance, fatesOf, openWorld, type World } from './world.ts';

let world: World;
const dataDir = mkdtempSync(join(tmpdir(), 'waymark-node-'));
const spool = join(dataDir, 'spool');
mkdirSync(spool);

/** Room for some 400 clicks. */
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=320k', 'tmpfs', spool]).status === 0;

beforeAll(async () => {
  world = await openWorld();
  await world.makeLink('hot');
});

afterEach(({ task }) => world.tell(task));
afterAll(async () => {
  await world.close();
  if (canMount) execFileSync('umount', [spool]);
  rmSync(dataDir, { recursive: true, force: true });
});

/** Settles a test in which the disk refused: the node's own count of what was lost must cover what is missing. */
async function settleWithLoss(fault: string, node: ServerNode, visitors: Visitors): Promise<Balance> {
  const { lost } = await fatesOf(node);
  const balance = await world.settle(fault, visitors, { lost });
  expect(balance.lost).toBeGreaterThan(0);
  expect(visitors.longestStallMs()).toBeLessThan(2_500);
  expect([...visitors.refused.keys()]).toEqual([]);
  const shouts = node.log.map((line) => Number(/(\d+) CLICKS ARE LOST/.exec(line)?.[1] ?? 0));
  expect(shouts.reduce((sum, clicks) => sum + clicks, 0)).toBe(lost);
  return balance;
}

describe('while Postgres is away and the disk of the spool', () => {
  it.runIf(canMount)('fills up: visitors go on, the loss is counted, and what was kept is whole', async () => {
    const node = await world.start({ dataDir });
    const visitors = sendVisitors(() => [node.port], ['/hot']);
    await visitors.progress(300);
    await world.postgres.kill();
    await visitors.progress(1_500);
    await world.postgres.start();
    await visitors.progress(300);
    await visitors.leave();
    const balance = await settleWithLoss('the disk of the spool full', node, visitors);
    expect(balance.spooled).toBeGreaterThan(100);
    expect(node.spoolFiles()).toEqual([]);
  });

  it('is gone from the start: visitors go on, and once it is back clicks are kept again', async () => {
    const home = join(dataDir, 'another');
    mkdirSync(home);
    writeFileSync(join(home, 'spool'), 'a file where the folder should be');
    const node = await world.start({ dataDir: home });
    const visitors = sendVisitors(() => [node.port], ['/hot']);
    await visitors.progress(300);
    await world.postgres.kill();
    await visitors.progress(500);
    rmSync(join(home, 'spool'));
    await visitors.progress(500);
    await world.postgres.start();
    await visitors.progress(300);
    await visitors.leave();
    const balance = await settleWithLoss('the disk of the spool gone for a while', node, visitors);
    expect(balance.spooled).toBeGreaterThan(300);
  });
});
