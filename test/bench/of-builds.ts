import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCommit, thisBuild } from './builds.ts';
import { median, runUntilQuiet, spreadOf } from './noise.ts';
import { spreadLinks, type Visits, visits } from './requests.ts';
import { type Cost, insertLinks, measure, startTarget, type Target } from './target.ts';

const figures: readonly [keyof Cost, string, number][] = [
  ['perSecond', 'req/s', 0],
  ['p50', 'p50 ms', 2],
  ['p99', 'p99 ms', 2],
  ['nodeCpu', 'node us', 1],
  ['postgresCpu', 'postgres us', 1],
  ['wal', 'WAL bytes', 0],
];

/**
 * Compares the redirect of this build with another commit's: both, and this one a second time, interleaved in one run,
 * each on a Postgres of its own. The second time is the noise of the machine: nothing smaller means anything.
 */
export async function compareBuilds(
  commit: string,
  options: { connections: readonly number[]; seconds: number; rounds: number; cases: readonly Visits[] },
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
  const targets: Target[] = [];
  try {
    const builds = [thisBuild, { ...thisBuild, name: 'again' }, buildCommit(commit, directory)];
    for (const [index, build] of builds.entries()) {
      const target = await startTarget(build, 4_810 + index, join(directory, `data-${index}`));
      targets.push(target);
      await insertLinks(target.client, spreadLinks);
      await measure(target, { connections: 64, seconds: 2, request: visits.spread(target.port) });
    }
    for (const connections of options.connections)
      for (const name of options.cases) await compare(targets, name, connections, options);
  } finally {
    for (const target of targets) await target.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function compare(
  targets: readonly Target[],
  name: Visits,
  connections: number,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const costs: Cost[][] = targets.map(() => []);
  const same = await runUntilQuiet(async (round) => {
    // Nobody is always first: what a load leaves behind is the next one's to carry.
    const turns = targets.map((_, index) => (index + round) % targets.length);
    for (const turn of turns) {
      const target = targets[turn] as Target;
      costs[turn]?.push(await measure(target, { connections, seconds, request: visits[name](target.port) }));
    }
    return (costs[1]?.at(-1)?.perSecond ?? Number.NaN) / (costs[0]?.at(-1)?.perSecond ?? Number.NaN);
  }, rounds);
  const heads = targets.map(({ build }) => build.name);
  console.log(`\n${connections} connections, ${name}, medians of ${same.length} rounds`);
  console.log([''.padEnd(11), ...[...heads, 'again/this', 'noise', `this/${heads[2]}`].map(padded)].join('  '));
  for (const [figure, label, digits] of figures) {
    const of = costs.map((rows) => rows.map((row) => row[figure]));
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
