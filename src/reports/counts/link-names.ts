import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { type DimensionName, dimensionOf } from '../../visitors/rollups/dimensions.ts';

/**
 * By id: 'go.acme.com/spring' of a link, 'go.acme.com' of a domain, 'go.acme.com/spring (k7m2xq9)' of a QR code,
 * 'B: www.acme.com/new' of a version of an A/B test.
 */
export type LinkNames = Readonly<Record<string, string>>;

/** Of a row of `link_destinations`, as reports name it. @param row its alias in a statement */
export const versionName = (row: SQL): SQL =>
  sql`chr(64 + ${row}.position) || ': ' || regexp_replace(${row}.url, '^https?://(www\\.)?', '')`;

/** The ids among some values, which have a name. */
export function namedAmong(values: readonly { dimension: DimensionName; value: string }[]): string[] {
  return values.filter(({ dimension }) => dimensionOf(dimension).isNamed).map(({ value }) => value);
}

/**
 * The names of links, domains, codes and versions that a workspace may know, deleted ones too. A code goes by its link and
 * by its own slug, because a link may have several. A version says its weight where it had others. An id of nothing has no name.
 */
export async function nameLinks(db: Db, workspaceId: string, ids: readonly string[]): Promise<LinkNames> {
  if (ids.length === 0) return {};
  const asked = sql`${sql.param([...new Set(ids)])}::text[]`;
  // An array, so that links are looked up by their key whatever Postgres takes the number of the ids for.
  const rows = await executePrepared<{ id: string; name: string }>(
    db,
    'name-links',
    sql`
with code as (
  select id, link_id, slug from slugs where id = any(${asked})
), link as (
  select distinct on (l.id) l.id, d.host || '/' || s.slug as name
  from links l
  join slugs s on s.link_id = l.id and s.kind in ('primary', 'retired')
  join domains d on d.id = s.domain_id
  where l.workspace_id = ${workspaceId} and l.id = any(array(select unnest(${asked}) union select link_id from code))
  order by l.id, s.kind, s.created_at, s.slug_key
)
select id, name from link
union all
select code.id, link.name || ' (' || code.slug || ')' from code join link on link.id = code.link_id
union all
select id, host from domains where id = any(${asked}) and (workspace_id is null or workspace_id = ${workspaceId})
union all
select v.id::text, ${versionName(sql`v`)} || case when exists (
  select from link_destinations o where o.link_id = v.link_id and o.url = v.url and o.id <> v.id
) then ' (weight ' || v.weight || ')' else '' end
from link_destinations v
where v.workspace_id = ${workspaceId}
  and v.id = any(array(select each::int from unnest(${asked}) as each where each ~ '^[0-9]{1,9}$'))`,
  );
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}
