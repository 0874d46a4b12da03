import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { buildCommit, thisBuild } from './builds.ts';
import { median, runUntilQuiet, spreadOf } from './noise.ts';
import { logIn, pagesOf, seed, timeOf } from './report-pages.ts';
import { startTarget, type Target } from './target.ts';

/**
 * `npm run bench:reports`: one workspace that grows, a year of clicks on busy, middling and quiet links, and how long
 * the real server takes for each page of it, at each size. Only the ratios between sizes mean anything elsewhere.
 * With `--against <commit>`: the pages of the first size, in turn with those of another build.
 */
const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    millions: { type: 'string', default: '1,5,20' },
    links: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '15' },
  },
});
const sizes = options.millions.split(',').map((millions) => Number(millions) * 1_000_000);
/** What the command takes at a time. */
const maxSeed = 10_000_000;

const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const targets: Target[] = [];
try {
  if (options.against === undefined) await grow(await start(0));
  else await compare(await start(0), await start(1, options.against));
} finally {
  for (const target of targets) await target.close();
  rmSync(directory, { recursive: true, force: true });
}

async function start(index: number, commit?: string): Promise<Target> {
  const build = commit === undefined ? thisBuild : buildCommit(commit, directory);
  const target = await startTarget(build, 4_805 + index, join(directory, `data-${index}`));
  targets.push(target);
  return target;
}

async function grow(target: Target): Promise<void> {
  let host: Host | undefined;
  const first = new Map<string, number>();
  for (const size of sizes) {
    const startedAt = performance.now();
    host = await fill(target, size, host);
    console.log(`\n${size / 1e6} million clicks, seeded in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
    await printSizes(target.client);
    console.log('median ms   worst ms   of the first size   page');
    for (const [name, path] of await pagesOf(target, host.workspaceId)) {
      const times: number[] = [];
      for (let round = -2; round < Number(options.rounds); round++) {
        const time = await timeOf(target, path, host.cookie);
        if (round >= 0) times.push(time);
      }
      if (!first.has(name)) first.set(name, median(times));
      const ratio = median(times) / (first.get(name) ?? Number.NaN);
      console.log(
        `${median(times).toFixed(1).padStart(9)}  ${Math.max(...times)
          .toFixed(1)
          .padStart(9)}  ${ratio.toFixed(2).padStart(18)}   ${name}`,
      );
    }
  }
}

async function compare(...both: [Target, Target]): Promise<void> {
  const size = sizes[0] ?? 0;
  const hosts: Host[] = [];
  const pages: string[][] = [];
  for (const target of both) {
    const host = await fill(target, size);
    hosts.push(host);
    pages.push((await pagesOf(target, host.workspaceId)).map(([, path]) => path));
  }
  const names = (await pagesOf(both[0], hosts[0]?.workspaceId ?? '')).map(([name]) => name);
  console.log(`\n${size / 1e6} million clicks, medians in ms`);
  console.log(`     this  ${both[1].build.name.padStart(9)}  this/other  again/this    noise  rounds   page`);
  for (const [index, name] of names.entries()) {
    const times: [number[], number[], number[]] = [[], [], []];
    const ask = async (slot: 0 | 1 | 2) => {
      const which = slot === 1 ? 1 : 0;
      times[slot].push(await timeOf(both[which], pages[which]?.[index] ?? '', hosts[which]?.cookie ?? ''));
    };
    for (const which of [0, 1] as const)
      await timeOf(both[which], pages[which]?.[index] ?? '', hosts[which]?.cookie ?? '');
    const same = await runUntilQuiet(async (round) => {
      const slots = ([0, 1, 2] as const).map((slot) => ((slot + round) % 3) as 0 | 1 | 2);
      for (const slot of slots) await ask(slot);
      return (times[2].at(-1) ?? Number.NaN) / (times[0].at(-1) ?? Number.NaN);
    });
    const ofOther = times[0].map((time, round) => time / (times[1][round] ?? Number.NaN));
    const noise = `${(spreadOf(same) * 100).toFixed(1)} %`;
    console.log(
      [
        median(times[0]).toFixed(1).padStart(9),
        median(times[1]).toFixed(1).padStart(9),
        median(ofOther).toFixed(2).padStart(10),
        median(same).toFixed(2).padStart(10),
        noise.padStart(7),
        String(same.length).padStart(6),
        ` ${name}`,
      ].join('  '),
    );
  }
}

type Host = { workspaceId: string; cookie: string; clicks: number };

/** Seeds until a workspace has so many clicks. */
async function fill(target: Target, size: number, begun?: Host): Promise<Host> {
  let host = begun;
  while ((host?.clicks ?? 0) < size) {
    // A tenth of the first size is the long tail; every other part goes to one link.
    const part: number = host === undefined ? size / 10 : Math.min(maxSeed, size - host.clicks);
    const ofWorkspace = host === undefined ? { links: options.links } : { links: '1', workspace: host.workspaceId };
    const seeded = await seed(target, { clicks: String(part), days: '365', ...ofWorkspace });
    const { workspaceId, cookie } = host ?? { ...seeded, cookie: await logIn(target, seeded) };
    host = { workspaceId, cookie, clicks: (host?.clicks ?? 0) + part };
  }
  await target.client.query('vacuum analyze');
  if (!host) throw new Error('Nothing was to be seeded.');
  return host;
}

async function printSizes(client: Client): Promise<void> {
  const { rows } = await client.query<{ kind: string; bytes: string; hits: string }>(`
select kind, sum(bytes) as bytes, (select count(*) from clicks) as hits
from (
  select case when c.relname like 'clicks_2%' or c.relname = 'clicks_default' then 'clicks' else c.relname end as kind,
         unnest(array[pg_table_size(c.oid), pg_indexes_size(c.oid)]) as bytes,
         unnest(array['rows', 'indexes']) as part
  from pg_class c
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    and (c.relname like 'clicks%' or c.relname like 'click\\_%' or c.relname in ('link_totals', 'visitors_seen', 'hit_batches'))
) t
group by kind
order by 2 desc`);
  const raw = await client.query<{ bytes: string }>(
    `select sum(pg_relation_size(inhrelid)) as bytes from pg_inherits where inhparent = 'clicks'::regclass`,
  );
  const hits = Number(rows[0]?.hits ?? 0);
  const total = rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const each = (bytes: number) => `${(bytes / hits).toFixed(0)} bytes a hit`;
  console.log(rows.map(({ kind, bytes }) => `${kind} ${each(Number(bytes))}`).join(', '));
  const rawBytes = Number(raw.rows[0]?.bytes ?? 0);
  console.log(
    `${hits} hits: rows alone ${each(rawBytes)}, everything ${each(total)}, ${(total / rawBytes).toFixed(2)} times`,
  );
}
