import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { dist, settingsOf, startServer, untilReady } from './server.ts';

/**
 * `npm run bench:reports`: one workspace that grows, a year of clicks on busy, middling and quiet links, and how long
 * the real server takes for each page of it, at each size. Only the ratios between sizes mean anything elsewhere.
 */
const { values: options } = parseArgs({
  options: {
    millions: { type: 'string', default: '1,5,20' },
    links: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '15' },
  },
});
const sizes = options.millions.split(',').map((millions) => Number(millions) * 1_000_000);
/** What the command takes at a time. */
const maxSeed = 10_000_000;
const [port, origin] = [4_805, 'http://localhost:4805'];
const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
const settings = settingsOf(port, postgres.url, directory);
const server = startServer(settings);
const client = new Client(postgres.url);
try {
  await client.connect();
  await untilReady(server, port);
  await bench();
} finally {
  await client.end();
  server.kill('SIGTERM');
  await once(server, 'exit');
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

type Seeded = { email: string; password: string; workspaceId: string };

async function bench(): Promise<void> {
  let host: (Seeded & { cookie: string }) | undefined;
  const first = new Map<string, number>();
  let clicks = 0;
  for (const size of sizes) {
    const startedAt = performance.now();
    while (clicks < size) {
      // A tenth of the first size is the long tail; every other part goes to one link.
      const part = clicks === 0 ? size / 10 : Math.min(maxSeed, size - clicks);
      const seeded = await seed(part, host?.workspaceId);
      host ??= { ...seeded, cookie: await logIn(seeded) };
      clicks += part;
    }
    await client.query('vacuum analyze');
    console.log(`\n${size / 1e6} million clicks, seeded in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
    await printSizes();
    console.log('median ms   worst ms   of the first size   page');
    for (const [name, path] of await pagesOf(host?.workspaceId ?? '')) {
      const times = await timesOf(path, host?.cookie ?? '');
      const median = times[Math.floor(times.length / 2)] ?? NaN;
      if (!first.has(name)) first.set(name, median);
      const ratio = median / (first.get(name) ?? NaN);
      console.log(
        `${median.toFixed(1).padStart(9)}  ${(times.at(-1) ?? NaN).toFixed(1).padStart(9)}  ${ratio.toFixed(2).padStart(18)}   ${name}`,
      );
    }
  }
}

async function seed(clicks: number, workspaceId: string | undefined): Promise<Seeded> {
  const links = workspaceId === undefined ? options.links : '1';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(dist, 'cli.js'),
      'seed',
      '--json',
      '--links',
      links,
      '--clicks',
      String(clicks),
      '--days',
      '365',
      ...(workspaceId === undefined ? [] : ['--workspace', workspaceId]),
    ],
    { env: settings },
  );
  return JSON.parse(stdout) as Seeded;
}

async function logIn({ email, password }: Seeded): Promise<string> {
  const answer = await fetch(`${origin}/log-in`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
    redirect: 'manual',
  });
  if (answer.status !== 303) throw new Error(`The log-in was answered with ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

/** The workspace, and its links at the top, in the middle and at the end of the list of clicks. */
async function pagesOf(workspaceId: string): Promise<[string, string][]> {
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces where id = $1', [workspaceId]);
  const home = `/w/${rows[0]?.slug ?? ''}`;
  const { rows: links } = await client.query<{ link_id: string; clicks: string }>(
    'select link_id, clicks from link_totals where workspace_id = $1 order by clicks desc',
    [workspaceId],
  );
  const at = (share: number) => links[Math.min(links.length - 1, Math.floor(links.length * share))];
  const pages: [string, string][] = [
    ['workspace, 30 days', `${home}/reports?period=30d`],
    ['workspace, 12 months', `${home}/reports?period=12mo`],
    ['list of links', `${home}/links`],
    ['campaigns', `${home}/campaigns`],
  ];
  for (const [name, share] of [
    ['busiest', 0],
    ['middling', 0.1],
    ['quiet', 0.9],
  ] as const) {
    const link = at(share);
    if (!link) continue;
    pages.push([`${name} link, 30 days`, `${home}/links/${link.link_id}?period=30d`]);
    pages.push([`${name} link, 12 months`, `${home}/links/${link.link_id}?period=12mo`]);
  }
  // The campaign that has the most links, and now the busiest one too.
  const { rows: campaigns } = await client.query<{ id: string }>(
    `with largest as (
       select campaign_id as id from links where workspace_id = $1 and campaign_id is not null
       group by 1 order by count(*) desc limit 1)
     update links set campaign_id = largest.id from largest where links.id = $2 returning largest.id`,
    [workspaceId, links[0]?.link_id],
  );
  for (const [name, period] of [
    ['30 days', '30d'],
    ['12 months', '12mo'],
  ])
    pages.push([
      `campaign with the busiest link, ${name}`,
      `${home}/reports/campaigns/${campaigns[0]?.id}?period=${period}`,
    ]);
  const ofMillion = links.toSorted((one, other) => farFromMillion(one) - farFromMillion(other))[0];
  if (ofMillion)
    pages.push([
      `link of ${ofMillion.clicks}, 12 months, two filters`,
      `${home}/links/${ofMillion.link_id}?period=12mo&f=device:is:mobile&f=country:not:DE`,
    ]);
  console.log(
    `busiest link ${at(0)?.clicks} clicks, middling ${at(0.1)?.clicks}, quiet ${at(0.9)?.clicks}, of ${links.length}`,
  );
  return pages;
}

function farFromMillion({ clicks }: { clicks: string }): number {
  return Math.abs(Number(clicks) - 1_000_000);
}

/** Times from request to the last byte, in milliseconds, the fastest first; two rounds before them do not count. */
async function timesOf(path: string, cookie: string): Promise<number[]> {
  const times: number[] = [];
  for (let round = -2; round < Number(options.rounds); round++) {
    const startedAt = performance.now();
    const answer = await fetch(`${origin}${path}`, { headers: { cookie } });
    await answer.text();
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
    if (round >= 0) times.push(performance.now() - startedAt);
  }
  return times.toSorted((one, other) => one - other);
}

async function printSizes(): Promise<void> {
  const { rows } = await client.query<{ kind: string; bytes: string; hits: string }>(`
select kind, sum(bytes) as bytes, (select count(*) from clicks) as hits
from (
  select case when c.relname like 'clicks_2%' or c.relname = 'clicks_default' then 'clicks' else c.relname end as kind,
         unnest(array[pg_table_size(c.oid), pg_indexes_size(c.oid)]) as bytes,
         unnest(array['rows', 'indexes']) as part
  from pg_class c
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    and (c.relname like 'clicks%' or c.relname like 'click\\_%' or c.relname in ('link_totals', 'visitors_seen'))
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
