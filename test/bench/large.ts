import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Client } from 'pg';
import { rollupLockKey } from '../../src/ground/db/locks.ts';
import { thisBuild } from './builds.ts';
import { homeOf, pagesOf } from './large-pages.ts';
import { logIn, seed, type Seeded } from './report-pages.ts';
import { ServerTimes } from './server-times.ts';
import { startTarget } from './target.ts';

/**
 * `npm run bench:large`: a workspace of many links beside small ones, and how long the real server takes for each list,
 * search, dialog and file of it, against its limit; a small one before and after the large one came. The times are the
 * server's own, so what this side costs is not in them. The database is built once and kept in `--directory`, each step
 * as it is done; with `--delete` the large workspace is deleted in the end, and made anew by the next run.
 */
const { values: options } = parseArgs({
  options: {
    links: { type: 'string', default: '100000' },
    clicks: { type: 'string', default: '3000000' },
    tags: { type: 'string', default: '200' },
    campaigns: { type: 'string', default: '50' },
    small: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '9' },
    directory: { type: 'string', default: 'data/bench-large' },
    only: { type: 'string', default: '' },
    delete: { type: 'boolean', default: false },
  },
});
const { links, clicks, tags, campaigns } = options;
const rounds = Number(options.rounds);
const directory = resolve(options.directory);
const builtFile = join(directory, 'built.json');

type Built = { size: string; small: Seeded[]; alone?: Record<string, number>; large?: Seeded };

const size = JSON.stringify([links, clicks, tags, campaigns, options.small]);
const kept = existsSync(builtFile) ? (JSON.parse(readFileSync(builtFile, 'utf8')) as Built) : undefined;
const built: Built = kept?.size === size ? kept : { size, small: [] };
if (built !== kept) rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const save = () => writeFileSync(builtFile, JSON.stringify(built));

// A server that gives way would answer with 503, and not with the time that it takes.
const target = await startTarget(thisBuild, 4_806, directory, { LOG_LEVEL: 'debug', YIELD_AFTER_MS: '10000' }, 'pipe');
const { client } = target;
const times = new ServerTimes(target);
try {
  const { large, small, alone } = await build();
  const isWithin = [await areListsQuick(large), await isFileQuick(large)];
  await besideOf(small, alone);
  if (options.delete) isWithin.push(await isDeletedInSteps(large));
  process.exitCode = isWithin.every(Boolean) ? 0 : 1;
} finally {
  await target.close();
}

/** The small workspaces, one of them measured alone, then the large one. */
async function build(): Promise<{ small: Seeded; alone: Record<string, number>; large: Seeded }> {
  const startedAt = performance.now();
  const say = (what: string) => console.log(`${what} after ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  while (built.small.length < Number(options.small)) {
    built.small.push(await seed(target, { links: '300', clicks: '5000', days: '90' }));
    save();
  }
  const [small] = built.small;
  if (!small) throw new Error('There has to be a small workspace.');
  if (!built.alone) {
    await client.query('vacuum analyze');
    say(`${built.small.length} small workspaces`);
    built.alone = await mediansOf(small);
    save();
  }
  if (!built.large) {
    built.large = await seed(target, { links, clicks, days: '730', tags, campaigns });
    save();
    await client.query('vacuum analyze');
    say('the large workspace');
  }
  return { small, alone: built.alone, large: built.large };
}

async function mediansOf(seeded: Seeded): Promise<Record<string, number>> {
  const cookie = await logIn(target, seeded);
  const medians: Record<string, number> = {};
  for (const { name, path } of await pagesOf(client, seeded.workspaceId))
    if (name.includes(options.only)) medians[name] = await times.medianOf(path, cookie, rounds);
  return medians;
}

function loadWords(): string {
  return `load average ${loadavg()[0]?.toFixed(1)}`;
}

/** @returns whether no limit was passed */
async function areListsQuick(large: Seeded): Promise<boolean> {
  console.log(`\n${links} links, ${clicks} clicks, ${loadWords()}\nserver ms   limit   page`);
  const medians = await mediansOf(large);
  let isQuick = true;
  for (const { name, limitMs } of await pagesOf(client, large.workspaceId)) {
    const median = medians[name];
    if (median === undefined) continue;
    isQuick &&= median <= limitMs;
    const verdict = median <= limitMs ? '' : '   OVER';
    console.log(`${median.toFixed(0).padStart(9)}  ${String(limitMs).padStart(6)}   ${name}${verdict}`);
  }
  console.log(loadWords());
  return isQuick;
}

/** links.csv to its end, the best of three. */
async function isFileQuick(large: Seeded): Promise<boolean> {
  const least = 20_000;
  const cookie = await logIn(target, large);
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int from links where workspace_id = $1 and archived_at is null and deleted_at is null',
    [large.workspaceId],
  );
  const count = rows[0]?.count ?? 0;
  const path = `${await homeOf(client, large.workspaceId)}/links.csv`;
  const asked = [await times.ask(path, cookie), await times.ask(path, cookie), await times.ask(path, cookie)];
  const perSecond = count / (Math.min(...asked.map(({ ms }) => ms)) / 1_000);
  const words = `${asked.map(({ ms }) => `${ms} ms`).join(', ')}, ${loadWords()}`;
  console.log(
    `links.csv: ${count} rows in ${words}: ${perSecond.toFixed(0)} rows/s, at least ${least}${perSecond >= least ? '' : '   TOO SLOW'}`,
  );
  return perSecond >= least;
}

async function besideOf(small: Seeded, alone: Record<string, number>): Promise<void> {
  console.log(`\na small workspace: alone ms, beside the large one ms, page (${loadWords()})`);
  for (const [name, median] of Object.entries(await mediansOf(small)))
    console.log(`${(alone[name] ?? NaN).toFixed(0).padStart(9)}  ${median.toFixed(0).padStart(9)}   ${name}`);
}

/** `workspace:delete` beside the running server, and for how long nobody else could roll up. */
async function isDeletedInSteps({ workspaceId }: Seeded): Promise<boolean> {
  const mostMs = 1_000;
  const startedAt = performance.now();
  let isOver = false;
  const watching = longestHold(() => isOver);
  await promisify(execFile)(
    process.execPath,
    [join(thisBuild.root, 'dist/cli.js'), 'workspace:delete', workspaceId, '--yes'],
    { env: { ...target.settings, LOG_LEVEL: 'warn' } },
  ).finally(() => {
    isOver = true;
  });
  delete built.large;
  save();
  const held = await watching;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(
    `\nworkspace:delete: ${seconds} s, roll-ups held for at most ${held.toFixed(0)} ms, limit ${mostMs}, ${loadWords()}${held <= mostMs ? '' : '   OVER'}`,
  );
  return held <= mostMs;
}

/** The longest that one transaction alone had rollups, the server's own among them, in milliseconds. */
async function longestHold(isOver: () => boolean): Promise<number> {
  const watcher = new Client(target.settings['DATABASE_URL']);
  await watcher.connect();
  const firstSeen = new Map<string, number>();
  let longest = 0;
  while (!isOver()) {
    const { rows } = await watcher.query<{ transaction: string }>(
      `select virtualtransaction as transaction from pg_locks
       where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
         and (hashtext($1)::bigint & 4294967295)::oid = case objsubid when 2 then classid else objid end`,
      [rollupLockKey],
    );
    for (const { transaction } of rows) {
      const seenAt = firstSeen.get(transaction) ?? performance.now();
      firstSeen.set(transaction, seenAt);
      longest = Math.max(longest, performance.now() - seenAt);
    }
    await new Promise((resume) => setTimeout(resume, 5));
  }
  await watcher.end();
  return longest;
}
