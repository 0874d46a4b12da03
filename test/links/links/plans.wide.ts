import { drizzle } from 'drizzle-orm/node-postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameLinks } from '../../../src/reports/counts/link-names.ts';
import type { Db } from '../../../src/ground/db/db.ts';
import * as schema from '../../../src/ground/db/schema.ts';
import { jumpToCampaigns, jumpToLinks, jumpToTags } from '../../../src/links/links/jump.ts';
import { countLinks, type LinkFilter, listLinks, linkSorts } from '../../../src/links/links/list.ts';
import { findSameDestinations } from '../../../src/links/creation/same-destination.ts';
import { listTags, suggestTags } from '../../../src/links/links/tags.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';

/** How much of the database each statement of a list reads at 100,000 links, beside a workspace as large. */

let database: TestDatabase;
let client: Client;
let db: Db;
let asked: { query: string; params: unknown[] }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client(database.url);
  await client.connect();
  await client.query(`
set jit = off;
set max_parallel_workers_per_gather = 0;
insert into workspaces (id, name, slug) select 'w' || w, 'W', 'w' || w from generate_series(1, 2) w;
insert into domains (id, host) values ('d', 'd.test');
insert into tags (id, workspace_id, name, name_key, colour)
  select 'w' || w || 't' || n, 'w' || w, 't' || n, 't' || n, 'green' from generate_series(1, 2) w, generate_series(1, 200) n;
insert into campaigns (id, workspace_id, name, name_key)
  select 'w' || w || 'c' || n, 'w' || w, 'c' || n, 'c' || n from generate_series(1, 2) w, generate_series(1, 50) n;
alter table slugs disable trigger user;
alter table links disable trigger user;
insert into links (id, workspace_id, url, title, campaign_id, created_at, archived_at, search_text)
  select 'w' || w || 'l' || n, 'w' || w, 'https://shop.example/' || n, 'Route ' || n, case when n % 3 = 0 then 'w' || w || 'c' || 1 + n % 50 end,
         now() - n * interval '10 minutes', case when n % 20 = 0 then now() end,
         'p' || md5(w || 'l' || n) || E'\\nroute ' || n || E'\\nhttps://shop.example/' || n
  from generate_series(1, 2) w, generate_series(1, 100000) n;
insert into slugs (id, domain_id, slug, slug_key, kind, link_id)
  select k || id, 'd', k || md5(substr(id, 2)), k || md5(substr(id, 2)), case k when 'p' then 'primary' else 'qr' end, id
  from links, unnest(array['p', 'q']) k;
alter table slugs enable trigger user;
alter table links enable trigger user;
insert into link_tags select id, workspace_id || 't' || 1 + substr(id, 4)::int % 200 from links;
insert into link_tags select id, workspace_id || 't1' from links where substr(id, 4)::int % 5 = 0 on conflict do nothing;
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, last_click_at)
  select id, workspace_id, 100000 / substr(id, 4)::int, 1, 1 + 100000 / substr(id, 4)::int, created_at, now() - substr(id, 4)::int * interval '1 minute'
  from links where substr(id, 4)::int <= 97000`);
  // Until every page is known to hold nothing but what all see: a look by autovacuum at the same time puts that off.
  const isSeen = `select bool_and(relallvisible >= relpages) as seen from pg_class where relname in ('links', 'link_tags')`;
  for (let seen = false; !seen; ) {
    await client.query('vacuum analyze');
    seen = (await client.query<{ seen: boolean }>(isSeen)).rows[0]?.seen ?? false;
  }
  const logger = { logQuery: (query: string, params: unknown[]) => void asked.push({ query, params }) };
  db = drizzle(client, { schema, logger });
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] } & Record<string, unknown>;
type Read = { scans: string[]; buffers: number };

/** Runs it, then each of its statements again under EXPLAIN. */
async function readBy(work: () => Promise<unknown>): Promise<Read> {
  asked = [];
  await work();
  const reads = asked.filter(({ query }) => /^\s*(select|with)\b/i.test(query) && !query.includes('set_config('));
  asked = [];
  expect(reads.length).toBeGreaterThan(0);
  const read: Read = { scans: [], buffers: 0 };
  for (const { query, params } of reads) {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      `explain (analyze, buffers, format json) ${query}`,
      params,
    );
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
    if (!plan) throw new Error('no plan');
    read.buffers += Number(plan['Shared Hit Blocks']) + Number(plan['Shared Read Blocks']);
    const walk = (node: Plan): void => {
      // A branch that nobody needed.
      if (node['Actual Loops'] === 0) return;
      if (node['Node Type'] === 'Seq Scan') read.scans.push(String(node['Relation Name']));
      node.Plans?.forEach(walk);
    };
    walk(plan);
  }
  return read;
}

const large = new Set(['links', 'slugs', 'clicks', 'link_totals', 'link_tags']);

const filters: [string, LinkFilter, number][] = [
  ['all links', { search: '' }, 3_000],
  ['a tag of 20,000', { search: '', tag: 't1' }, 8_000],
  ['a tag of 500', { search: '', tag: 't77' }, 8_000],
  ['no such tag', { search: '', tag: 'none' }, 100],
  ['a campaign', { search: '', campaign: 'c8' }, 8_000],
  ['a rare word', { search: '77123' }, 2_000],
  ['a slug typed whole', { search: 'p2d1a7d4c5d0f2a8b0e' }, 2_000],
  ['a pasted short link', { search: 'http://d.test/pabcdefabc' }, 2_000],
  ['nothing', { search: 'zzqxzzqx' }, 2_000],
];

describe.each(linkSorts)('a list by %s at 100,000 links', (sort) => {
  it.each(filters)('of %s reads little and scans no table', async (_what, filter, mostBuffers) => {
    const { scans, buffers } = await readBy(() =>
      listLinks(db, 'w1', { ...filter, sort, state: 'active', limit: 50, cursor: null }),
    );
    expect(scans.filter((table) => large.has(table))).toEqual([]);
    expect(buffers).toBeLessThan(mostBuffers);
  });
});

describe('a jump at 100,000 links', () => {
  it.each(['', 'r', 'route', '77123', 'p2d1a7d4c5d0f2a8b0e', 'http://d.test/pabcdefabc', 'zzqxzzqx', 'zq'])(
    'to “%s” reads little and scans no table',
    async (search) => {
      const { scans, buffers } = await readBy(() => jumpToLinks(db, 'w1', search, 8));
      expect(scans.filter((table) => large.has(table))).toEqual([]);
      expect(buffers).toBeLessThan(3_000);
    },
  );

  it('to tags and campaigns reads those of the workspace alone', async () => {
    for (const work of [() => jumpToTags(db, 'w1', ['t'], 5), () => jumpToCampaigns(db, 'w1', ['c', '1'], 5)]) {
      const { scans, buffers } = await readBy(work);
      expect(scans.filter((table) => large.has(table))).toEqual([]);
      expect(buffers).toBeLessThan(100);
    }
  });
});

describe('beside a list', () => {
  it.each(filters)('the count of %s reads little', async (_what, filter, mostBuffers) => {
    const { scans, buffers } = await readBy(() => countLinks(db, 'w1', filter));
    expect(scans.filter((table) => table !== 'links' && large.has(table))).toEqual([]);
    expect(buffers).toBeLessThan(mostBuffers);
  });

  it.each(['route', 'route shop', 'e'])(
    'the count of “%s”, which is in every link, goes no further than is shown',
    async (search) => {
      const { scans, buffers } = await readBy(() => countLinks(db, 'w1', { search }));
      expect(scans.filter((table) => large.has(table) && table !== 'links')).toEqual([]);
      expect(buffers).toBeLessThan(3_000);
    },
  );

  it('tags are counted in their index, and completed', async () => {
    for (const work of [() => listTags(db, 'w1'), () => suggestTags(db, 'w1', 't', [])]) {
      const { scans, buffers } = await readBy(work);
      expect(scans.filter((table) => large.has(table))).toEqual([]);
      expect(buffers).toBeLessThan(3_000);
    }
  });

  it.each([1, 500])('%d addresses are found by where links lead', async (count) => {
    const typed = Array.from({ length: count }, (_, index) => `SHOP.example:443/${index + 1}`);
    const found = findSameDestinations(db, 'w1', typed);
    expect((await found).size).toBe(count - Math.floor(count / 20));
    const { scans, buffers } = await readBy(() => findSameDestinations(db, 'w1', typed));
    expect(scans.filter((table) => large.has(table))).toEqual([]);
    expect(buffers).toBeLessThan(50 * count);
  });

  it('names are found by key, sorting or not', async () => {
    await client.query('set enable_sort = off');
    const values = [
      { dimension: 'link', value: 'w1l5' },
      { dimension: 'qr', value: 'qw1l6' },
      { dimension: 'domain', value: 'd' },
      { dimension: 'destination', value: '7' },
      { dimension: 'route', value: '7' },
    ] as const;
    const { scans, buffers } = await readBy(() => nameLinks(db, 'w1', values));
    await client.query('reset enable_sort');
    expect(scans.filter((table) => large.has(table))).toEqual([]);
    expect(buffers).toBeLessThan(200);
  });
});
