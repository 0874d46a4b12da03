import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../../src/ground/db/db.ts';
import * as schema from '../../../src/ground/db/schema.ts';
import {
  createEmptyDatabase,
  type OpenTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../../setup/database.ts';
import { rowsOf } from '../../setup/hits.ts';
import { query } from '../../setup/postgres.ts';
import { besides, type Part, parts } from '../../setup/described-schema.ts';

/**
 * Migrations are edited by hand. A second database is made from the schema alone, and the two are compared as Postgres
 * describes them. The schema has no words for storage, partitions, functions, triggers and extensions: those are below.
 */

let migrated: OpenTestDatabase;
let declared: TestDatabase;
let actual: Part[];
let wanted: Part[];

beforeAll(async () => {
  [migrated, declared] = await Promise.all([openTestDatabase(), createEmptyDatabase()]);
  const statements = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(schema));
  await query(declared.url, statements.join('\n'));
  [actual, wanted] = await Promise.all([query<Part>(migrated.url, parts), query<Part>(declared.url, parts)]);
});

afterAll(() => Promise.all([migrated.drop(), declared.drop()]));

const tables = Object.values(schema)
  .filter((entry) => entry instanceof PgTable)
  .map((table) => getTableConfig(table).name)
  .toSorted();

describe('the migrated database', () => {
  it('has the tables of the schema and no others but partitions', () => {
    expect([...new Set(actual.map(({ table }) => table))]).toEqual(tables);
  });

  it.each(tables)('has the columns, keys, references and indexes of %s', (name) => {
    const of = (all: Part[]) => all.filter(({ table }) => table === name).map(({ what }) => what);
    expect(of(actual)).toEqual(of(wanted));
    expect(of(actual).length).toBeGreaterThan(1);
  });

  it('finds by an index what is deleted with another row', async () => {
    const unindexed = await query<{ reference: string }>(
      migrated.url,
      `
select format('%s.%s', f.conrelid::regclass, a.attname) as reference
from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
where f.contype = 'f' and f.confdeltype = 'c'
  and not exists (select from pg_index i where i.indrelid = f.conrelid and i.indkey[0] = f.conkey[1] and i.indpred is null)
order by 1`,
    );
    // Shares, mailings and notes are few, so that reading them all costs nothing.
    const isOfMany = ({ reference }: { reference: string }) => !/^(?:shares|mailings|report_notes)\./.test(reference);
    expect(unindexed.filter(isOfMany)).toEqual([]);
  });

  it('has storage, partitions, functions, triggers and extensions that the schema has no words for', async () => {
    expect((await query<Part>(migrated.url, besides)).map(({ what }) => what)).toEqual([
      'CREATE INDEX links_search ON public.links USING gin (search_text gin_trgm_ops)',
      'CREATE INDEX links_search_destination ON public.links USING btree (workspace_id, destination_key(url), created_at DESC) WHERE (deleted_at IS NULL)',
      'CREATE INDEX links_search_short ON public.links USING gin (short_parts_of(search_text))',
      'CREATE TRIGGER link_tags_added AFTER INSERT ON public.link_tags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_tags_of_links()',
      'CREATE TRIGGER link_tags_removed AFTER DELETE ON public.link_tags REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_tags_of_links()',
      'CREATE TRIGGER links_added_to_campaigns AFTER INSERT ON public.links REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_campaigns_of_links()',
      'CREATE TRIGGER links_changed_campaign AFTER UPDATE OF campaign_id ON public.links FOR EACH ROW WHEN ((new.campaign_id IS DISTINCT FROM old.campaign_id)) EXECUTE FUNCTION note_changed_campaign()',
      'CREATE TRIGGER links_search_text BEFORE INSERT OR UPDATE OF title, url ON public.links FOR EACH ROW EXECUTE FUNCTION set_search_text()',
      'CREATE TRIGGER links_version BEFORE UPDATE ON public.links FOR EACH ROW WHEN ((((((((new.kind IS DISTINCT FROM old.kind) OR (new.url IS DISTINCT FROM old.url)) OR (new.title IS DISTINCT FROM old.title)) OR (new.campaign_id IS DISTINCT FROM old.campaign_id)) OR (new.archived_at IS DISTINCT FROM old.archived_at)) OR (new.deleted_at IS DISTINCT FROM old.deleted_at)) OR (new.updated_at IS DISTINCT FROM old.updated_at))) EXECUTE FUNCTION raise_version()',
      'CREATE TRIGGER slugs_search_text AFTER INSERT ON public.slugs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_slugs_to_search_texts()',
      "CREATE TRIGGER slugs_search_text_changed AFTER UPDATE OF slug, kind ON public.slugs FOR EACH ROW WHEN (((new.kind = 'primary'::text) AND ((new.slug IS DISTINCT FROM old.slug) OR (new.kind IS DISTINCT FROM old.kind)))) EXECUTE FUNCTION change_slug_in_search_text()",
      'add_slugs_to_search_texts() trigger v',
      'change_slug_in_search_text() trigger v',
      'click_counts_daily with (fillfactor=70)',
      'click_counts_monthly with (fillfactor=70)',
      'click_totals_hourly with (fillfactor=70)',
      'clicks by RANGE (clicked_at)',
      'clicks_default of clicks DEFAULT',
      'clicks_pending with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=20000)',
      'destination_key(url text) uuid i',
      'ensure_click_partition(instant timestamp with time zone) boolean v',
      'ensure_event_partition(instant timestamp with time zone) boolean v',
      'events by RANGE (at)',
      'events_default of events DEFAULT',
      'extension pg_trgm',
      'is_recorded(of_link text, at timestamp with time zone, hit bigint) boolean s',
      'link_totals with (fillfactor=70)',
      'note_campaigns_of_links() trigger v',
      'note_changed_campaign() trigger v',
      'note_tags_of_links() trigger v',
      'raise_version() trigger v',
      'rollup_scopes with (fillfactor=70)',
      'search_text_of(slug text, title text, url text) text s',
      'sequence events_id_seq',
      'sequence link_destinations_id_seq',
      'sequence link_routes_id_seq',
      'sequence mails_id_seq',
      'sequence scope_changes_id_seq',
      'sequence tags_number_seq',
      'set_search_text() trigger v',
      'short_parts_of(words text) text[] i',
    ]);
  });

  it.each([
    'drop index sessions_user_id',
    'drop index links_states; create index links_states on links (workspace_id, archived_at, id)',
    'alter table domains drop constraint domains_claim',
    'alter table slugs drop constraint slugs_link_id_links_id_fk, add constraint slugs_link_id_links_id_fk foreign key (link_id) references links (id)',
    'alter table links alter column url drop not null',
    'alter table workspaces alter column week_starts_on set default 0',
    'alter table mails alter column id set generated by default',
    'alter table tags add constraint tags_checked check (true)',
    'alter table link_totals reset (fillfactor)',
    'alter table clicks detach partition clicks_default',
    'drop trigger links_search_text on links',
    'create view seen as select 1 as one',
    'drop extension pg_trgm cascade',
  ])('is told from one after: %s', async (statement) => {
    const told = async (tx: Db) => [...(await rowsOf(tx, sql.raw(parts))), ...(await rowsOf(tx, sql.raw(besides)))];
    const before = await told(migrated.db);
    const asItWas = new Error('as it was');
    const changed = migrated.db.transaction(async (tx) => {
      await tx.execute(sql.raw(statement));
      expect(await told(tx)).not.toEqual(before);
      throw asItWas;
    });
    await expect(changed).rejects.toBe(asItWas);
  });

  it('makes a partition of a month once, and keeps hits of any other time', async () => {
    const made = await rowsOf<{ first: boolean; again: boolean }>(
      migrated.db,
      sql`
select ensure_click_partition('2031-05-17 12:00Z') as first, ensure_click_partition('2031-05-31 23:59Z') as again
union all
select ensure_event_partition('2031-05-17 12:00Z'), ensure_event_partition('2031-05-31 23:59Z')`,
    );
    expect(made).toEqual([
      { first: true, again: false },
      { first: true, again: false },
    ]);
  });
});
