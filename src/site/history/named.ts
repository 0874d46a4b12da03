import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { actorKey, type HistoryEvent } from './events.ts';

export type HistoryActor = { id: string; kind: HistoryEvent['actorKind']; name: string };

/** People and keys offered as a filter. */
const maxActors = 200;

/**
 * Everybody who changed something, by the name that they had last. Postgres walks from one to the next in the index, so
 * that a million changes of ten people are ten steps.
 */
export async function listActors(db: Db, workspaceId: string): Promise<HistoryActor[]> {
  const { rows } = await db.execute<HistoryActor>(sql`
with recursive actors as (
  (select ${actorKey} as key from events where workspace_id = ${workspaceId} order by ${actorKey} limit 1)
  union all
  select (
    select ${actorKey} from events
    where workspace_id = ${workspaceId} and ${actorKey} > a.key
    order by ${actorKey}
    limit 1
  )
  from actors a where a.key is not null
)
select a.key as id, n.actor_kind as kind, n.actor_name as name
from (select key from actors where key is not null limit ${maxActors}) a
cross join lateral (
  select actor_kind, actor_name from events
  where workspace_id = ${workspaceId} and ${actorKey} = a.key
  order by id desc
  limit 1
) n
order by lower(n.actor_name), a.key`);
  return rows;
}

/** The things among these that are there still: links, tags, campaigns, link templates, domains and goals. */
export async function listThere(db: Db, workspaceId: string, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const isAsked = sql`workspace_id = ${workspaceId} and id = any(${sql.param([...new Set(ids)])}::text[])`;
  const { rows } = await db.execute<{ id: string }>(sql`
select id from links where ${isAsked} and deleted_at is null
union all
select id from tags where ${isAsked}
union all
select id from campaigns where ${isAsked}
union all
select id from link_templates where ${isAsked}
union all
select id from domains where ${isAsked} and state <> 'removed'
union all
select id from conversion_goals where ${isAsked} and deleted_at is null`);
  return new Set(rows.map(({ id }) => id));
}
