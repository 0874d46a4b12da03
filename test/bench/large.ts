import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { thisBuild } from './builds.ts';
import { settingsOf, startServer, untilReady } from './server.ts';

/**
 * `npm run bench:large`: a workspace of many links beside small ones, and how long the real server takes for each list,
 * search, dialog and file of it, against its limit; the small ones before and after the large one came. The database is
 * built once and kept in `--directory`.
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
  },
});
const directory = resolve(options.directory);
const builtFile = join(directory, 'built.json');
const [port, origin] = [4_806, 'http://localhost:4806'];

type Host = { email: string; password: string; workspaceId: string };
type Built = { size: string; large: Host; small: Host; alone: Record<string, number> };
type Page = { name: string; path: string; limitMs: number };

const size = JSON.stringify([options.links, options.clicks, options.tags, options.campaigns, options.small]);
const kept = existsSync(builtFile) ? (JSON.parse(readFileSync(builtFile, 'utf8')) as Built) : undefined;
if (kept?.size !== size) rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
const settings: NodeJS.ProcessEnv = { ...settingsOf(port, postgres.url, directory), YIELD_AFTER_MS: '10000' };
const client = new Client(postgres.url);
let isOver = false;
try {
  await client.connect();
  await migrateDatabase(postgres.url);
  const built = kept?.size === size ? kept : await build();
  isOver = await withServer(async () => printAll(built));
} finally {
  await client.end();
  await postgres.stop();
}
process.exitCode = isOver ? 1 : 0;

/** The small workspaces, measured alone, then the large one. */
async function build(): Promise<Built> {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`;
  const hosts: Host[] = [];
  for (let count = 0; count < Number(options.small); count++)
    hosts.push(await seed({ links: '300', clicks: '5000', days: '90' }));
  const [small] = hosts;
  if (!small) throw new Error('There has to be a small workspace.');
  await client.query('vacuum analyze');
  console.log(`${hosts.length} small workspaces after ${seconds()}`);
  const alone = await withServer(async () => mediansOf(await pagesOf(small), await logIn(small)));
  const { links, clicks, tags, campaigns } = options;
  const large = await seed({ links, clicks, days: '730', tags, campaigns });
  await client.query('vacuum analyze');
  console.log(`the large workspace after ${seconds()}`);
  const built = { size, large, small, alone };
  writeFileSync(builtFile, JSON.stringify(built));
  return built;
}

async function seed(asked: Record<string, string>): Promise<Host> {
  const words = Object.entries(asked).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(thisBuild.root, 'dist/cli.js'), 'seed', '--json', ...words],
    {
      env: settings,
    },
  );
  return JSON.parse(stdout) as Host;
}

async function withServer<Result>(work: () => Promise<Result>): Promise<Result> {
  const server = startServer(settings);
  try {
    await untilReady(server, port);
    return await work();
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

async function logIn({ email, password }: Host): Promise<string> {
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

/** @returns true when a limit was passed */
async function printAll({ large, small, alone }: Built): Promise<boolean> {
  let isLimitPassed = false;
  console.log(`\n${options.links} links, ${options.clicks} clicks\nmedian ms   limit   page`);
  const cookie = await logIn(large);
  const pages = await pagesOf(large);
  const medians = await mediansOf(pages, cookie);
  for (const { name, limitMs } of pages) {
    const median = medians[name] ?? NaN;
    const isPassed = !(median <= limitMs);
    isLimitPassed ||= isPassed;
    console.log(
      `${median.toFixed(1).padStart(9)}  ${String(limitMs).padStart(6)}   ${name}${isPassed ? '   OVER' : ''}`,
    );
  }
  isLimitPassed = !(await isFileQuick(large, cookie)) || isLimitPassed;
  console.log('\na small workspace: alone ms, beside the large one ms, page');
  const beside = await mediansOf(await pagesOf(small), await logIn(small));
  for (const [name, median] of Object.entries(beside)) {
    const before = alone[name] ?? NaN;
    console.log(`${before.toFixed(1).padStart(9)}  ${median.toFixed(1).padStart(9)}   ${name}`);
  }
  return isLimitPassed;
}

/** links.csv, read to its end. */
async function isFileQuick({ workspaceId }: Host, cookie: string): Promise<boolean> {
  const least = 20_000;
  const startedAt = performance.now();
  const answer = await fetch(`${origin}${await homeOf(workspaceId)}/links.csv`, { headers: { cookie } });
  const rows = (await answer.text()).split('\n').length - 2;
  const perSecond = rows / ((performance.now() - startedAt) / 1_000);
  const isQuick = answer.ok && perSecond >= least;
  console.log(
    `links.csv: ${rows} rows, ${perSecond.toFixed(0)} rows/s, at least ${least}${isQuick ? '' : '   TOO SLOW'}`,
  );
  return isQuick;
}

async function homeOf(workspaceId: string): Promise<string> {
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces where id = $1', [workspaceId]);
  return `/w/${rows[0]?.slug ?? ''}`;
}

const listMs = 80;
const tagsMs = 60;

async function pagesOf({ workspaceId }: Host): Promise<Page[]> {
  const home = await homeOf(workspaceId);
  const { rows: links } = await client.query<{ slug: string; host: string; title: string }>(
    `select s.slug, d.host, l.title from links l join slugs s on s.link_id = l.id and s.kind = 'primary' join domains d on d.id = s.domain_id
     where l.workspace_id = $1 order by l.created_at, l.id offset 200 limit 1`,
    [workspaceId],
  );
  const [{ slug, host, title } = { slug: '', host: '', title: '' }] = links;
  const { rows: tags } = await client.query<{ name: string; links: number }>(
    `select t.name, count(*)::int as links from tags t join link_tags lt on lt.tag_id = t.id where t.workspace_id = $1 group by 1 order by 2 desc, 1`,
    [workspaceId],
  );
  const { rows: campaigns } = await client.query<{ name: string }>(
    `select c.name from campaigns c join links l on l.campaign_id = c.id where c.workspace_id = $1 group by 1 order by count(*) desc, 1`,
    [workspaceId],
  );
  const filters: Record<string, Record<string, string>> = {
    'all links': {},
    'the largest tag': { tag: tags[0]?.name ?? '' },
    'the smallest tag': { tag: tags.at(-1)?.name ?? '' },
    'no such tag': { tag: 'no such tag' },
    'the largest campaign': { campaign: campaigns[0]?.name ?? '' },
    'the smallest campaign': { campaign: campaigns.at(-1)?.name ?? '' },
    'tag and campaign': { tag: tags[0]?.name ?? '', campaign: campaigns[0]?.name ?? '' },
    archived: { state: 'archived' },
  };
  const searches: Record<string, string> = {
    'a common word': 'route',
    'a rare word': title.split(/[ :]/)[1] ?? title,
    'several words': title,
    'a slug typed whole': slug,
    'a pasted short link': `http://${host}/${slug}`,
    'one letter': 'e',
    'two letters': 'zq',
    nothing: 'zzqxzzqx',
  };
  const listHref = (query: Record<string, string>) => `${home}/links?${new URLSearchParams(query).toString()}`;
  const pages: Page[] = [];
  for (const sort of ['newest', 'oldest', 'clicks', 'last-click']) {
    for (const [name, filter] of Object.entries(filters))
      pages.push({ name: `list ${sort}: ${name}`, path: listHref({ ...filter, sort }), limitMs: listMs });
    for (const [name, search] of Object.entries(searches))
      pages.push({ name: `search ${sort}: ${name}`, path: listHref({ search, sort }), limitMs: listMs });
  }
  return [
    ...pages,
    { name: 'tags', path: `${home}/tags`, limitMs: tagsMs },
    { name: 'tag suggestions', path: `${home}/tags/suggest?tags=a`, limitMs: tagsMs },
    { name: 'compare: links', path: `${home}/compare`, limitMs: listMs },
    { name: 'compare: campaigns', path: `${home}/compare?of=campaign`, limitMs: listMs },
    { name: 'compare: tags', path: `${home}/compare?of=tag`, limitMs: listMs },
    { name: 'dialog: all cities, 12 months', path: `${home}/reports/values?by=city&period=12mo`, limitMs: listMs },
  ];
}

/** From request to the last byte, in milliseconds; one round before does not count. */
async function mediansOf(pages: readonly Page[], cookie: string): Promise<Record<string, number>> {
  const medians: Record<string, number> = {};
  for (const { name, path } of pages) {
    const times: number[] = [];
    for (let round = -1; round < Number(options.rounds); round++) {
      const startedAt = performance.now();
      const answer = await fetch(`${origin}${path}`, { headers: { cookie } });
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
      if (round >= 0) times.push(performance.now() - startedAt);
    }
    medians[name] = times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? NaN;
  }
  return medians;
}
