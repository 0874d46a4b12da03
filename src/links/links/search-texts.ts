import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { isExtensionRefused } from '../../ground/db/pg-errors.ts';
import { workspaces } from '../../ground/db/schema.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';

/** Links that one statement writes: they are locked for some ten milliseconds. */
const linksAStep = 1_000;

/** Between two steps others have the disk. */
const pauseMs = 20;

/** One node at a time, for the length of a step. */
const isOurTurn = sql`pg_try_advisory_xact_lock(hashtext('waymark search texts'))`;

/**
 * The job that makes a search of links quick. It fills the texts of links that are older than `links.search_text`, then
 * makes the indexes over them. All are there from the start in a database that is new.
 * @param onProblem told once, where Postgres has no pg_trgm for us
 */
export function searchJobs(db: Db, onProblem: (sentence: string) => void): Job[] {
  let wasTold = false;
  const run = async () => {
    await fillSearchTexts(db);
    const isIndexed = await ensureSearchIndexes(db);
    if (!isIndexed && !wasTold) onProblem(noTrigrams);
    wasTold ||= !isIndexed;
  };
  return [{ name: 'search texts', everyMs: HOUR, run }];
}

export const noTrigrams =
  'Postgres has no extension pg_trgm for this user, so a search of links reads each link: slow from some 10,000 on. Run "create extension pg_trgm" in its database as an administrator.';

/** Gives every link that has none its text, the newest links of each workspace first. Stopped and begun again, it goes on. */
export async function fillSearchTexts(db: Db): Promise<void> {
  const waiting = await db.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.hasSearchTexts, false));
  for (const { id } of waiting) {
    for (let before = { at: 'infinity', id: '' }; ; ) {
      const last = await fillStep(db, id, before);
      if (last === 'others are at it') return;
      if (!last) break;
      before = last;
      await sleep(pauseMs);
    }
    await db.update(workspaces).set({ hasSearchTexts: true }).where(eq(workspaces.id, id));
  }
}

/** A place in the order of the index links_newest; the instant as Postgres writes it. */
type Edge = { at: string; id: string };

/** @returns the oldest link of the step; undefined when there was none */
async function fillStep(db: Db, workspaceId: string, before: Edge): Promise<Edge | undefined | 'others are at it'> {
  return db.transaction(async (tx) => {
    const turn = await tx.execute<{ is_ours: boolean }>(sql`select ${isOurTurn} as is_ours`);
    if (!turn.rows[0]?.is_ours) return 'others are at it';
    const { rows } = await tx.execute<Edge>(sql`
with step as materialized (
  select id, created_at from links
  where workspace_id = ${workspaceId} and (created_at, id) < (${before.at}::timestamptz, ${before.id}::text)
  order by created_at desc nulls last, id desc nulls last
  limit ${linksAStep}
), filled as (
  update links l
  set search_text = search_text_of(
    (select s.slug from slugs s where s.link_id = l.id and s.kind = 'primary' limit 1), l.title, l.url)
  from step where l.id = step.id and l.search_text is null
)
select created_at::text as at, id from step order by created_at, id limit 1`);
    return rows[0];
  });
}

/**
 * The indexes of a search. Words of one and two letters are in no trigram, and have one of their own. Another finds links
 * by where they lead.
 */
const indexes = {
  links_search: sql`gin (search_text gin_trgm_ops)`,
  links_search_short: sql`gin (short_parts_of(search_text))`,
  links_search_destination: sql`btree (workspace_id, destination_key(url), created_at desc) where deleted_at is null`,
};
type SearchIndex = keyof typeof indexes;

/**
 * Makes the indexes of a search where they are missing, without keeping anybody from writing links.
 * @returns false where Postgres has no trigrams for us
 */
export async function ensureSearchIndexes(db: Db): Promise<boolean> {
  await ensureIndex(db, 'links_search_destination');
  await ensureIndex(db, 'links_search_short');
  if ((await findSearchIndex(db, 'links_search')) === 'valid') return true;
  try {
    await db.execute(sql`create extension if not exists pg_trgm`);
  } catch (error) {
    if (!isExtensionRefused(error)) throw error;
    return false;
  }
  await ensureIndex(db, 'links_search');
  return true;
}

async function ensureIndex(db: Db, name: SearchIndex): Promise<void> {
  const state = await findSearchIndex(db, name);
  if (state === 'valid') return;
  const index = sql.identifier(name);
  // One that was begun and not finished answers nothing, and costs as much.
  if (state === 'broken') await db.execute(sql`drop index concurrently if exists ${index}`);
  await db.execute(sql`create index concurrently if not exists ${index} on links using ${indexes[name]}`);
}

/** The state of an index of a search. */
export async function findSearchIndex(db: Db, name: SearchIndex): Promise<'valid' | 'broken' | 'missing'> {
  const { rows } = await db.execute<{ valid: boolean }>(sql`
select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`);
  if (!rows[0]) return 'missing';
  return rows[0].valid ? 'valid' : 'broken';
}
