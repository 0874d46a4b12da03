import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { addToHourly } from '../rollups/breakdowns.ts';
import { type Dimension, dimensions } from '../rollups/dimensions.ts';
import { addToCounts, countColumns } from '../rollups/month-days.ts';
import { foldOlderDays } from './older-days.ts';
import { breakDownSettled, breakDownWithHours, settled } from '../rollups/rollups.ts';
import { domainScope, largeScopeHits, lightOf } from '../rollups/scopes.ts';

/** Links that one transaction looks at. */
export const linksAStep = 5_000;

/** A link and the hits that rollups have of it; its own rollups have all of them, or those without a row, or none. */
export type ScopeLink = { linkId: string; hits: number; isBusy: boolean; hasHistory: boolean };

/** A campaign or a tag, and links of it. */
type Members = { workspaceId: string; scopeId: string; links: readonly ScopeLink[] };

/** Links without hits change nothing but who is counted from now on. */
export const withHits = <Of extends ScopeLink>(links: readonly Of[]): Of[] => links.filter(({ hits }) => hits !== 0);

export const sumOfHits = (links: readonly ScopeLink[]): number => links.reduce((sum, { hits }) => sum + hits, 0);

/** All that every campaign and tag has; what only large ones have besides; or both. */
export type Extent = 'light' | 'besides' | 'full';

const extents: Readonly<Record<Extent, readonly Dimension[]>> = {
  light: lightOf(dimensions),
  besides: dimensions.filter((each: Dimension) => !each.ofSmall),
  full: dimensions,
};

/**
 * Counts the hits that the rollups have of links in their campaign or tag, or takes them off. A busy link's own rollups say
 * all of it; of the others the rows do, and rollups where rows are gone.
 */
export async function countMembers(
  tx: Db,
  { workspaceId, scopeId, links }: Members,
  extent: Extent,
  sign: 'added' | 'taken off',
): Promise<void> {
  const idsOf = (some: readonly ScopeLink[]) => some.map(({ linkId }) => linkId);
  const rolledUp = idsOf(links.filter(({ isBusy, hasHistory }) => isBusy || hasHistory));
  const quiet = idsOf(links.filter(({ isBusy }) => !isBusy));
  if (rolledUp.length > 0) await copyRollups(tx, scopeId, rolledUp, extent, sign);
  if (quiet.length === 0) return;
  const areTheirs = sql`c.workspace_id = ${workspaceId} and c.link_id = any(${sql.param(quiet)}::text[])`;
  const count = extent === 'light' ? breakDownSettled : breakDownWithHours;
  await count(tx, areTheirs, { only: scopeId, visitorsOf: 'link' }, { dimensions: extents[extent], sign });
}

/** Adds up rollups of links in those of their campaign or tag, or takes them off. */
async function copyRollups(
  tx: Db,
  scopeId: string,
  linkIds: readonly string[],
  extent: Extent,
  sign: 'added' | 'taken off',
): Promise<void> {
  const names = extents[extent].map(({ name }) => name);
  const areTheirs = sql`scope_id = any(${sql.param([...linkIds])}::text[])`;
  const factor = sql.raw(sign === 'added' ? '1' : '-1');
  await foldOlderDays(tx, sql`select unnest(${sql.param([...linkIds])}::text[])`);
  await writeSums(
    tx,
    scopeId,
    sql`
    select month, dimension, value, ${counts}, ${factor} as factor from click_counts_monthly
    where ${areTheirs} and dimension = any(${sql.param(names)}::text[])
    union all
    -- The rollup of a link does not name it.
    select month, 'link', scope_id, ${counts}, ${factor} from click_counts_monthly
    where ${areTheirs} and dimension = 'class' and value = 'human' and ${names.includes('link')}`,
    extent === 'light'
      ? null
      : sql`select hour, class, ${factor} * hits, ${factor} * visitors from click_totals_hourly where ${areTheirs}`,
  );
}

/** Adds up rollups of scopes without those of others, in a scope that has none yet. */
export async function sumRollups(
  tx: Db,
  scopeId: string,
  { added, takenOff }: { added: readonly string[]; takenOff: readonly string[] },
): Promise<void> {
  const of = sql`any(${sql.param([...added, ...takenOff])}::text[])`;
  const factor = sql`case when scope_id = any(${sql.param([...added])}::text[]) then 1 else -1 end`;
  await foldOlderDays(tx, sql`select unnest(${sql.param([...added, ...takenOff])}::text[])`);
  await writeSums(
    tx,
    scopeId,
    sql`
    select month, dimension, value, ${counts}, ${factor} as factor from click_counts_monthly where scope_id = ${of}`,
    sql`select hour, class, ${factor} * hits, ${factor} * visitors from click_totals_hourly where scope_id = ${of}`,
  );
}

const counts = sql.raw(countColumns.join(', '));

/**
 * @param months a select of the month, dimension, value, counts and `factor` of rows that are added up
 * @param hours a select (hour, class, hits, visitors); none are written without
 */
async function writeSums(tx: Db, scopeId: string, months: SQL, hours: SQL | null): Promise<void> {
  const sums = countColumns.map((column) => `sum(factor * ${column})`).join(', ');
  await tx.execute(
    addToCounts(sql`
  select ${scopeId}::text, month, dimension, value, ${sql.raw(sums)}
  from (${months}
  ) own
  group by 1, 2, 3, 4
  having sum(factor * clicks) <> 0 or sum(factor * visitors) <> 0`),
  );
  if (hours)
    await tx.execute(
      addToHourly(sql`
  select ${scopeId}::text, hour, class, sum(hits), sum(visitors)
  from (${hours}) own (hour, class, hits, visitors)
  group by 1, 2, 3
  having sum(hits) <> 0 or sum(visitors) <> 0`),
    );
}

/** The links that belong to campaigns and tags of a workspace, as rows (link_id, scope_id, kind). */
const members = (workspaceId: string): SQL => sql`(
  select lt.link_id, lt.tag_id as scope_id, 'tag' as kind
  from links l join link_tags lt on lt.link_id = l.id
  where l.workspace_id = ${workspaceId}
  union all
  select id, campaign_id, 'campaign' from links where workspace_id = ${workspaceId} and campaign_id is not null
)`;

/** Writes down who belongs to what and what is large, before a workspace's rows are counted anew; under its lock. */
export async function enterScopes(tx: Db, workspaceId: string): Promise<void> {
  const isLarge = sql`sum(h.hits) >= ${largeScopeHits}`;
  await tx.execute(sql`
with hit as materialized (
  select link_id, domain_id, count(*) as hits
  from ${settled(sql`c.workspace_id = ${workspaceId}`)} c
  group by 1, 2
), member as materialized (
  select * from ${members(workspaceId)} m
), scope as materialized (
  select m.scope_id, m.kind, coalesce(${isLarge}, false) as is_large
  from member m
  left join (select link_id, sum(hits) as hits from hit group by 1) h using (link_id)
  group by 1, 2
), linked as (
  insert into scope_links (workspace_id, link_id, scope_id, is_full)
  select ${workspaceId}, m.link_id, m.scope_id, s.is_large
  from member m
  join scope s using (scope_id)
)
insert into rollup_scopes (workspace_id, scope_id, kind, hits, state)
select ${workspaceId}, scope_id, kind, 0, case when is_large then 'full' else 'light' end from scope
union all
select ${workspaceId}, ${domainScope(sql`${workspaceId}::text`, sql`h.domain_id`)}, 'domain', 0,
       case when (select ${isLarge} and count(distinct domain_id) > 1 from hit h) then 'full' else 'light' end
from hit h
where h.domain_id is not null
group by h.domain_id
union all
select ${workspaceId}, ${workspaceId}, 'workspace', 0, 'full'`);
}
