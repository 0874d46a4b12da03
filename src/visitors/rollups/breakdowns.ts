import { type SQL, sql } from 'drizzle-orm';
import { type Dimension, dimensions as all } from './dimensions.ts';
import { addToCounts, monthsFromDays } from './month-days.ts';
import { domainScope, lightOf } from './scopes.ts';

/** A dimension and its column among the values of a hit. */
type Placed = Dimension & { column: string };

const placed = (dimensions: readonly Dimension[]): Placed[] =>
  dimensions.map((dimension, index) => ({ ...dimension, column: `v${index}` }));

const columnsOf = (values: readonly Placed[]): SQL => sql.raw(values.map(({ column }) => column).join(', '));

/** The values of a hit, one column a dimension; NULL where the hit does not count in it. */
function valueColumns(values: readonly Placed[]): SQL {
  const columns = values.map(({ sql: plain, counts, column }) => {
    const value = counts === 'valued' ? plain : `coalesce(${plain}, '')`;
    return `${counts === 'hits' ? value : `case when c.class = 'human' then ${value} end`} as ${column}`;
  });
  return sql.raw(columns.join(', '));
}

/** How hits are counted. */
export type Counting = {
  /** All unless told. */
  dimensions?: readonly Dimension[];
  /** 'taken off': what was counted of these hits is counted back. */
  sign?: 'added' | 'taken off';
  /** The zone of hours and days, as SQL; each workspace's own when left out. */
  timeZone?: SQL;
  /** Whether links are broken down that are not busy as well. */
  ofQuietLinks?: boolean;
};

export const countOf = ({ sign = 'added' }: Counting) => sql.raw(sign === 'added' ? 'count(*)' : '-count(*)');

/**
 * The start of an instant's hour on a zone's clock. Lord Howe's clock is set by half an hour and Chatham's at a quarter to:
 * the hour in which that happens begins anew with the first quarter on the instant's own side.
 */
export function hourOf(instant: SQL, timeZone: SQL): SQL {
  const shown = sql`date_trunc('hour', ${instant} at time zone ${timeZone})`;
  const start = sql`date_trunc('hour', ${instant}, ${timeZone})`;
  const later = ['15 minutes', '30 minutes'].map((after) => {
    const interval = sql.raw(`interval '${after}'`);
    return sql`when (${start} + ${interval}) at time zone ${timeZone} = ${shown} + ${interval} then ${start} + ${interval}`;
  });
  return sql`case when ${start} at time zone ${timeZone} = ${shown} then ${start} ${sql.join(later, sql` `)}
                  else ${start} + interval '45 minutes' end`;
}

/**
 * The campaigns and tags of a hit's link that are rolled up whole, and the others. They are looked up hit by hit: Postgres
 * guesses so few of them that it would join them row by row.
 */
const scopesOfLink = sql`(
    select array_agg(scope_id) filter (where is_full) as whole_of, array_agg(scope_id) filter (where not is_full) as light_of
    from scope_links
    where workspace_id = c.workspace_id and link_id = c.link_id
  )`;

/**
 * CTE `source`: the hits with their hour and day on the workspace's clock, and their values. `busy_id` is NULL unless the
 * link is broken down.
 */
export const readSource = (
  hits: SQL,
  { dimensions = all, timeZone = sql`w.time_zone`, ofQuietLinks = false }: Counting,
  scopes: Scopes,
): SQL => sql`source as materialized (
  select c.workspace_id, c.link_id, c.domain_id, c.class, c.clicked_at, c.is_first_in_workspace, c.is_first_on_link,
         ${ofQuietLinks ? sql`c.link_id` : sql`case when c.link_id in (select link_id from link_totals where is_busy) then c.link_id end`} as busy_id,
         ${hourOf(sql`c.clicked_at`, timeZone)} as hour,
         (c.clicked_at at time zone ${timeZone})::date as day,
         ${valueColumns(placed(dimensions))}${scopes === 'all' ? sql`, m.whole_of, m.light_of` : sql``}
  from ${hits} c
  join workspaces w on w.id = c.workspace_id ${scopes === 'all' ? sql`cross join lateral ${scopesOfLink} m` : sql``}
)`;

/** The columns of each card, as grouping sets. */
function cardSets(values: readonly Placed[]): SQL {
  const cards = new Map<string, string[]>();
  for (const { card, column } of values) cards.set(card, [...(cards.get(card) ?? []), column]);
  return sql.raw([...cards.values()].map((columns) => `(${columns.join(', ')})`).join(', '));
}

/** Rows `d (dimension, value)` of a row `s`; a value is NULL where it does not count. */
function valueRows(values: readonly Placed[]): SQL {
  const rows = values.map(({ name, of, column }) =>
    of === 'workspace' ? `('${name}', case when s.is_of_many then ${column} end)` : `('${name}', ${column})`,
  );
  return sql.raw(`(values ${rows.join(', ')}) as d (dimension, value)`);
}

/**
 * CTEs: `scoped` has a hit once for each campaign, tag and domain that is rolled up whole, `light` for each other campaign
 * and tag.
 */
function readScopes(values: readonly Placed[]): SQL {
  const ofLight = sql.join([sql`m.scope_id`, ...lightOf(values).map(({ column }) => sql.raw(`s.${column}`))], sql`, `);
  return sql`whole_domain as materialized (
  select d.domain_id, r.workspace_id, r.scope_id
  from (select distinct workspace_id, domain_id from source) d
  join rollup_scopes r
    on r.workspace_id = d.workspace_id and r.scope_id = ${domainScope(sql`d.workspace_id`, sql`d.domain_id`)}
  where r.state = 'full'
), scoped as materialized (
  select m.scope_id, s.is_first_on_link as is_first, s.hour, s.day, s.class, ${columnsOf(values)}
  from source s
  cross join unnest(s.whole_of) as m (scope_id)
  union all
  select d.scope_id, s.is_first_in_workspace, s.hour, s.day, s.class, ${columnsOf(values)}
  from source s
  join whole_domain d on d.workspace_id = s.workspace_id and d.domain_id = s.domain_id
), light as materialized (
  select s.is_first_on_link as is_first, s.day, ${ofLight}
  from source s
  cross join unnest(s.light_of) as m (scope_id)
)`;
}

/** The scopes whose breakdowns are counted: those of busy links, or of everybody, or the one to which hits came. */
export type Scopes = 'links' | 'all' | { only: string; visitorsOf: 'link' | 'workspace' };

/** A select of rows (scope_id, visitors, is_of_many, day, hits, and the values) for each scope. */
function cardsOf(scopes: Scopes, counting: Counting, values: readonly Placed[]): SQL {
  const columns = columnsOf(values);
  if (typeof scopes === 'object')
    return sql`select ${scopes.only}::text as scope_id, ${sql.raw(scopes.visitorsOf === 'link' ? 'first_on_link' : 'first_in_workspace')} as visitors,
           true as is_of_many, day, hits, ${columns}
    from card`;
  const ofLinks = sql`select busy_id as scope_id, first_on_link as visitors, false as is_of_many, day, hits, ${columns}
    from card where busy_id is not null`;
  if (scopes === 'links') return ofLinks;
  const light = lightOf(values);
  const among = (from: 'scoped' | 'light', some: readonly Placed[]) => {
    const shown = values.map(({ column }) =>
      some.some((each) => each.column === column) ? column : `null::text as ${column}`,
    );
    return sql`
    union all
    select scope_id, (${countOf(counting)} filter (where is_first))::int, true, day, (${countOf(counting)})::int, ${sql.raw(shown.join(', '))}
    from ${sql.raw(from)}
    group by scope_id, day, grouping sets (${cardSets(some)})`;
  };
  return sql`${ofLinks}
    union all
    select workspace_id, first_in_workspace, true, day, hits, ${columns}
    from card ${among('scoped', values)} ${light.length > 0 ? among('light', light) : sql``}`;
}

/**
 * CTEs `card`, `counted`, `monthly`: the breakdowns of the source, added to what is there. Hits are grouped by
 * all dimensions of a card first, because these depend on one another: what remains to be counted by dimension is little.
 */
export function addBreakdowns(scopes: Scopes, counting: Counting): SQL {
  const values = placed(counting.dimensions ?? all);
  return sql`${scopes === 'all' ? sql`${readScopes(values)}, ` : sql``}card as materialized (
  select workspace_id, busy_id, day, ${columnsOf(values)}, (${countOf(counting)})::int as hits,
         (${countOf(counting)} filter (where is_first_in_workspace))::int as first_in_workspace,
         (${countOf(counting)} filter (where is_first_on_link))::int as first_on_link
  from source
  group by workspace_id, busy_id, day, grouping sets (${cardSets(values)})
), counted as materialized (
  select s.scope_id, s.day, d.dimension, d.value, sum(s.hits)::int as clicks, sum(s.visitors)::int as visitors
  from (
    ${cardsOf(scopes, counting, values)}
  ) s
  cross join lateral ${valueRows(values)}
  where d.value is not null
  group by 1, 2, 3, 4
), monthly as (
  ${addToCounts(monthsFromDays(sql`select * from counted`))}
)`;
}

/** Adds rows (scope_id, hour, class, hits, visitors) to what is there, in the order of the key. */
export const addToHourly = (
  rows: SQL,
): SQL => sql`insert into click_totals_hourly as t (scope_id, hour, class, hits, visitors)
  ${rows}
  order by 1, 2, 3
  on conflict (scope_id, hour, class) do update
  set hits = t.hits + excluded.hits, visitors = t.visitors + excluded.visitors`;

/** CTE `hourly`: the hours of rows (scope_id, is_first, hour, class). */
export const addHours = (rows: SQL, counting: Counting): SQL => sql`hourly as (
  ${addToHourly(sql`select scope_id, hour, class, ${countOf(counting)}, ${countOf(counting)} filter (where is_first)
  from (${rows}) s
  group by 1, 2, 3`)}
)`;
