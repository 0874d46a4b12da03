import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startTestApp, type Person, type TestApp } from '../../setup/app.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';
import { projectRoot } from '../../setup/project-root.ts';

let app: TestApp;
let person: Person;
let slug: string;

const address = '81.2.69.142';
const userAgent =
  'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.7.6723.107 Mobile Safari/537.36 AcmeApp/4711 dfa51331-fdeb-46d7-aa01-8d09a263ef90';

beforeAll(async () => {
  app = await startTestApp();
  person = await app.signUp('Grace');
  await person.ask(`/w/${person.workspace.slug}/links`, {
    form: { url: 'https://example.com/there?x=1', slug: 'hello' },
  });
  slug = 'hello';
});

afterAll(() => app.close());

const visit = (headers: Record<string, string>, query = ''): Promise<Answer> =>
  app.visit(`/${slug}${query}`, { headers: { 'x-forwarded-for': address, 'user-agent': userAgent, ...headers } });

type Row = {
  class: string;
  country: string | null;
  region: string | null;
  city: string | null;
  visitor_key: number | null;
};

async function lastHit(): Promise<Row | undefined> {
  const [hit] = await rowsOf<Row>(
    app.db,
    sql`select class, country, region, city, visitor_key from ${everyHit} c order by clicked_at desc, id desc limit 1`,
  );
  return hit;
}

describe('who asks not to be tracked', () => {
  it.each([{ dnt: '1' }, { 'sec-gpc': '1' }])('is counted without key, region and city: %j', async (headers) => {
    expect((await visit(headers)).status).toBe(302);
    const hit = await lastHit();
    expect(hit).toMatchObject({ class: 'human', region: null, city: null, visitor_key: null });
    expect(hit?.country).toMatch(/^[A-Z]{2}$/);
  });

  it('is nobody who says that tracking is fine', async () => {
    await visit({ dnt: '0', 'sec-gpc': '0' });
    expect((await lastHit())?.visitor_key).not.toBeNull();
  });
});

describe("an owner's visit from the dashboard", () => {
  it('counts as their own, and the mark goes no further', async () => {
    const [{ id } = { id: '' }] = await rowsOf<{ id: string }>(app.db, sql`select id from links`);
    const opened = await person.ask(`/w/${person.workspace.slug}/links/${id}`);
    expect(opened.status, opened.text).toBe(200);
    const query = /\/hello(\?wm_own=[\w-]+)"/.exec(opened.text)?.[1] ?? '';
    expect(query).not.toBe('');
    const answer = await visit({ referer: `${app.url}/` }, `${query}&b=2`);
    expect(answer.headers.location).toBe('https://example.com/there?x=1&b=2');
    expect(await lastHit()).toMatchObject({ class: 'owner' });
    await visit({ referer: 'https://mail.example.com/' }, query);
    expect(await lastHit()).toMatchObject({ class: 'human' });
  });
});

describe('an id of the click', () => {
  it('is given where the link says so, and to nobody who asks not to be tracked', async () => {
    const link = await makeLink(app, person, { slug: 'counted', clickIdName: 'wm_cid' });
    const opened = (headers: Record<string, string>) =>
      app.visit('/counted', { headers: { 'x-forwarded-for': address, 'user-agent': userAgent, ...headers } });
    const { location = '' } = (await opened({})).headers;
    expect(new URL(location).searchParams.get('wm_cid')).toMatch(/^[\w-]{48}$/);
    for (const secret of [address, link.id, String(Date.now()).slice(0, 6)]) expect(location).not.toContain(secret);
    for (const headers of [{ dnt: '1' }, { 'sec-gpc': '1' }])
      expect((await opened(headers)).headers.location).toBe('https://example.com/counted');
  });
});

describe('after visits', () => {
  const secrets = [address, '130.7.6723.107', 'dfa51331', 'jane.doe', 'UP1A', userAgent];

  it('no table holds an address or more of a user agent than its shape', async () => {
    await visit({ 'accept-language': 'de', referer: 'https://www.google.com/search?q=jane.doe' });
    await visit({ 'user-agent': 'Mozilla/5.0 (compatible; Bot/1.2.3; +jane.doe@example.com)' });
    await app.rollUp();
    await visit({});
    const { email, password } = person;
    const logIn = await app.ask('/log-in', {
      form: { email, password },
      headers: { 'x-forwarded-for': address, 'user-agent': userAgent },
    });
    expect(logIn.status).toBe(303);
    const tables = await rowsOf<{ name: string }>(
      app.db,
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const rows = await rowsOf<{ row: string }>(
        app.db,
        sql`select t::text as row from ${sql.identifier(name)} t where t::text ~* ${secrets.map((each) => each.replace(/[^\w]/g, '.')).join('|')}`,
      );
      expect({ name, rows }).toEqual({ name, rows: [] });
    }
    const [shape] = await rowsOf<{ shape: string }>(
      app.db,
      sql`select shape from agent_shapes where shape like '%Android%'`,
    );
    expect(shape?.shape).toContain('SM-S0B');
  });

  it('no file of the server holds them either', () => {
    const files = readdirSync(app.config.dataDir, { recursive: true })
      .map((file) => join(app.config.dataDir, String(file)))
      .filter((file) => statSync(file).isFile());
    const telling = files.filter((file) => secrets.some((each) => readFileSync(file, 'latin1').includes(each)));
    expect(telling).toEqual([]);
  });
});

describe('docs/privacy.md', () => {
  const page = readFileSync(join(projectRoot, 'docs/privacy.md'), 'utf8');

  it('names every column that a visit can leave something in', async () => {
    const columns = await rowsOf<{ name: string; column: string }>(
      app.db,
      sql`
select table_name as name, column_name as column from information_schema.columns
where table_schema = 'public' and table_name in ('clicks', 'hit_batches', 'visitor_salts', 'visitors_seen', 'agent_shapes', 'click_totals_hourly',
  'click_counts_daily', 'click_counts_monthly', 'link_totals', 'reclassifications', 'chart_notes', 'conversions', 'conversion_counts')
order by 1, ordinal_position`,
    );
    const clicks = /### `clicks`[^]*?(?=\n### )/.exec(page)?.[0] ?? '';
    const missing = columns.filter(({ name, column }) => {
      const where =
        name === 'clicks' ? clicks : (page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '');
      // The last day stands for all days of a month.
      return !where.includes(`\`${column.replace(/_\d+$/, '_31')}\``);
    });
    expect(missing).toEqual([]);
    const known = new Set(columns.filter(({ name }) => name === 'clicks').map(({ column }) => column));
    const rows = clicks.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''),
    );
    expect(named.filter((column) => !known.has(column))).toEqual([]);
  });
});
