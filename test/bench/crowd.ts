import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/ground/embedded/embedded.ts';
import { freePort } from '../setup/free-port.ts';
import type { CrowdNames } from './crowds.ts';
import { runSteady } from './load.ts';
import { settingsOf, startServer, untilReady } from './server.ts';

/**
 * `npm run bench:crowd`: a hundred redirects a second, steadily, alone and amid crowds (crowds.ts) that cost the server as
 * much as they can. Visitors come first: their waiting, their domains, and what other workspaces see have limits.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    crowds: { type: 'string', default: 'docs,hosts,key,person' },
  },
});
const seconds = Number(options.seconds);
const [perSecond, domainsEach] = [100, 10];
const port = await freePort();
const appHost = `localhost:${port}`;

/** Milliseconds, and how many. */
type Figures = {
  p50: number;
  p95: number;
  spooled: number;
  /** The slowest first visit and the slowest other one of a live domain, and answers of theirs that were no redirect. */
  unvisited: number;
  visited: number;
  refusedOnDomains: number;
  /** Pages of another workspace: the slowest, and those that were no 2xx. */
  page: number;
  refusedPages: number;
};

const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
const server = startServer({ ...settingsOf(port, postgres.url, directory), TRUST_PROXY: 'loopback', SIGN_UP: 'open' });
const client = new Client(postgres.url);

async function bench(): Promise<void> {
  const watched = await signUp('Watched');
  const busy = await signUp('Busy');
  await insertLinks();
  const needs = { port, appHost, key: await makeKey(busy), cookie: busy.cookie, workspace: busy.slug };
  await measure('quiet', needs, watched);
  const measured = new Map<string, Figures[]>();
  for (let run = 0; run < Number(options.runs); run++) {
    for (const name of ['quiet', ...options.crowds.split(',')]) {
      const figures = await measure(name as CrowdNames, needs, watched);
      measured.set(name, [...(measured.get(name) ?? []), figures]);
      console.log(name.padEnd(6), shown(figures));
    }
  }
  const quiet = medianOf(measured.get('quiet') ?? []);
  console.log('\nmedians');
  for (const [name, runs] of measured) {
    const figures = medianOf(runs);
    console.log(name.padEnd(6), shown(figures), name === 'quiet' ? '' : judge(figures, quiet));
  }
}

/** What breaks a limit, in words. */
function judge(figures: Figures, quiet: Figures): string {
  const limit = Math.max(3 * quiet.p95, 100);
  const faults = [
    figures.p95 > limit && `p95 above ${limit.toFixed(0)} ms`,
    figures.spooled > quiet.spooled + 0.001 * perSecond * seconds && 'more clicks spooled',
    figures.refusedOnDomains > 0 && 'a live domain was refused',
    figures.refusedPages > 0 && 'a page was refused',
    figures.page > 2_000 && 'a page took more than 2 s',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) process.exitCode = 1;
  return faults.length > 0 ? `FAULTS: ${faults.join(', ')}` : 'within limits';
}

async function measure(name: CrowdNames, needs: object, watched: Account): Promise<Figures> {
  const unvisited = await insertDomains();
  const crowd = fork(fileURLToPath(new URL('crowds.ts', import.meta.url)), [name, JSON.stringify(needs)]);
  // It begins before anything is measured.
  await sleep(1_000);
  const before = await spooledClicks();
  let isOver = false;
  const [redirects, domains, pages] = await Promise.all([
    runSteady({ port, connections: 32, seconds, perSecond, request: (n) => redirectRequest(n) }).finally(() => {
      isOver = true;
    }),
    visitDomains(unvisited),
    askFor([`/w/${watched.slug}/links`, `/w/${watched.slug}/reports`], watched.cookie, () => isOver),
  ]);
  const spooled = (await spooledClicks()) - before;
  const statuses = await end(crowd);
  if (Object.keys(statuses).length > 0) console.log('   the crowd got', JSON.stringify(statuses));
  if (redirects.other > 0) throw new Error(`${redirects.other} answers were no redirects`);
  return { p50: redirects.p50, p95: redirects.p95, spooled, ...domains, ...pages };
}

const agent = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

const redirectRequest = (n: number) =>
  `GET /crowd-${n % 1_000} HTTP/1.1\r\nHost: ${appHost}\r\nUser-Agent: ${agent}\r\nX-Forwarded-For: 198.51.100.${n % 250}\r\n\r\n`;

/** Each domain twice, spread over the time: unvisited, and visited a moment later. */
async function visitDomains(hosts: string[]): Promise<Pick<Figures, 'unvisited' | 'visited' | 'refusedOnDomains'>> {
  const [first, again]: [Asked[], Asked[]] = [[], []];
  for (const host of hosts) {
    first.push(await ask('/spring', { host }));
    await sleep((seconds * 500) / hosts.length);
  }
  for (const host of hosts) {
    again.push(await ask('/spring', { host }));
    await sleep((seconds * 400) / hosts.length);
  }
  const refused = [...first, ...again].filter(({ status }) => status !== 302);
  return { unvisited: slowest(first), visited: slowest(again), refusedOnDomains: refused.length };
}

async function askFor(
  paths: string[],
  cookie: string,
  isOver: () => boolean,
): Promise<Pick<Figures, 'page' | 'refusedPages'>> {
  const asked: Asked[] = [];
  for (let n = 0; !isOver(); n++) {
    asked.push(await ask(paths[n % paths.length] ?? '/', { host: appHost, cookie }));
    await sleep(250);
  }
  return { page: slowest(asked), refusedPages: asked.filter(({ status }) => status < 200 || status > 299).length };
}

type Asked = { status: number; ms: number };
const slowest = (asked: Asked[]) => Math.max(...asked.map(({ ms }) => ms));

function ask(path: string, headers: Record<string, string>): Promise<Asked> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = http.get(
      { host: '127.0.0.1', port, path, agent: false, headers: { 'user-agent': agent, ...headers } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - began }));
      },
    );
    sent.on('error', reject);
  });
}

async function spooledClicks(): Promise<number> {
  const metrics = await fetch(`http://${appHost}/metrics`).then((answer) => answer.text());
  return Number(/^waymark_clicks_total\{fate="spooled"\} (\d+)/m.exec(metrics)?.[1] ?? NaN);
}

async function end(crowd: ChildProcess): Promise<Record<string, number>> {
  if (!crowd.connected) return {};
  const heard = once(crowd, 'message') as Promise<[Record<string, number>]>;
  crowd.send('stop');
  const [statuses] = await heard;
  if (crowd.exitCode === null) await once(crowd, 'exit');
  return statuses;
}

type Account = { cookie: string; slug: string };

async function signUp(name: string): Promise<Account> {
  const form = {
    name,
    email: `${name.toLowerCase()}@example.com`,
    password: 'correct horse',
    workspaceName: name,
    timeZone: 'UTC',
  };
  const send = () =>
    fetch(`http://${appHost}/sign-up`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  let answer = await send();
  // A server that has just started gives way for a moment.
  for (; answer.status === 503; answer = await send()) await sleep(500);
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces where name = $1', [name]);
  if (answer.status !== 303 || !rows[0]) throw new Error(`Sign-up was answered with ${answer.status}`);
  return { cookie, slug: rows[0].slug };
}

/** A key of that workspace, for crowds that ask the API. */
async function makeKey({ cookie, slug }: Account): Promise<string> {
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  const made = await fetch(`http://${appHost}/w/${slug}/keys`, {
    method: 'POST',
    headers,
    body: 'name=Crowd',
    redirect: 'manual',
  });
  const both = [cookie, ...made.headers.getSetCookie().map((line) => line.split(';', 1)[0])].join('; ');
  const page = await fetch(`http://${appHost}/w/${slug}/keys`, { headers: { cookie: both } });
  const key = /wm_[\w-]+/.exec(await page.text())?.[0];
  if (!key) throw new Error('There is no key on the page of keys');
  return key;
}

/** A workspace worth crowding: 60,000 links with titles, and 100,000 clicks of the last weeks. */
async function insertLinks(): Promise<void> {
  await client.query(`insert into links (id, workspace_id, url)
select 'crowd' || n, (select id from workspaces where name = 'Busy'), 'https://example.com/' || n from generate_series(0, 999) n`);
  await client.query(`insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select 'crowd' || n, (select id from domains where workspace_id is null), 'crowd-' || n, 'crowd-' || n, 'primary', 'crowd' || n
from generate_series(0, 999) n`);
  await client.query(`insert into links (id, workspace_id, url, title)
select 'many' || n, (select id from workspaces where name = 'Busy'), 'https://example.com/a/' || md5(n::text),
  'A title of ' || md5((n + 1)::text)
from generate_series(1, 60000) n`);
  await client.query(`insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select l.id || k.kind, (select id from domains where workspace_id is null), l.id || k.kind, l.id || k.kind, k.kind, l.id
from links l cross join (values ('primary'), ('qr')) k (kind)
where not exists (select from slugs s where s.link_id = l.id and s.kind = k.kind)`);
  await client.query(`insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, country,
  city, device, os, browser, language, referrer, channel, visitor_key, is_first_on_link, is_first_in_workspace)
select n, now() - n * interval '20 seconds', 'many' || 1 + n % 60000, 'many' || 1 + n % 60000 || 'primary',
  (select id from workspaces where name = 'Busy'), 'human', 'human:browser', 1, (array['DE', 'FR', 'US'])[1 + n % 3],
  'Berlin', 'mobile', 'iOS', 'Safari', 'de', 'instagram.com', 'social', n, true, true
from generate_series(1, 100000) n`);
  await client.query('insert into clicks_pending select * from clicks');
  await client.query('analyze');
  // Until the rollups have them.
  while ((await client.query('select from clicks_pending limit 1')).rowCount) await sleep(500);
}

let domains = 0;

/** New live domains with a link each, of which every node is told. */
async function insertDomains(): Promise<string[]> {
  const numbers = Array.from({ length: domainsEach }, () => domains++);
  for (const n of numbers) {
    await client.query(`insert into domains (id, host, workspace_id, proof_token)
select 'live${n}', 'live${n}.example', id, 'proof' from workspaces where name = 'Busy'`);
    await client.query(`insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
values ('live${n}', 'live${n}', 'spring', 'spring', 'alias', 'crowd0')`);
    await client.query(`select pg_notify('waymark', $1)`, [
      JSON.stringify({ kind: 'domain', host: `live${n}.example` }),
    ]);
  }
  return numbers.map((n) => `live${n}.example`);
}

function medianOf(runs: Figures[]): Figures {
  const median = (name: keyof Figures) =>
    runs.map((figures) => figures[name]).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? NaN;
  // What may never happen is not averaged away.
  const worst = (name: keyof Figures) => Math.max(...runs.map((figures) => figures[name]));
  return {
    p50: median('p50'),
    p95: median('p95'),
    spooled: median('spooled'),
    unvisited: median('unvisited'),
    visited: median('visited'),
    refusedOnDomains: worst('refusedOnDomains'),
    page: median('page'),
    refusedPages: worst('refusedPages'),
  };
}

function shown(figures: Figures): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return [
    `redirects p50 ${ms(figures.p50)}, p95 ${ms(figures.p95)}, ${figures.spooled} spooled`,
    `domains at most ${ms(figures.unvisited)} unvisited, ${ms(figures.visited)} visited, ${figures.refusedOnDomains} refused`,
    `pages at most ${ms(figures.page)}, ${figures.refusedPages} refused`,
  ].join(' | ');
}

try {
  await client.connect();
  await untilReady(server, port);
  await bench();
} finally {
  await client.end();
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}
