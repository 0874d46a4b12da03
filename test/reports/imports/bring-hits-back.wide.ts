import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { Client as Connection } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dimensions } from '../../../src/visitors/rollups/dimensions.ts';
import { parseFilters } from '../../../src/reports/counts/filter.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { findFirstHitAt } from '../../../src/reports/counts/beginning.ts';
import { countBy, loadReport, type Subject } from '../../../src/reports/counts/report.ts';
import { byteOrderMark, csvLine, parseCsv } from '../../../src/ground/text/csv.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import { claimDomain } from '../../../src/domains/domains/claims.ts';
import { countLinksOn } from '../../../src/domains/domains/removal.ts';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { importHits } from '../../../src/reports/imports/hits-import.ts';
import { type Client, createLink, type LinkJson, openClient } from '../../people/keys/client.ts';
import { type CommandLine, openCommandLine } from '../../cli/run.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { tellOfDomain } from '../../setup/domains.ts';
import { rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';

const zone = 'America/New_York';
const now = new Date();

/** A server with somebody, their key and the command line. */
type Instance = { app: TestApp; person: Person; client: Client; commandLine: CommandLine };

let old: Instance;
let folder: string;
let spring: LinkJson;
let busy: LinkJson;
let promo: LinkJson;
/** Tags are not in the file: they are of links, and stay with them. */
let leaflets: Subject;

async function start(): Promise<Instance> {
  const app = await startTestApp({ SHORT_URL: 'http://go.example' });
  const person = await app.signUp('Ada');
  const client = await openClient(app, person);
  await app.db.execute(sql`update workspaces set time_zone = ${zone} where id = ${client.workspaceId}`);
  const commandLine = openCommandLine({ DATABASE_URL: app.databaseUrl, SHORT_URL: 'http://go.example' });
  return { app, person, client, commandLine };
}

async function stop({ app, commandLine }: Instance): Promise<void> {
  commandLine.close();
  await app.close();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-import-'));
  old = await start();
  const { app, client } = old;
  spring = await createLink(client, { slug: 'spring', tags: ['Leaflets'], campaign: null });
  busy = await createLink(client, { slug: 'busy', url: 'https://example.com/?utm_source=own' });
  await app.db.execute(sql`
insert into domains (id, host, workspace_id, proof_token, state) values ('brand', 'brand.example', ${client.workspaceId}, 'proof', 'live')`);
  await tellOfDomain(app.db, 'brand.example');
  promo = await createLink(client, { domain: 'brand.example', slug: 'promo' });
  const gone = await createLink(client, { slug: 'gone' });
  const [tag] = await rowsOf<{ id: string }>(app.db, sql`select id from tags`);
  leaflets = { kind: 'tag', id: tag?.id ?? '' };
  await visitAll(app, client.workspaceId);
  await client.ask(`/links/${gone.id}`, { method: 'DELETE' });
  await insertPast(app, client.workspaceId);
});

afterAll(async () => {
  await stop(old);
  rmSync(folder, { recursive: true, force: true });
});

/** Visits of people and programs through the real redirect: by word and by code, with formulas and foreign letters. */
async function visitAll(app: TestApp, workspaceId: string): Promise<void> {
  const codes = await rowsOf<{ host: string; slug: string }>(
    app.db,
    sql`
select d.host, s.slug from slugs s join links l on l.id = s.link_id join domains d on d.id = s.domain_id
where l.workspace_id = ${workspaceId} and s.kind = 'qr'`,
  );
  const visits = [
    ...codes.map(({ host, slug }) => ({ host, path: `/${slug}` })),
    { host: 'go.example', path: '/spring?utm_source=%3D1%2B1&utm_term=%22a%22%2C%20b' },
    { host: 'go.example', path: '/gone' },
    { host: 'brand.example', path: '/promo' },
  ];
  const headers = [
    { 'x-forwarded-for': '81.2.69.142', referer: 'https://www.linkedin.com/' },
    { 'x-forwarded-for': '81.2.69.142', 'accept-language': 'ja' },
    { 'x-forwarded-for': '203.0.113.8', dnt: '1', referer: 'https://news.example/' },
    { 'x-forwarded-for': '203.0.113.9', 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
    { 'x-forwarded-for': '203.0.113.9', 'user-agent': 'curl/8.5.0' },
  ];
  for (const { host, path } of visits)
    for (const each of headers) {
      const { status } = await app.visit(path, { headers: each, host });
      if (status !== 302) throw new Error(`${path} answered ${status}`);
    }
}

/** A year of a busy link, more of it around the hour that comes twice, with every kind of text that may be stored. */
async function insertPast(app: TestApp, workspaceId: string): Promise<void> {
  const pick = (...values: (string | null)[]) =>
    sql`(${sql.param(values)}::text[])[1 + floor(random() * ${values.length}::int)]`;
  await app.db.execute(sql`select setseed(0.7)`);
  await app.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, domain_id, workspace_id, class, reason, rules_version, country, region, city, device,
  os, browser, language, referrer, channel, utm_source, utm_medium, utm_campaign, utm_term, utm_content, visitor_key,
  is_first_on_link, is_first_in_workspace)
select n, at, s.link_id, s.id, s.domain_id, ${workspaceId}, h.class, h.class || ':' || ${pick('browser', 'in-doubt')}, 2,
       ${pick('DE', 'US', null)}, ${pick('Berlin', 'Île-de-France', null)}, ${pick('Köln', "'=x", null)}, ${pick('desktop', 'mobile', null)},
       ${pick('iOS', null)}, ${pick('Say "hi", \\ {x}', 'Safari')}, ${pick('de', 'ja', null)}, ${pick('news.example', null)},
       ${pick('direct', 'social', 'qr')}, ${pick('=1+1', '-2', null)}, ${pick(' e mail ', null)}, ${pick('@x', '+y', null)},
       ${pick("'quoted'", null)}, ${pick('a,b', null)}, n, h.class = 'human' and random() < 0.6, h.class = 'human' and random() < 0.4
from generate_series(1, ${busyLinkHits + 500}) n
cross join lateral (select ${pick('human', 'human', 'crawler', 'owner')} || left(n::text, 0) as class,
                           case when n % 4 = 0 then '2025-11-02T05:30:00.123456Z'::timestamptz + n * interval '1 second'
                                else '2025-11-20'::timestamptz + n * interval '2.3 hours' end as at) h
join lateral (select * from slugs where link_id = ${busy.id} order by kind, (n % 3 = 0) limit 1) s on true`);
  await restateWorkspace(app.db, workspaceId);
}

/** What a file of an export answers. */
async function exportHits({ person }: Instance, query = 'period=all'): Promise<string> {
  const answer = await person.ask(`/w/${person.workspace.slug}/export?file=hits&${query}`);
  expect(answer.status, answer.text.slice(0, 500)).toBe(200);
  return answer.text;
}

let files = 0;
function fileOf(text: string): string {
  files += 1;
  const path = join(folder, `${files}.csv`);
  writeFileSync(path, text);
  return path;
}

const importInto = ({ commandLine, client }: Instance, file: string, ...more: string[]) =>
  commandLine.answer('hits:import', '--workspace', client.workspaceId, file, ...more);

/** Reports of the workspace, its links and a tag as their pages show them, and all values of every dimension. */
async function readReports({ app, client }: Instance, more: Subject[] = []): Promise<Record<string, unknown>> {
  const periods = [
    { period: 'all' },
    { period: '12mo' },
    { from: '2025-11-01', to: '2025-11-03', interval: 'hour' },
    { period: '7d' },
  ] as const;
  const linkIds = [spring.id, busy.id];
  const subjects: Subject[] = [
    { kind: 'workspace', id: client.workspaceId },
    ...linkIds.map((id) => ({ kind: 'link', id }) as const),
    ...more,
  ];
  const filters = [[], ['device:is:mobile', 'utm_source:contains:1'], ['channel:is:qr', "city:not:DE/'=x"]];
  const reports: Record<string, unknown> = {};
  for (const subject of subjects) {
    const firstHitAt = await findFirstHitAt(app.db, client.workspaceId, subject);
    for (const asked of periods) {
      const period = resolvePeriod({ ...asked, timeZone: zone, now, firstHitAt });
      for (const filter of filters.map((texts) => parseFilters(texts, 'filter'))) {
        const of = [subject, period] as const;
        // Each server's workspace has an id of its own.
        const about = subject.kind === 'workspace' ? subject.kind : subject;
        const name = JSON.stringify([about, asked, filter]);
        reports[name] = { ...(await loadReport(app.db, client.workspaceId, ...of, filter)), subject: about };
        if (filter.length > 0 || period.name !== 'all' || subject.kind === 'tag') continue;
        for (const { name: dimension } of dimensions)
          reports[`${name} by ${dimension}`] = await countBy(
            app.db,
            { id: client.workspaceId, timeZone: zone },
            ...of,
            dimension,
          );
      }
    }
  }
  const answer = await client.ask('/analytics?period=12mo&groupBy=link');
  return { ...reports, api: (answer.json() as { rows: unknown }).rows };
}

async function loseHits({ app, client }: Instance): Promise<void> {
  await app.rollUp();
  await app.db.execute(sql`
delete from click_totals_hourly; delete from click_counts_monthly; delete from link_totals`);
  await app.db.execute(sql`delete from clicks where workspace_id = ${client.workspaceId}`);
}

const columnsOf = (text: string) => {
  const [names = [], ...rows] = parseCsv(text);
  return { names, rows };
};

/** The file with some cells of its first hit changed. */
function changed(text: string, cells: Record<string, string>): string {
  const { names, rows } = columnsOf(text);
  const [first = [], ...others] = rows;
  const line = names.map((name, index) => cells[name] ?? first[index] ?? '');
  return [names, line, ...others].map(csvLine).join('');
}

describe('hits that were exported', () => {
  it('make the same reports again, in the workspace that lost them', async () => {
    const { app, client } = old;
    await app.rollUp();
    const text = await exportHits(old);
    const before = await readReports(old, [leaflets]);
    const clicks = sql`select * from clicks where workspace_id = ${client.workspaceId} order by clicked_at, link_id, id`;
    const rows = await rowsOf<Record<string, unknown>>(app.db, clicks);
    await loseHits(old);
    const dry = await importInto(old, fileOf(text), '--dry-run');
    expect(dry).toMatchObject({ isDryRun: true, hits: rows.length, added: rows.length, linksMade: 0 });
    expect(await rowsOf(app.db, clicks)).toEqual([]);
    expect(await rowsOf(app.db, sql`select 1 from link_totals`)).toEqual([]);

    const done = await importInto(old, fileOf(text));
    expect(done).toMatchObject({ isDryRun: false, hits: rows.length, added: rows.length, linksMade: 0 });
    expect(await readReports(old, [leaflets])).toEqual(before);
    // What rules were told is not in the file: it says nothing about the reports, and more about the visitor.
    const bare = { signals: 0, network: null, agent_id: null, visitor_key: null };
    expect(await rowsOf(app.db, clicks)).toEqual(rows.map((row) => ({ ...row, ...bare })));
    const counted = await rollupsAndRows(app.db, client.workspaceId);
    expect(counted.rollups).toEqual(counted.rows);
    expect(await exportHits(old)).toBe(text);
  });

  it('change nothing the second time, nor in parts, nor beside hits that are pending', async () => {
    const { app, client } = old;
    const text = await exportHits(old);
    const before = await readReports(old);
    expect(await importInto(old, fileOf(text))).toMatchObject({ added: 0, linksMade: 0 });
    expect(await importInto(old, fileOf(await exportHits(old, 'period=7d')))).toMatchObject({ added: 0 });
    expect(await importInto(old, fileOf(text.slice(0, text.indexOf('\n'))))).toMatchObject({ hits: 0, added: 0 });
    expect(await readReports(old)).toEqual(before);

    await app.visit('/spring', { host: 'go.example', headers: { 'x-forwarded-for': '198.51.100.1' } });
    expect(await importInto(old, fileOf(await exportHits(old)))).toMatchObject({ added: 0 });
    await app.rollUp();
    const counted = await rollupsAndRows(app.db, client.workspaceId);
    expect(counted.rollups).toEqual(counted.rows);
  });

  it('are looked at without a change also where a batch waits that nobody can read', async () => {
    const { app, client } = old;
    const text = await exportHits(old);
    await app.db.execute(sql`
insert into hit_batches (workspace_id, id, size, first_hit_at, is_repeat, hits)
values (${client.workspaceId}, -1, 1, now(), false, '{not a number}')`);
    const dry = await importInto(old, fileOf(text), '--dry-run');
    await app.db.execute(sql`delete from hit_batches where id = -1`);
    expect(dry).toMatchObject({ isDryRun: true, added: 0 });
  });

  it('make the same reports on another server, with links, codes and a domain not proved there', async () => {
    const text = await exportHits(old);
    const reports = await readReports(old);
    const fresh = await start();
    try {
      const done = await importInto(fresh, fileOf(text));
      expect(done).toMatchObject({ linksMade: 4 });
      // A domain is another row there; everything else is the same, the ids of links and codes too.
      const byHost = async ({ app }: Instance, json: object) => {
        const domains = await rowsOf<{ id: string; host: string }>(app.db, sql`select id, host from domains`);
        return domains.reduce((all, { id, host }) => all.replaceAll(`"${id}"`, `"${host}"`), JSON.stringify(json));
      };
      expect(JSON.parse(await byHost(fresh, await readReports(fresh)))).toEqual(JSON.parse(await byHost(old, reports)));
      expect(await exportHits(fresh)).toBe(text);
      // Each month has a partition, so that retention can drop it.
      expect(await rowsOf(fresh.app.db, sql`select 1 from clicks_default`)).toEqual([]);

      // Nothing opens by itself; restored, the word and the printed code work.
      expect((await fresh.app.visit('/spring', { host: 'go.example' })).status).toBe(410);
      await fresh.client.ask(`/links/${spring.id}`, { method: 'PATCH', body: { archived: false } });
      await expect
        .poll(async () => (await fresh.app.visit('/spring', { host: 'go.example' })).headers.location)
        .toBe(spring.url);
      const links = (await fresh.client.ask('/links')).json() as { data: LinkJson[] };
      expect(new Map(links.data.map(({ shortUrl, url }) => [shortUrl, url]))).toEqual(
        new Map([busy, spring, promo].map(({ shortUrl, url }) => [shortUrl, url])),
      );
      const { claim } = await claimDomain(fresh.app.db, fresh.client.workspaceId, byTest, 'brand.example');
      expect(await countLinksOn(fresh.app.db, fresh.client.workspaceId, claim.id)).toBe(1);
    } finally {
      await stop(fresh);
    }
  });

  it('go to the link that has their short link, and its printed code works again', async () => {
    const text = await exportHits(old, `period=7d&link=${spring.id}`);
    const { names, rows } = columnsOf(text);
    const code = rows.find((row) => row[names.indexOf('slug_kind')] === 'qr')?.[names.indexOf('slug')];
    const fresh = await start();
    try {
      const link = await createLink(fresh.client, { slug: 'Spring', url: 'https://example.com/new' });
      expect(await importInto(fresh, fileOf(text))).toMatchObject({ added: rows.length, linksMade: 0 });
      expect(await importInto(fresh, fileOf(text))).toMatchObject({ added: 0, linksMade: 0 });
      expect(await rowsOf(fresh.app.db, sql`select distinct link_id from clicks`)).toEqual([{ link_id: link.id }]);
      const answer = await fresh.app.visit(`/${code}`, { host: 'go.example' });
      expect(answer.headers.location).toBe('https://example.com/new');
    } finally {
      await stop(fresh);
    }
  });

  it('come from standard input too', async () => {
    const text = await exportHits(old);
    const command = ['hits:import', '--json', '--workspace', old.client.workspaceId, '-'];
    const { stdout } = await old.commandLine.feed(text, ...command);
    expect(JSON.parse(stdout)).toMatchObject({ added: 0, hits: columnsOf(text).rows.length });
  });
});

describe('a file that is not right', () => {
  /** What the command would say; in this process, because there are many. */
  const refusalOf = async (text: string | Buffer, { app, client }: Pick<Instance, 'app' | 'client'> = old) => {
    const connection = new Connection({ connectionString: app.databaseUrl });
    await connection.connect();
    try {
      await importHits(connection, {
        workspaceId: client.workspaceId,
        by: byTest,
        bytes: Readable.from([Buffer.from(text)]),
        bounds: { now, keptSince: null },
        isDryRun: false,
        onProgress: () => {},
      });
      return 'It was put in.';
    } catch (error) {
      expect(error).toBeInstanceOf(Invalid);
      return error instanceof Error ? error.message : '';
    } finally {
      await connection.end();
    }
  };

  it.each([
    ['an unknown class', { class: 'robot' }, 'Line 2, column class: "robot" is none of human, preview, '],
    [
      'a date that is none',
      { time: '2025-02-30T00:00:00Z' },
      'Line 2, column time: "2025-02-30T00:00:00Z" is no instant such as',
    ],
    [
      'a date to come',
      { time: '2925-02-03T00:00:00Z' },
      'Line 2, column time: "2925-02-03T00:00:00Z" lies in the future.',
    ],
    [
      'a date too long ago',
      { time: '1970-01-01T00:00:00Z' },
      'Line 2, column time: "1970-01-01T00:00:00Z" lies before 2000-01-01.',
    ],
    ['an empty cell', { channel: '' }, 'Line 2, column channel: it is empty.'],
    ['hidden characters', { browser: 'a\u0000b' }, 'Line 2, column browser: "a\u0000b" holds hidden characters.'],
    [
      'a visitor of a machine',
      { class: 'crawler', reason: 'crawler:x', first_on_link_today: 'true' },
      'Line 2, column first_on_link_today: "true" is for clicks of people only.',
    ],
    ['a number that is none', { id: '1e9' }, 'Line 2, column id: "1e9" is no number of a hit.'],
    [
      'a link that cannot be made',
      { link_id: 'nowhere', short_link: 'go.example/nowhere', destination: 'javascript:alert(1)' },
      'Line 2, column destination: "javascript:alert(1)" is no destination.',
    ],
    ['a host that is none', { domain: 'a b' }, 'Line 2, column domain: "a b" begins with no host.'],
  ])('is refused for %s, with line and column, and nothing is put in', async (_what, cells, sentence) => {
    const text = changed(await exportHits(old, 'period=7d'), { id: '77', ...cells });
    expect(await refusalOf(text)).toContain(sentence);
    expect(
      await rowsOf(old.app.db, sql`select 1 from clicks where id = 77 and clicked_at > now() - interval '1 hour'`),
    ).toEqual([]);
  });

  it('is refused for its header, its quotation marks, its cells and its letters', async () => {
    const text = await exportHits(old, 'period=7d');
    expect(await refusalOf('')).toBe('The file is empty.');
    expect(await refusalOf('time;class\n')).toMatch(
      /^Line 1: the header is not that of an export of hits: it lacks time, /,
    );
    expect(await refusalOf(text.replace('browser', 'visitor'))).toBe(
      'Line 1: the header is not that of an export of hits: it lacks browser and has "visitor" too much.',
    );
    expect(await refusalOf(`${text}"`)).toMatch(/^A quotation mark in line \d+ has no end\.$/);
    expect(await refusalOf(`${text}1,2\r\n`)).toMatch(/^Line \d+ has 2 cells, the header 34\.$/);
    expect(await refusalOf(Buffer.concat([Buffer.from(text), Buffer.from([0xff])]))).toBe(
      'The file is not UTF-8, as an export of hits is.',
    );
  });

  it('puts nothing into the links and slugs of others', async () => {
    const text = await exportHits(old, 'period=7d');
    const eve = await old.app.signUp('Eve');
    const client = await openClient(old.app, eve);
    const instance = { app: old.app, client };
    expect(await refusalOf(text, instance)).toMatch(
      /^Line \d+, column link_id: "\w+" is a link of another workspace\.$/,
    );
    const { names, rows } = columnsOf(text);
    const onInstance = rows.filter((row) => row[names.indexOf('short_link')]?.startsWith('go.example/'));
    const renamed = onInstance.map((row) => row.map((cell, index) => (names[index] === 'link_id' ? `x${cell}` : cell)));
    const others = byteOrderMark + [names, ...renamed].map(csvLine).join('');
    expect(await refusalOf(others, instance)).toMatch(
      /^Line \d+, column short_link: "go\.example\/\w+" is a link of another workspace\.$/,
    );
    const own = await createLink(client, { slug: 'eve' });
    const hers = rows.slice(0, 1).map((row) => row.map((cell, index) => (names[index] === 'link_id' ? own.id : cell)));
    expect(await refusalOf([names, ...hers].map(csvLine).join(''), instance)).toMatch(
      /^Line 2, column slug_id: "\w+" is a slug of another workspace\.$/,
    );
    expect(await rowsOf(old.app.db, sql`select 1 from clicks where workspace_id = ${client.workspaceId}`)).toEqual([]);
  });

  it('is refused where RETENTION_DAYS dropped what it would count twice', async () => {
    const commandLine = openCommandLine({ DATABASE_URL: old.app.databaseUrl, RETENTION_DAYS: '30' });
    const file = fileOf(await exportHits(old));
    const { code, stderr } = await commandLine.run('hits:import', '--workspace', old.client.workspaceId, file);
    commandLine.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Line 2, column time: "2025-11-02T.*" lies before .*, since when RETENTION_DAYS keeps hits/,
    );
  });

  it('is not looked for in the dark', async () => {
    const run = (...words: string[]) => old.commandLine.run('hits:import', ...words);
    expect((await run('--workspace', 'nobody', '-')).stderr).toBe('There is no workspace "nobody".\n');
    expect((await run('--workspace', old.client.workspaceId, '/nowhere.csv')).stderr).toBe(
      'There is no file "/nowhere.csv".\n',
    );
    expect((await run('--workspace', 'x')).stderr).toBe('hits:import needs FILE.\n');
    expect((await run('--workspace', 'x', 'a', 'b')).stderr).toContain("Unexpected argument 'b'.");
  });
});
