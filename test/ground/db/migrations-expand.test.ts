import { readMigrationFiles } from 'drizzle-orm/migrator';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrationsFolder } from '../../../src/ground/db/schema-support.ts';

/**
 * Migrations only add. The version before writes and reads the same tables while servers are replaced one after the other,
 * and hits are so many that rewriting them would take a night. Something that no version in use reads may be dropped, by a
 * migration that is named here with the reason; nothing else is forgiven to it.
 */
const mayDrop: Record<string, string> = {};

const journal = JSON.parse(readFileSync(join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
  entries: { tag: string; when: number }[];
};

/** A statement without comments, without quotation marks around names, and without bodies of functions, which run later. */
const bare = (statement: string) =>
  statement
    .replace(/--.*$/gm, '')
    .replace(/(\bfunction\b[^$]*)\$(\w*)\$[\s\S]*?\$\2\$/gi, '$1')
    .replaceAll('"', '')
    .replaceAll(/\s+/g, ' ');

/** Migrations that databases have, by instant and hash: changed afterwards, they would be applied to them again, or never. */
const applied: Record<string, string> = {
  '0000_waymark': '1795982267176 72edf7f85abc116e',
  '0001_links_kinds_and_versions': '1795992080446 02b1b454e9dbe072',
  '0002_events_record': '1795994323857 1a624a450aa93497',
  '0003_visitors_inbox': '1796019740443 f3b58ef51ef57401',
  '0004_links_short_searches': '1796038855231 e8d9481f8385bde1',
  '0005_workspaces_next_zone': '1796038856543 925b87ab0685400f',
  '0006_visitors_scopes': '1796044092914 1fe0b6dee8529ace',
  '0007_visitors_days_of_months': '1796068648473 c86e8175261fba5b',
  '0008_events_history': '1796073041191 720d0472ea52e10e',
  '0009_people_first_run': '1796074000167 f9cfdc63285392e1',
  '0010_links_templates': '1796074219794 fd5ff470465dbec7',
  '0011_links_splits': '1796082483688 38d1a39d0ed4fe92',
  '0012_splits_ends': '1796085503019 d92223c16c814413',
  '0013_conversions_counts': '1796086934464 d2ba87a1efce0916',
};

const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

/** What keeps the version before from going on, or writes hits: the statements of a migration that do so. */
function contractionsOf(migration: string): string[] {
  const all = bare(migration);
  const madeTables = new Set(found(all, /create table (?:if not exists )?(\w+)/gi));
  const madeColumns = found(all, /add column (?:if not exists )?(\w+)/gi);
  // A constraint that is made anew, wider; dropping it wants a reason all the same.
  const dropped = found(all, /drop constraint (?:if exists )?(\w+)/gi);
  const isOfNew = (statement: string) =>
    madeTables.has(/(?:alter table|\bon) (?:only )?(?:public\.)?(\w+)/i.exec(statement)?.[1] ?? '') ||
    [...madeColumns, ...dropped].some((name) => new RegExp(`\\b${name}\\b`).test(statement));
  return migration
    .split('--> statement-breakpoint')
    .map(bare)
    .filter(
      (statement) =>
        /\b(?:drop|rename|truncate|set not null)\b|\bset schema\b|\balter (?:column )?\w+ (?:set data )?type\b/i.test(
          statement,
        ) ||
        /\b(?:update|delete from) (?:only )?(?:public\.)?clicks(?:_\w+)?\b/i.test(statement) ||
        // A default that is not the same for each row rewrites the table.
        /\balter table (?:only )?(?:public\.)?clicks\b.* add column .*\b(?:default \w+\(|generated\b)/i.test(
          statement,
        ) ||
        (/\badd column\b/i.test(statement) &&
          /\bnot null\b/i.test(statement) &&
          !/\b(?:default|generated)\b/i.test(statement)) ||
        (/\badd constraint\b|\bcreate unique index\b/i.test(statement) && !isOfNew(statement)),
    );
}

describe('migrations that databases have', () => {
  it('are never changed', () => {
    const now = journal.entries.slice(0, Object.keys(applied).length).map(({ tag, when }) => {
      const hash = createHash('sha256')
        .update(readFileSync(join(migrationsFolder, `${tag}.sql`)))
        .digest('hex');
      return [tag, `${when} ${hash.slice(0, 16)}`];
    });
    expect(Object.fromEntries(now)).toEqual(applied);
  });
});

describe('migrations after the first', () => {
  it('only add, and write no hits', () => {
    const files = readMigrationFiles({ migrationsFolder });
    expect(files).toHaveLength(journal.entries.length);
    const contractions = journal.entries.slice(1).flatMap(({ tag }) =>
      contractionsOf(readFileSync(join(migrationsFolder, `${tag}.sql`), 'utf8'))
        .filter((statement) => !(tag in mayDrop && /\bdrop\b/i.test(statement)))
        .map((statement) => `${tag}: ${statement}`),
    );
    expect(contractions).toEqual([]);
    expect(Object.keys(mayDrop).filter((tag) => !journal.entries.some((entry) => entry.tag === tag))).toEqual([]);
  });

  it.each([
    'ALTER TABLE "links" DROP COLUMN "title";',
    'DROP TABLE "tries";',
    'ALTER TABLE "links" RENAME COLUMN "url" TO "address";',
    'ALTER TABLE "links" ALTER COLUMN "url" SET DATA TYPE varchar(9);',
    'ALTER TABLE links ALTER url TYPE varchar(9);',
    'ALTER TABLE "links" ALTER COLUMN "title" SET NOT NULL;',
    'ALTER TABLE "links" ADD COLUMN "expires_at" timestamp with time zone NOT NULL;',
    'ALTER TABLE "links" ADD CONSTRAINT "links_title" UNIQUE("title");',
    'CREATE UNIQUE INDEX "links_title" ON "links" USING btree ("title");',
    'UPDATE "clicks" SET "channel" = \'direct\';',
    "UPDATE clicks_pending c SET channel = 'direct';",
    'WITH old AS (SELECT 1) DELETE FROM public.clicks;',
    'ALTER TABLE "clicks" ADD COLUMN "uid" uuid DEFAULT gen_random_uuid();',
    'ALTER TABLE "clicks" ADD COLUMN "host" text GENERATED ALWAYS AS (referrer) STORED;',
    'DO $$ BEGIN UPDATE clicks SET channel = null; END $$;',
    'TRUNCATE "visitors_seen";',
    'ALTER TABLE "links" DROP CONSTRAINT "links_kind", ADD CONSTRAINT "links_kind" CHECK ("kind" <> \'\');',
  ])('may not say: %s', (statement) => {
    expect(contractionsOf(`CREATE TABLE "other" ("id" text);\n--> statement-breakpoint\n${statement}`)).toHaveLength(1);
  });

  it.each([
    'ALTER TABLE "clicks" ADD COLUMN "browser_version" text;',
    'ALTER TABLE "links" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;',
    'ALTER TABLE "links" ADD COLUMN "kind" text;--> statement-breakpoint\nALTER TABLE "links" ADD CONSTRAINT "links_kind" CHECK ("kind" <> \'\');',
    'CREATE TABLE "events" ("id" text NOT NULL);--> statement-breakpoint\nCREATE UNIQUE INDEX "events_id" ON "events" ("id");',
    'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE clicks SET channel = null; END $$;',
    '-- Rows are not dropped.\nCREATE INDEX "links_title" ON "links" ("title");',
  ])('may say: %s', (migration) => {
    expect(contractionsOf(migration)).toEqual([]);
  });
});
