/** A line for each column, constraint and index of the tables, as Postgres writes them. */
export const parts = `
select c.relname as table, p.what
from pg_class c cross join lateral (
  select format('column %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then ' not null' end, ' default ' || pg_get_expr(d.adbin, d.adrelid),
                case a.attidentity when 'a' then ' always identity' when 'd' then ' identity' end) as what
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  union all
  select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
  where conrelid = c.oid and contype <> 'n'
  union all
  select case when indisvalid then '' else 'broken ' end || replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
  from pg_index where indrelid = c.oid and indexrelid::regclass::text !~ '^links_search'
) p
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by 1, what collate "C"`;

/** A line for each thing that the schema has no words for. */
export const besides = `
select what from (
select format('%s with (%s)', relname, array_to_string(reloptions, ', ')) as what from pg_class
where relnamespace = 'public'::regnamespace and reloptions is not null
union all
select format('%s by %s', relname, pg_get_partkeydef(oid)) from pg_class where relkind = 'p'
union all
select format('%s of %s %s', c.relname, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))
from pg_class c join pg_inherits i on i.inhrelid = c.oid where c.relispartition and c.relkind = 'r' and c.relname !~ '_[0-9]{4}_[0-9]{2}$'
union all
select format('%s(%s) %s %s', proname, pg_get_function_identity_arguments(oid), pg_get_function_result(oid), provolatile)
from pg_proc p where pronamespace = 'public'::regnamespace
and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
union all
select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
union all
select pg_get_indexdef(indexrelid) from pg_index where indexrelid::regclass::text ~ '^links_search'
union all
select format('%s %s', case relkind when 'S' then 'sequence' else 'view' end, relname) from pg_class
where relnamespace = 'public'::regnamespace and relkind not in ('r', 'p', 'i', 'I')
union all
select 'extension ' || extname from pg_extension where extname <> 'plpgsql'
) p order by what collate "C"`;

export type Part = { table: string; what: string };
