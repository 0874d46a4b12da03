import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rollupLockKey } from '../../src/ground/db/locks.ts';
import { buildCommit, thisBuild } from './builds.ts';
import { runLoad } from './load.ts';
import { median, runUntilQuiet, spreadOf } from './noise.ts';
import { spreadLinks, type Visits, visits } from './requests.ts';
import { type Cost, insertLinks, measure, startTarget, type Target, untilRolledUp } from './target.ts';

const figures: readonly [keyof Cost, string, number][] = [
  ['perSecond', 'req/s', 0],
  ['p50', 'p50 ms', 2],
  ['p99', 'p99 ms', 2],
  ['nodeCpu', 'node us', 1],
  ['postgresCpu', 'postgres us', 1],
  ['wal', 'WAL bytes', 0],
];

type Options = {
  connections: readonly number[];
  seconds: number;
  rounds: number;
  cases: readonly Visits[];
  /** Requests a second over all links, open loop; left out when 0. */
  steady: number;
  /** Seconds of a load whose hits wait, to be moved and rolled up all at once; left out when 0. */
  moving: number;
};

/**
 * Compares the redirect of this build with another commit's: both, and this one a second time, interleaved in one run,
 * each on a Postgres of its own. The second time is the noise of the machine: nothing smaller means anything.
 */
export async function compareBuilds(commit: string, options: Options): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
  const targets: Target[] = [];
  try {
    const builds = [thisBuild, { ...thisBuild, name: 'again' }, buildCommit(commit, directory)];
    for (const [index, build] of builds.entries()) {
      const settings = { TRUST_PROXY: '127.0.0.1' };
      const target = await startTarget(build, 4_810 + index, join(directory, `data-${index}`), settings);
      targets.push(target);
      await insertLinks(target.client, spreadLinks);
      await insertLinks(target.client, spreadLinks, 'many', 16);
      await measure(target, { connections: 64, seconds: 2, request: visits.spread(target.port) });
    }
    const { connections: levels, cases, steady, moving } = options;
    for (const connections of levels)
      for (const name of cases)
        await compare(targets, `${connections} connections, ${name}`, options, loadOf(name, { connections }));
    if (steady > 0)
      await compare(targets, `${steady}/s, spread`, options, loadOf('spread', { connections: 64, perSecond: steady }));
    if (moving > 0) await compareMoving(targets, moving, options);
  } finally {
    for (const target of targets) await target.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a target is loaded with. */
type LoadOf = (target: Target) => Omit<Parameters<typeof measure>[1], 'seconds'>;

const loadOf =
  (name: Visits, load: { connections: number; perSecond?: number }): LoadOf =>
  ({ port }) => ({ ...load, request: visits[name](port) });

async function compare(targets: readonly Target[], title: string, options: Options, load: LoadOf): Promise<void> {
  const { seconds, rounds } = options;
  const costs = await inTurns(targets, rounds, 'perSecond', (target) => measure(target, { ...load(target), seconds }));
  printTable(targets, `${title}, medians of ${costs[0]?.length} rounds`, figures, costs);
}

/** How fast hits are moved and rolled up when nothing else runs: of all links, 16 workspaces and 200,000 visitors. */
async function compareMoving(targets: readonly Target[], seconds: number, { rounds }: Options): Promise<void> {
  const rates = await inTurns(targets, rounds, 'moved', (target) => measureMoving(target, seconds));
  printTable(targets, `moving, medians of ${rates[0]?.length} rounds`, [['moved', 'hits/s', 0]], rates);
}

async function measureMoving(target: Target, seconds: number): Promise<{ moved: number }> {
  const { client, port } = target;
  // The lock of all rollups, under which nobody moves.
  await client.query(`select pg_advisory_lock(hashtext('${rollupLockKey}'))`);
  const { acknowledged } = await runLoad({ port, connections: 64, seconds, request: visits.visitors(port) });
  await client.query('checkpoint');
  await client.query(`select pg_advisory_unlock(hashtext('${rollupLockKey}'))`);
  const startedAt = performance.now();
  await untilRolledUp(client);
  return { moved: acknowledged / ((performance.now() - startedAt) / 1_000) };
}

/** Rounds of all targets until what is the same has been measured as the same; @returns the figures of each target */
async function inTurns<Figures extends Record<Figure, number>, Figure extends string>(
  targets: readonly Target[],
  rounds: number,
  figure: Figure,
  run: (target: Target) => Promise<Figures>,
): Promise<Figures[][]> {
  const found: Figures[][] = targets.map(() => []);
  await runUntilQuiet(async (round) => {
    // Nobody is always first: what a load leaves behind is the next one's to carry.
    const turns = targets.map((_, index) => (index + round) % targets.length);
    for (const turn of turns) found[turn]?.push(await run(targets[turn] as Target));
    // A comparison may take ten minutes, and may be ended before its end.
    console.error(`round ${round + 1}: ${figure} ${found.map((each) => each.at(-1)?.[figure].toFixed(0)).join(', ')}`);
    return (found[1]?.at(-1)?.[figure] ?? Number.NaN) / (found[0]?.at(-1)?.[figure] ?? Number.NaN);
  }, rounds);
  return found;
}

function printTable<Figure extends string>(
  targets: readonly Target[],
  title: string,
  rows: readonly (readonly [Figure, string, number])[],
  found: readonly Record<Figure, number>[][],
): void {
  const heads = targets.map(({ build }) => build.name);
  console.log(`\n${title}`);
  console.log([''.padEnd(11), ...[...heads, 'again/this', 'noise', `this/${heads[2]}`].map(padded)].join('  '));
  for (const [figure, label, digits] of rows) {
    const of = found.map((each) => each.map((row) => row[figure]));
    const ratios = (one: number, other: number) =>
      (of[one] ?? []).map((value, round) => value / (of[other]?.[round] ?? Number.NaN));
    const noise = ratios(1, 0);
    const cells = [
      ...of.map((values) => median(values).toFixed(digits)),
      median(noise).toFixed(3),
      `${(spreadOf(noise) * 100).toFixed(1)} %`,
      median(ratios(0, 2)).toFixed(3),
    ];
    console.log([label.padEnd(11), ...cells.map(padded)].join('  '));
  }
}

const padded = (text: string) => text.padStart(12);
