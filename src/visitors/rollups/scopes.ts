import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Dimension } from './dimensions.ts';

/*
 * Campaigns, tags and domains in the rollups. Every campaign and tag has days by class and channel, and large ones have all
 * that a workspace has. The rows of smaller ones answer in some tens of milliseconds. Domains of a large workspace are
 * rolled up once it has hits of two. Links come to a campaign or a tag and leave it at any time. `scope_links` has those
 * whose hits are counted, `scope_changes` those to look at again.
 */

/** A campaign, a tag or a workspace's domains are rolled up whole from this many hits on. */
export const largeScopeHits = 100_000;

/** Those of some dimensions that every campaign and tag has. */
export const lightOf = <Of extends Dimension>(some: readonly Of[]): Of[] => some.filter(({ ofSmall }) => ofSmall);

/** SQL: the id under which rollups have a domain, which several workspaces may share. */
export const domainScope = (workspaceId: SQL, domainId: SQL): SQL => sql`${workspaceId} || ':' || ${domainId}`;

/** Condition: a link `id` belongs to a campaign or a tag at this moment. */
const isMember = (linkId: SQL, scopeId: SQL): SQL => sql`(
  exists (select 1 from link_tags lt where lt.link_id = ${linkId} and lt.tag_id = ${scopeId})
  or exists (select 1 from links l where l.id = ${linkId} and l.campaign_id = ${scopeId}))`;

/** Rows (ids, link_id, scope_id, is_member, is_full): changes of links, and how they are counted; is_full is NULL unless they are. */
const changes = (some: SQL): SQL => sql`(
  select s.*, ${isMember(sql`s.link_id`, sql`s.scope_id`)} as is_member, m.is_full
  from (select workspace_id, link_id, scope_id, array_agg(id::text) as ids from (${some}) s group by 1, 2, 3) s
  left join scope_links m on m.workspace_id = s.workspace_id and m.link_id = s.link_id and m.scope_id = s.scope_id
)`;

/** Columns of a link by its sums `t`, which may be none: a ScopeLink but for its id. */
export const ownRollups = sql`coalesce(t.hits, 0)::float8 as hits, coalesce(t.is_busy, false) as "isBusy",
       coalesce(t.has_history, false) as "hasHistory"`;

/** A select of the next changes of a workspace's links, those of a scope together, with the hits that rollups have of each. */
export const changesOf = (workspaceId: string, most: number): SQL => sql`
select c.ids, c.link_id as "linkId", c.scope_id as "scopeId", c.is_member as "isMember", c.is_full as "isFull",
       case when exists (select 1 from tags where id = c.scope_id) then 'tag'
            when exists (select 1 from campaigns where id = c.scope_id) then 'campaign' end as kind,
       ${ownRollups}
from ${changes(sql`select * from scope_changes where workspace_id = ${workspaceId} order by scope_id, id limit ${most}`)} c
left join link_totals t on t.link_id = c.link_id
order by c.scope_id, c.link_id`;

/** The scopes whose rollups have all of a campaign, a tag or a domain, and its days; null where rows have to answer. */
export type KeptOf = { whole: string | null; days: string | null };

/**
 * Finds rollups of campaigns or tags; none of those that have links whose hits are not counted yet.
 * @returns by id; those without are left out
 */
export async function findKept(db: Db, workspaceId: string, ids: readonly string[]): Promise<Map<string, KeptOf>> {
  const all = sql`any(${sql.param([...ids])}::text[])`;
  const { rows } = await db.execute<{ id: string; isFull: boolean }>(sql`
select r.scope_id as id, r.state = 'full' as "isFull"
from rollup_scopes r
where r.workspace_id = ${workspaceId} and r.scope_id = ${all} and r.kind in ('campaign', 'tag')
  and not exists (
    -- A link without hits of before changes nothing.
    select 1
    from ${changes(sql`select * from scope_changes where workspace_id = ${workspaceId} and scope_id = ${all}`)} c
    join link_totals t on t.link_id = c.link_id
    where c.scope_id = r.scope_id and c.is_member <> (c.is_full is not null) and t.hits <> 0
  )`);
  return new Map(rows.map(({ id, isFull }) => [id, { whole: isFull ? id : null, days: id }]));
}

/** Finds rollups of a domain: its own, or the workspace's where all hits came by this one domain. */
export async function findKeptOfDomain(db: Db, workspaceId: string, domainId: string): Promise<KeptOf> {
  const { rows } = await db.execute<{ whole: string | null }>(sql`
select case when d.state = 'full' then d.scope_id when d.hits = w.hits then w.scope_id end as whole
from rollup_scopes w
join rollup_scopes d on d.workspace_id = w.workspace_id and d.scope_id = ${domainScope(sql`${workspaceId}::text`, sql`${domainId}::text`)}
where w.workspace_id = ${workspaceId} and w.scope_id = w.workspace_id and w.state = 'full'`);
  const whole = rows[0]?.whole ?? null;
  return { whole, days: whole };
}
