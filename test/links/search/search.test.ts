import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/ground/db/db.ts';
import { countLinks, listLinks, mostFound } from '../../../src/links/links/list.ts';
import { patternOf } from '../../../src/ground/text/like.ts';
import { insertLink } from '../../../src/links/links/insert.ts';
import { updateLink } from '../../../src/links/links/queries.ts';
import { ensureSearchIndexes, fillSearchTexts, findSearchIndex } from '../../../src/links/links/search-texts.ts';
import { openCommandLine } from '../../cli/run.ts';
import { byTest } from '../../setup/actor.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { query } from '../../setup/postgres.ts';

let database: OpenTestDatabase;
let workspaceId: string;
let other: string;

const titles = ['Straße nach Köln', 'ΑΘΉΝΑ guide', 'İstanbul', '100% off_season', 'back\\slash', 'Café “crème”', null];
const urls = ['https://shop.example/Autumn?x=a\\b', 'https://пример.example/путь', 'https://go.example/a_b%20c'];
const typedSlugs = ['Find_Ünique', 'весна-2026', 'sale', 'SALE-2', 'ab', '春', 'a.b~c'];

beforeAll(async () => {
  database = await openTestDatabase(3);
  workspaceId = await insertBareWorkspace(database.db);
  other = await insertBareWorkspace(database.db);
  await database.db.execute(sql`
insert into domains (id, host, workspace_id, is_case_sensitive)
values ('own', 'own.test', ${workspaceId}, true), ('any', 'go.test', null, false)`);
  for (const [index, slug] of typedSlugs.entries())
    for (const domainId of ['own', 'any'])
      await insert({ slug, domainId, title: titles[index % 7] ?? null, url: urls[index % 3] ?? '' });
  await insert({ slug: 'theirs', domainId: 'any', title: 'Straße sale', url: 'https://shop.example/' }, other);
});
afterAll(() => database.drop());

type Made = { slug: string | null; title: string | null; url: string; domainId: string };
const insert = (link: Made, workspace = workspaceId) => insertLink(database.db, workspace, byTest, { ...link });

async function found(search: string, workspace = workspaceId): Promise<string[]> {
  const asked = { search, sort: 'newest', state: 'all', limit: 100, cursor: null } as const;
  const { links } = await listLinks(database.db, workspace, asked);
  const { active, archived } = await countLinks(database.db, workspace, { search });
  expect(active + archived).toBe(links.length);
  return links.map(({ id }) => id).toSorted();
}

const setFilled = (isFilled: boolean) =>
  database.db.execute(sql`update workspaces set has_search_texts = ${isFilled} where id = ${workspaceId}`);

/** Each column asked by itself, and slugs by the whole of them: what a search means. */
async function asksEachColumn(word: string): Promise<string[]> {
  const pattern = `%${word.normalize('NFC').replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await rowsOf<{ id: string }>(
    database.db,
    sql`
select distinct l.id
from links l join slugs p on p.link_id = l.id and p.kind = 'primary' join slugs a on a.link_id = l.id
where l.workspace_id = ${workspaceId} and (
  l.title ilike ${pattern} or l.url ilike ${pattern} or p.slug ilike ${pattern} or lower(a.slug) = lower(${word}))`,
  );
  return rows.map(({ id }) => id).toSorted();
}

describe('a search by texts', () => {
  it.each([
    'STRASSE',
    'straße',
    'köln',
    'kÖLN',
    'ko\u0308ln',
    'αθήνα',
    'ΑΘΗΝΑ',
    'istanbul',
    'İSTANBUL',
    '100%',
    'off_',
    '%',
    '_',
    '\\',
    'a\\b',
    '“crème”',
    'CRÈME',
    'creme',
    'путь',
    'ПУТЬ',
    'ünique',
    'find_',
    'ВЕСНА',
    'sale',
    'sale-2',
    'ab',
    'a',
    '春',
    'a.b~c',
    'b~',
    'shop.example',
    'zz',
    'a',
    'SA',
    'ü',
    'Ει',
    'пу',
    'İ',
    '春',
    'b~',
    '\\b',
    'nothing-of-it',
    "'; drop table links; --",
    '%20',
    '$1',
    '\u0001',
  ])('finds by “%s” what each column says, with its texts and without', async (word) => {
    const expected = await asksEachColumn(word);
    expect(await found(word)).toEqual(expected);
    await setFilled(false);
    expect(await found(word)).toEqual(expected);
    await setFilled(true);
  });

  it.each([
    ['own.test/sale', ['sale']],
    ['n.test/SALE', ['SALE-2']],
    ['https://own.test/SALE-2?x=1', ['SALE-2']],
    ['http://GO.test/FIND_%C3%BCnique+', ['Find_Ünique']],
    ['go.test/sal', ['SALE-2', 'sale']],
    ['go.test/ale', []],
    ['own.test', []],
    ['own.test/', []],
    ['go.test/%00', []],
  ])('takes the short link “%s”, with its texts and without', async (pasted, slugs) => {
    const slugOf = async () => {
      const ids = await found(pasted);
      const rows = await rowsOf<{ slug: string }>(
        database.db,
        sql`select slug from slugs where kind = 'primary' and link_id = any(${sql.param(ids)}::text[])`,
      );
      return rows.map(({ slug }) => slug).toSorted();
    };
    expect(await slugOf()).toEqual(slugs);
    await setFilled(false);
    expect(await slugOf()).toEqual(slugs);
    await setFilled(true);
  });

  it('finds nothing of a neighbour, and a word never across two columns', async () => {
    expect(await found('theirs')).toEqual([]);
    expect(await found('sale', other)).toHaveLength(1);
    const made = await insert({ slug: 'left', title: 'middle', url: 'https://right.example/', domainId: 'any' });
    expect(await found('leftmiddle')).toEqual([]);
    expect(await found('left middle right')).toEqual([made.id]);
  });

  it('follows a title, a destination and a slug that change, and no other change', async () => {
    const { id } = await insert({ slug: 'before', title: 'Oldtitle', url: 'https://old.example/', domainId: 'any' });
    await updateLink(database.db, workspaceId, byTest, id, { title: 'Newtitle' });
    await updateLink(database.db, workspaceId, byTest, id, { url: 'https://new.example/' });
    await database.db.execute(
      sql`update slugs set slug = 'after', slug_key = 'after' where link_id = ${id} and kind = 'primary'`,
    );
    for (const word of ['oldtitle', 'old.example']) expect(await found(word), word).toEqual([]);
    for (const word of ['NEWtitle', 'new.example', 'after']) expect(await found(word), word).toEqual([id]);
    const rows = await rowsOf(database.db, sql`select search_text as text from links where id = ${id}`);
    expect(rows).toEqual([{ text: 'after\nnewtitle\nhttps://new.example/' }]);
  });
});

describe('links that are older than their texts', () => {
  const count = 5_003;
  let old: OpenTestDatabase;

  beforeAll(async () => {
    old = await openTestDatabase(2);
    // As versions left them that made links before there were texts.
    await query(
      old.url,
      `drop index links_search, links_search_short; drop extension pg_trgm; alter table links disable trigger user; alter table slugs disable trigger user;
       insert into workspaces (id, name, slug, has_search_texts) values ('ws', 'W', 'w', false);
       insert into domains (id, host) values ('d', 'd.test');
       insert into links (id, workspace_id, url, title)
         select 'l' || n, 'ws', 'https://old.example/' || n, 'Number ' || n from generate_series(1, ${count}) n;
       insert into slugs (id, domain_id, slug, slug_key, kind, link_id)
         select k || n, 'd', k || n, k || n, case k when 'p' then 'primary' else 'qr' end, 'l' || n
         from generate_series(1, ${count}) n, unnest(array['p', 'q']) k;
       alter table links enable trigger user; alter table slugs enable trigger user`,
    );
  });
  afterAll(() => old.drop());

  const search = async (word: string, by: Database = old) => {
    const asked = { search: word, sort: 'newest', state: 'active', limit: 10, cursor: null } as const;
    return (await listLinks(by.db, 'ws', asked)).links.map(({ slug }) => slug);
  };
  const state = () =>
    rowsOf(
      old.db,
      sql`
select (select has_search_texts from workspaces) as "isReady",
       (select count(*)::int from links where search_text is null) as missing`,
    );

  it('are found before they have them', async () => {
    expect(await state()).toEqual([{ isReady: false, missing: count }]);
    expect(await findSearchIndex(old.db, 'links_search')).toBe('missing');
    expect(await search('NUMBER 4711')).toEqual(['p4711']);
    expect(await search('d.test/p4711')).toEqual(['p4711']);
    expect(await search('q4711')).toEqual(['p4711']);
  });

  it('get them in steps, and an index where there are trigrams', async () => {
    // Somebody writes meanwhile.
    await old.db.execute(sql`update links set title = 'Renamed' where id = 'l4711'`);
    await fillSearchTexts(old.db);
    expect(await state()).toEqual([{ isReady: true, missing: 0 }]);
    expect(await search('renamed')).toEqual(['p4711']);
    expect(await search('number 5003')).toEqual(['p5003']);
    expect(await ensureSearchIndexes(old.db)).toBe(true);
    expect(await findSearchIndex(old.db, 'links_search')).toBe('valid');
    expect(await findSearchIndex(old.db, 'links_search_short')).toBe('valid');
    expect(await search('number 5003')).toEqual(['p5003']);
    expect(await ensureSearchIndexes(old.db)).toBe(true);
  });

  it('get signs of every kind into some texts', async () => {
    const signs = ['春が来た 100%', 'GRÜẞE aus İzmir', 'C++ und a_b', 'back\\slash 🌍', 'Caf\u00e9'];
    for (const [index, title] of signs.entries())
      await old.db.execute(sql`update links set title = ${title} where id = ${`l${index + 1}`}`);
    expect(await search('春')).toEqual(['p1']);
    expect(await search('c++')).toEqual(['p3']);
  });

  it.each([
    'e',
    '9',
    '99',
    '47',
    '4 7',
    'zz',
    'q1',
    'q1 r',
    'P9',
    'qq',
    '春',
    'Ü',
    'ßE',
    'İ',
    '%',
    '_',
    '\\',
    '+',
    'c++',
    '🌍',
    'e\u0301',
  ])('are found by the short word “%s”, common or not, as each text says', async (words) => {
    const each = words.normalize('NFC').split(' ');
    const expected = await rowsOf<{ found: number }>(
      old.db,
      sql`select count(*)::int as found from links l where ${sql.join(
        each.map(
          (word) =>
            sql`(search_text like lower(${patternOf(word)}) or id in (select link_id from slugs where slug = lower(${word})))`,
        ),
        sql` and `,
      )}`,
    );
    const { active } = await countLinks(old.db, 'ws', { search: words });
    expect(active).toBe(Math.min(expected[0]?.found ?? 0, mostFound + 1));
    expect(await search(words)).toHaveLength(Math.min(active, 10));
  });

  it.each(['newest', 'oldest', 'clicks', 'last-click'] as const)(
    'of a tag and a campaign are listed and counted, few and many, by %s',
    async (sort) => {
      await query(
        old.url,
        `insert into tags (id, workspace_id, name, name_key, colour) values ('t', 'ws', 'tagged', 'tagged', 'green') on conflict do nothing;
         insert into link_tags select id, 't' from links on conflict do nothing;
         insert into campaigns (id, workspace_id, name, name_key) values ('few', 'ws', 'few', 'few'), ('many', 'ws', 'many', 'many') on conflict do nothing;
         update links set campaign_id = 'few' where id in ('l7', 'l8', 'l9');
         update links set campaign_id = 'many' where substr(id, 2)::int > 3000;
         update links set archived_at = now() where id = 'l8'`,
      );
      for (const [campaign, active, archived] of [
        ['few', 2, 1],
        ['many', count - 3_000, 0],
      ] as const) {
        const filter = { search: '', tag: 'tagged', campaign };
        expect(await countLinks(old.db, 'ws', filter)).toEqual({ active, archived });
        const ids: string[] = [];
        for (let cursor: string | null = null; ; ) {
          const page = await listLinks(old.db, 'ws', { ...filter, sort, state: 'all', limit: 700, cursor });
          ids.push(...page.links.map(({ id }) => id));
          cursor = page.nextCursor;
          if (cursor === null) break;
        }
        expect(new Set(ids).size).toBe(active + archived);
        expect(ids).toHaveLength(active + archived);
      }
    },
  );

  it('by a short word are paged without a gap', async () => {
    const asked = { search: '99', sort: 'newest', state: 'all', limit: 40 } as const;
    const whole = (await listLinks(old.db, 'ws', { ...asked, limit: 1_000, cursor: null })).links.map(({ id }) => id);
    expect(whole.length).toBeGreaterThan(80);
    const ids: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await listLinks(old.db, 'ws', { ...asked, cursor });
      ids.push(...page.links.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(ids).toEqual(whole);
  });

  it('have parts that are worked out letter by letter, not from the start for each', async () => {
    const parts = await old.db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = '30s'`);
      return rowsOf<{ count: number }>(
        tx,
        sql`select cardinality(short_parts_of(string_agg(chr(97 + n % 26), '')))::int as count from generate_series(1, 80000) n`,
      );
    });
    expect(parts).toEqual([{ count: 52 }]);
  });

  it('are found without trigrams too, and doctor says what is missing', async () => {
    await query(old.url, 'drop extension pg_trgm cascade');
    const name = new URL(old.url).pathname.slice(1);
    const role = `plain_${name}`;
    await query(
      old.url,
      `create role ${role} login password 'plain'; revoke create on database ${name} from public;
       grant usage on schema public, drizzle to ${role}; grant create on schema public to ${role}; grant all on all tables in schema public, drizzle to ${role}`,
    );
    const url = new URL(old.url);
    [url.username, url.password] = [role, 'plain'];
    const plain = openDatabase(url.href, () => {}, 1);
    const line = openCommandLine({ DATABASE_URL: url.href });
    try {
      expect(await ensureSearchIndexes(plain.db)).toBe(false);
      expect(await search('renamed', plain)).toEqual(['p4711']);
      expect((await line.run('doctor')).stdout).toMatch(/^warn {2}search .+pg_trgm.+create extension/m);
    } finally {
      line.close();
      await plain.close();
      await query(old.url, `drop owned by ${role}; drop role ${role}`);
    }
    expect(await ensureSearchIndexes(old.db)).toBe(true);
  });

  it('have a broken index made anew', async () => {
    await query(old.url, `update pg_index set indisvalid = false where indexrelid = 'links_search'::regclass`);
    expect(await findSearchIndex(old.db, 'links_search')).toBe('broken');
    expect(await ensureSearchIndexes(old.db)).toBe(true);
    expect(await findSearchIndex(old.db, 'links_search')).toBe('valid');
  });
});
