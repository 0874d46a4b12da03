import { type SQL, type SQLChunk, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { type Dimension, type DimensionName, dimensions, unknown } from '../../visitors/rollups/dimensions.ts';
import type { ClickColumn } from '../../visitors/clicks/hit-fields.ts';
import { monthPartsOf, sumOfDays } from '../../visitors/rollups/month-days.ts';
import { namedColumns, olderHits, type RowColumn, waitingHits } from '../../visitors/rollups/pending.ts';
import type { Filter } from './filter.ts';
import { hasHit, hasLink, kinds, type Subject } from './kinds.ts';
import type { Span } from './period.ts';
import type { Sources } from './sources.ts';

export type Counts = { clicks: number; visitors: number };

/** A subject as the rollups know it. */
export type Scope = {
  workspaceId: string;
  subject: Subject;
  /** The zone of the rollups' days. */
  timeZone: string;
  /** Ids of the rollups that it is the sum of: its own, or those of its links that have some; none where there are none. */
  rollups: readonly string[];
  /** Its links whose rollups have all that is not pending; null where the rollups are no links'. */
  busy: readonly string[] | null;
  /** The id of rollups that have its clicks by day, and may have no more of it. */
  days: string | null;
  /** How many rows it is made of, of all time; infinite where nobody has counted them. */
  hits: number;
  /** Its links whose rows are counted; rollups have other hits of them at most. */
  others: { ids: readonly string[]; hits: number };
  /** Only hits that pass all of these; rollups cannot tell, rows answer. */
  filters: readonly Filter[];
  /** The links of a campaign or a tag, or a part of them: Postgres guesses their rows well when it is told which they are. */
  only?: readonly string[];
};

type ScopeAsked = {
  filters?: readonly Filter[];
  /** The zone of the days that are asked for: rollups have days of the workspace's alone. */
  timeZone?: string;
  /** True where hits themselves are read. */
  areRowsAsked?: boolean;
};

/** @throws NotFound for what is gone or another workspace's */
export async function getScope(
  db: Db,
  workspaceId: string,
  subject: Subject,
  { filters = [], timeZone, areRowsAsked = false }: ScopeAsked = {},
): Promise<Scope> {
  const { noun, isSumOfLinks, isOfOneLink, isRolledUp, exists, findKept } = kinds[subject.kind];
  const kept = filters.length === 0 && !areRowsAsked ? await findKept?.(db, workspaceId, subject.id) : undefined;
  // Rollups of its own spare looking up its links, unless the days of another zone are asked for.
  const mayNeedLinks = kept?.whole ? sql`w.time_zone <> ${timeZone ?? null}` : sql`true`;
  const { rows } = await db.execute(sql`
select w.time_zone, t.*
from workspaces w
cross join lateral (
  select coalesce(array_agg(l.id order by l.id) filter (where t.is_busy), '{}') as busy,
         coalesce(array_agg(l.id order by l.id) filter (where t.has_history), '{}') as history,
         coalesce(array_agg(l.id order by l.id) filter (where t.is_busy is not true), '{}') as others,
         coalesce(sum(t.hits), 0)::float8 as hits, coalesce(sum(t.hits) filter (where not t.is_busy), 0)::float8 as hits_of_others
  from links l
  left join link_totals t on t.link_id = l.id
  where l.workspace_id = w.id and ${isSumOfLinks ? hasLink(subject, sql`l.id`) : sql`false`}
    and ${mayNeedLinks}
) t
where w.id = ${workspaceId} and ${exists(subject.id)}`);
  const row = rows[0] as ScopeRow | undefined;
  if (!row) throw new NotFound(`There is no such ${noun}.`);
  const ofRollups = kept && (timeZone ?? row.time_zone) === row.time_zone ? kept : undefined;
  const scope = {
    workspaceId,
    subject,
    timeZone: row.time_zone,
    days: ofRollups?.days ?? null,
    hits: isSumOfLinks ? row.hits : Number.POSITIVE_INFINITY,
    busy: isSumOfLinks ? row.busy : null,
    others: { ids: row.others, hits: row.hits_of_others },
    filters,
  };
  if (ofRollups?.whole) return { ...scope, rollups: [ofRollups.whole], busy: null, hits: Number.POSITIVE_INFINITY };
  return {
    ...scope,
    rollups: isRolledUp && !isSumOfLinks ? [workspaceId] : [...row.busy, ...row.history],
    ...(isSumOfLinks && !isOfOneLink && { only: [...row.busy, ...row.others] }),
  };
}

type ScopeRow = {
  time_zone: string;
  busy: string[];
  history: string[];
  others: string[];
  hits: number;
  hits_of_others: number;
};

/**
 * The part that rollups answer for, and the part whose rows are counted; together they are all of it.
 * @param timeZone the zone of the days that are asked for
 */
export function partsOf(scope: Scope, timeZone: string): { rolledUp: Scope | null; counted: Scope | null } {
  const { rollups, busy, others, filters } = scope;
  if (rollups.length === 0 || filters.length > 0 || timeZone !== scope.timeZone)
    return { rolledUp: null, counted: scope };
  return {
    // Pending hits of other links are among their rows.
    rolledUp: busy ? { ...scope, only: busy } : scope,
    counted: others.ids.length === 0 ? null : { ...scope, only: others.ids, hits: others.hits },
  };
}

/** The scope as rollups know it whose days are all that is asked for; null where they do not have them. */
export const asDays = (scope: Scope): Scope | null => {
  const { only: _, ...all } = scope;
  return scope.days === null ? null : { ...all, rollups: [scope.days] };
};

/** The dimensions that a subject is broken down by. */
export function dimensionsOf({ kind }: Subject): readonly Dimension[] {
  const shownOf = kinds[kind].isOfOneLink ? 'one link' : 'many links';
  return dimensions.filter((each: Dimension) => each.name !== kind && (each.shownOf ?? shownOf) === shownOf);
}

/** Condition: a row `t` of a rollup is the scope's. */
export const isOfRollups = ({ rollups: [first, ...others] }: Scope): SQL =>
  others.length === 0 ? sql`t.scope_id = ${first}` : sql`t.scope_id = any(${sql.param([first, ...others])}::text[])`;

/** Condition: a row `c` of clicks is the first of its visitor that day, on the link or in all the workspace. */
export const isFirst = ({ subject }: Pick<Scope, 'subject'>) =>
  kinds[subject.kind].visitorsOf === 'workspace' ? sql`c.is_first_in_workspace` : sql`c.is_first_on_link`;

type Rows = Pick<Scope, 'workspaceId' | 'subject' | 'only'>;

/** Condition: a row `c` of clicks is the scope's. */
export const isOfScope = ({ workspaceId, subject, only }: Rows): SQL =>
  sql`c.workspace_id = ${workspaceId} and ${only ? sql`c.link_id = any(${sql.param(only)}::text[])` : hasHit(subject)}`;

/** Condition: a row `c` of clicks came in a span, or since an instant. */
export const isIn = ({ from, to }: Pick<Span, 'from'> & Partial<Span>) =>
  sql`c.clicked_at >= ${from.toISOString()} ${to ? sql`and c.clicked_at < ${to.toISOString()}` : sql``}`;

/** Parts of SQL with commas between them. */
export const list = (parts: SQLChunk[]) => sql.join(parts, sql`, `);

/** The rows of several selects. */
export const unionAll = (parts: SQL[]) =>
  sql.join(
    parts,
    sql`
  union all
  `,
  );

/** The columns of a row `c` that a value is made of. */
export const columnsIn = (value: string): ClickColumn[] =>
  [...value.matchAll(/\bc\.(\w+)/g)].map(([, column]) => column as ClickColumn);

/** The columns that a question to hits reads: those of scope and time, of some values, and whether it is a visitor's first. */
export function columnsFor({ subject }: Pick<Scope, 'subject'>, values: readonly Dimension[]): RowColumn[] {
  const first = kinds[subject.kind].visitorsOf === 'workspace' ? 'is_first_in_workspace' : 'is_first_on_link';
  const ofScope = ['clicked_at', 'class', 'workspace_id', 'link_id', 'slug_id', 'domain_id'] as const;
  return [...new Set([...ofScope, ...values.flatMap((value) => columnsIn(value.sql))]), first];
}

/**
 * The hits that are counted one by one: those of the spans that no rollup covers, and what is pending in the others.
 * @param values whose columns are read
 */
export function hitsOf(scope: Scope, { rolledUp, rows }: Sources, values: readonly Dimension[] = []): SQL {
  const columns = columnsFor(scope, values);
  const select = (from: SQL, isInSpan: SQL) =>
    sql`select ${namedColumns(columns)} from ${from} c where ${isOfScope(scope)} and ${isInSpan}`;
  const spans = rolledUp ? [...rows, rolledUp] : rows;
  return unionAll([
    ...rows.map((span) => select(sql`clicks`, isIn(span))),
    select(waitingHits(scope.workspaceId, columns), sql`(${sql.join(spans.map(isIn), sql` or `)})`),
    ...(rolledUp ? [select(olderHits(scope.workspaceId, columns), isIn(rolledUp))] : []),
  ]);
}

/**
 * Selects (scope_id, dimension, value, clicks, visitors) of what rollups have of a span's days: whole months, the days of
 * others, and days that no job has folded yet.
 * @param where a condition on rows `t`
 */
function countsOfDays({ days }: Sources, where: SQL): SQL[] {
  if (!days) return [];
  const { whole, parts } = monthPartsOf(days);
  const select = (table: 'monthly' | 'daily', isThen: SQL, clicks = sql`t.clicks`, visitors = sql`t.visitors`) => sql`
    select t.scope_id, t.dimension, t.value, ${clicks} as clicks, ${visitors} as visitors
    from ${sql.raw(`click_counts_${table}`)} t where ${where} and ${isThen}`;
  return [
    select('monthly', sql`t.month = any(${sql.param(whole)}::date[])`),
    ...parts.flatMap((part) => [
      select('monthly', sql`t.month = ${part.month}::date`, sumOfDays('clicks', part), sumOfDays('visitors', part)),
      select('daily', sql`t.day between ${part.first}::date and ${part.last}::date`),
    ]),
  ];
}

export type DimensionCount = Counts & {
  dimension: DimensionName;
  value: string;
  /** How many values the dimension has in all, and their clicks; null for many links, which nobody counted. */
  count: number | null;
  sum: number;
};

/** Values of dimensions: the `top` of each, those of `whole` ones all. */
export type DimensionsAsked = { dimensions: readonly DimensionName[]; whole: readonly DimensionName[]; top: number };

/** Clicks and visitors by value of each dimension asked for, among them `class`, the most first. */
export async function countDimensions(
  db: Db,
  scope: Scope,
  sources: Sources,
  asked: DimensionsAsked,
): Promise<DimensionCount[]> {
  const names = sql.param(asked.dimensions);
  const values = dimensions.filter(({ name }) => asked.dimensions.includes(name));
  const columns = values.map(({ name, sql: value, counts }) =>
    counts === 'valued'
      ? sql`${sql.raw(value)} as ${sql.identifier(name)}`
      : sql`coalesce(${sql.raw(value)}, ${unknown}) as ${sql.identifier(name)}`,
  );
  const groups = values.map(({ name }) => sql`(${sql.identifier(name)})`);
  const nameOfGroup = values.map(({ name }) => sql`when grouping(${sql.identifier(name)}) then ${name}`);
  const countsHits = values.filter(({ counts }) => counts === 'hits').map(({ name }) => name);
  // The rollup of a link does not name it.
  const isByLink = scope.only && asked.dimensions.includes('link');
  const valuesOfRollup = isByLink
    ? sql`select t.dimension, t.value union all select 'link', t.scope_id where t.dimension = 'class' and t.value = 'human'`
    : sql`select t.dimension, t.value`;
  const ofRollups = countsOfDays(sources, sql`${isOfRollups(scope)} and t.dimension = any(${names}::text[])`).map(
    (rows) =>
      sql`select v.dimension, v.value, t.clicks, t.visitors from (${rows}) t cross join lateral (${valuesOfRollup}) v`,
  );
  const { rows } = await db.execute(sql`
with hit as (
  select c.class = 'human' as is_click, ${isFirst(scope)} as is_first, ${list(columns)}
  from (${hitsOf(scope, sources, values)}) c
), grouped as (
  select case 0 ${sql.join(nameOfGroup, sql` `)} end as dimension,
         coalesce(${list(values.map(({ name }) => sql.identifier(name)))}) as value,
         count(*) as hits, count(*) filter (where is_click) as clicks, count(*) filter (where is_first) as visitors
  from hit
  group by grouping sets (${list(groups)})
), counted as (
  ${unionAll([
    ...ofRollups,
    sql`select dimension, value, case when dimension = any(${sql.param(countsHits)}::text[]) then hits else clicks end, visitors
  from grouped
  where value is not null`,
  ])}
), summed as (
  -- Whole numbers are exact as floats, which are added in half the time. Of texts, bytes are compared in a third of it.
  select dimension collate "C" as dimension, value collate "C" as value, sum(clicks::float8) as clicks, sum(visitors::float8) as visitors
  from counted
  group by 1, 2
  having sum(clicks::float8) <> 0
), ranked as (
  select *,
         row_number() over (partition by dimension order by clicks desc, value) as rank,
         count(*) over (partition by dimension), sum(clicks) over (partition by dimension)
  from summed
)
select dimension, value, clicks, visitors, count::int, sum
from ranked
where rank <= ${asked.top} or dimension = any(${sql.param(asked.whole)}::text[])
order by dimension, rank`);
  return rows as DimensionCount[];
}
