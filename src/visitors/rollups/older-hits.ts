import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Dimension } from './dimensions.ts';
import { takeIn } from './rollups.ts';

/**
 * Takes in what versions without an inbox left beside its rows; a hit of theirs may lack the domain, which is its slug's.
 * @param ours workspaces, whose locks the caller has
 * @returns how many hits, `most` of them where there may be more
 */
export async function takeOlder(
  tx: Db,
  ours: readonly string[],
  most: number,
  dimensions: readonly Dimension[],
): Promise<number> {
  const { rows } = await tx.execute<{ id: string }>(sql`
select id::text from clicks_pending where workspace_id = any(${sql.param([...ours])}::text[]) limit ${most}`);
  if (rows.length === 0) return 0;
  const isChosen = sql`id = any(${sql.param(rows.map(({ id }) => id))}::bigint[])`;
  await tx.execute(sql`
with named as (
  update clicks_pending p set domain_id = s.domain_id
  from slugs s
  where p.domain_id is null and s.id = p.slug_id and p.${isChosen}
  returning p.link_id, p.clicked_at, p.id, p.domain_id
)
update clicks c set domain_id = n.domain_id
from named n
where (c.link_id, c.clicked_at, c.id) = (n.link_id, n.clicked_at, n.id)`);
  return takeIn(tx, sql`delete from clicks_pending where ${isChosen} returning *`, dimensions);
}
