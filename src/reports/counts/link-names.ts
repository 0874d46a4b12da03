import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { type DimensionName, dimensionOf } from '../../visitors/rollups/dimensions.ts';

/**
 * Of each dimension by id, since ids of two may be the same. 'go.acme.com/spring' is a link, 'go.acme.com' a domain,
 * 'go.acme.com/spring (k7m2xq9)' a QR code. 'B: acme.com/new' and 'Germany: acme.com/de' are destinations, 'Germany' a rule.
 */
export type LinkNames = Readonly<Partial<Record<DimensionName, Readonly<Record<string, string>>>>>;

/**
 * Of an address, as reports name it: by the rule that leads to it, else by its letter in the A/B test.
 * @param row alias of `link_destinations` in a statement
 */
export const destinationName = (row: SQL): SQL =>
  sql`coalesce((select name from link_routes where id = ${row}.route_id), chr(64 + ${row}.position)) || ': '
    || regexp_replace(${row}.url, '^https?://(www\\.)?', '')`;

/**
 * The names of links, domains, codes, destinations and rules that a workspace may know, deleted ones too. A code goes by
 * its link and by its own slug, because a link may have several. A destination says its share where it had others. An id
 * of nothing has no name.
 * @param values those of other dimensions are left out
 */
export async function nameLinks(
  db: Db,
  workspaceId: string,
  values: readonly { dimension: DimensionName; value: string }[],
): Promise<LinkNames> {
  const idsOf = (name: DimensionName) => [
    ...new Set(values.filter(({ dimension }) => dimension === name).map(({ value }) => value)),
  ];
  const asked = (name: DimensionName) => sql`${sql.param(idsOf(name))}::text[]`;
  const numbers = (name: DimensionName) =>
    sql`array(select each::int from unnest(${asked(name)}) as each where each ~ '^[0-9]{1,9}$')`;
  if (values.every(({ dimension }) => !dimensionOf(dimension).isNamed)) return {};
  // Arrays, so that links are looked up by their key whatever Postgres takes the number of the ids for.
  const rows = await executePrepared<{ dimension: DimensionName; id: string; name: string }>(
    db,
    'name-links',
    sql`
with code as (
  select id, link_id, slug from slugs where id = any(${asked('qr')})
), link as (
  select distinct on (l.id) l.id, d.host || '/' || s.slug as name
  from links l
  join slugs s on s.link_id = l.id and s.kind in ('primary', 'retired')
  join domains d on d.id = s.domain_id
  where l.workspace_id = ${workspaceId}
    and l.id = any(array(select unnest(${asked('link')}) union select link_id from code))
  order by l.id, s.kind, s.created_at, s.slug_key
)
select 'link' as dimension, id, name from link
union all
select 'qr', code.id, link.name || ' (' || code.slug || ')' from code join link on link.id = code.link_id
union all
select 'domain', id, host from domains
where id = any(${asked('domain')}) and (workspace_id is null or workspace_id = ${workspaceId})
union all
select 'destination', v.id::text, ${destinationName(sql`v`)} || case when exists (
  select from link_destinations o
  where o.link_id = v.link_id and o.url = v.url and o.id <> v.id
    and case when v.route_id is null then o.route_id is null else o.route_id = v.route_id and o.weight <> v.weight end
) then ' (' || (
  -- Addresses that share visitors were written by one statement.
  select round(100.0 * v.weight / nullif(sum(o.weight), 0), 1)::float8
  from link_destinations o
  where o.link_id = v.link_id and o.test = v.test and o.created_at = v.created_at
) || ' %)' else '' end
from link_destinations v
where v.workspace_id = ${workspaceId} and v.id = any(${numbers('destination')})
union all
select 'route', id::text, name from link_routes where workspace_id = ${workspaceId} and id = any(${numbers('route')})`,
  );
  const names: Partial<Record<DimensionName, Record<string, string>>> = {};
  for (const { dimension, id, name } of rows) (names[dimension] ??= {})[id] = name;
  return names;
}
