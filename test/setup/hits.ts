import { sql } from 'drizzle-orm';
import { columnsOfHits, type HitColumns } from '../../src/visitors/clicks/hit-fields.ts';
import { type Hit, newHitId } from '../../src/visitors/clicks/hit.ts';
import { Batches, unpacked } from '../../src/visitors/clicks/inbox.ts';
import { namedColumns, rowColumns, waitingHits } from '../../src/visitors/rollups/pending.ts';
import type { Db } from '../../src/ground/db/db.ts';
import { newId } from '../../src/ground/text/id.ts';

/** A workspace without people, for tests of what lies below the pages. */
export async function insertBareWorkspace(db: Db, timeZone = 'UTC'): Promise<string> {
  const id = newId();
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values (${id}, 'Bare', ${id}, ${timeZone})`);
  return id;
}

/** All that a hit may lack. */
const nothing = Object.fromEntries(
  columnsOfHits.filter(({ isNullable }) => isNullable).map(({ name }) => [name, null]),
) as { [Name in keyof HitColumns as null extends HitColumns[Name] ? Name : never]: null };

/** A click of a person on a desktop in Berlin; say what is different. */
export function makeHit(changes: Partial<Hit> & Pick<Hit, 'workspaceId' | 'linkId'>): Hit {
  const clickedAt = changes.clickedAt ?? Date.UTC(2026, 9, 12, 13, 30);
  return {
    ...nothing,
    id: newHitId(),
    clickedAt,
    slugId: 'slug',
    domainId: 'domain',
    class: 'human',
    reason: 'human:browser',
    rulesVersion: 1,
    signals: 0,
    agent: null,
    country: 'DE',
    region: 'Berlin',
    city: 'Berlin',
    device: 'desktop',
    os: 'Windows',
    browser: 'Chrome',
    language: 'de',
    channel: 'direct',
    ...changes,
  };
}

/** What `rows` of a query say, as plain objects. */
export async function rowsOf<Row>(db: Db, query: ReturnType<typeof sql>): Promise<Row[]> {
  return (await db.execute(query)).rows as Row[];
}

const hitRow = namedColumns(rowColumns);

/** All hits of all workspaces, those that wait for the mover too; their first clicks are not told. */
export const everyHit = sql`(
  select ${hitRow} from clicks c
  union all
  select ${hitRow} from (
    select *, false as is_first_on_link, false as is_first_in_workspace
    from (${unpacked(sql`select hits from hit_batches`, [])}) u
  ) c
)`;

/** Hits of a workspace as reports see them: each once, with first clicks told. */
export const everyHitOf = (workspaceId: string) => sql`(
  select ${hitRow} from clicks c where c.workspace_id = ${workspaceId}
  union all
  select ${hitRow} from ${waitingHits(workspaceId)} c
)`;

/** Puts hits into the inbox, without shapes of their agents. */
export async function putHits(db: Db, hits: readonly Hit[], { isRepeat = false } = {}): Promise<void> {
  const { text, values } = new Batches(hits, { isRepeat }).statement([]);
  const parts = text
    .split(/\$(\d)/)
    .map((part, index) => (index % 2 ? sql`${values[Number(part) - 1]}` : sql.raw(part)));
  await db.execute(sql.join(parts));
}

/** Writes hits of a workspace as versions without an inbox do: as rows, and beside them for the rollups. */
export async function putAsOlder(db: Db, workspaceId: string, hits: readonly Hit[]): Promise<void> {
  await putHits(db, hits);
  const columns = sql.raw(rowColumns.join(', '));
  await db.execute(sql`
with hit as (
  insert into clicks (${columns}) select ${hitRow} from ${waitingHits(workspaceId)} c returning ${columns}
), seen as (
  insert into visitors_seen (visitor_key, link_id, day)
  select visitor_key, s.link_id, current_date
  from hit cross join lateral (values (hit.link_id, is_first_on_link), ('', is_first_in_workspace)) s (link_id, is_first)
  where s.is_first
)
insert into clicks_pending (${columns}) select ${columns} from hit`);
  await db.execute(sql`delete from hit_batches where workspace_id = ${workspaceId}`);
}

/** How many hits wait for the mover. */
export async function countWaiting(db: Db): Promise<number> {
  const [row] = await rowsOf<{ count: number }>(db, sql`select coalesce(sum(size), 0)::int as count from hit_batches`);
  return row?.count ?? 0;
}
