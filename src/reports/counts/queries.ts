import { type SQL, type SQLChunk, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { type Dimension, dimensions } from '../../visitors/rollups/dimensions.ts';
import type { ClickColumn } from '../../visitors/clicks/hit-fields.ts';
import {
  namedColumns,
  olderHits,
  type Pending,
  pendingColumns,
  type RowColumn,
  waitingHits,
} from '../../visitors/rollups/pending.ts';
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
  /** Of the moment at which the scope was read. */
  pending: Pending;
};

type ScopeAsked = {
  filters?: readonly Filter[];
  /** The zone of the days that are asked for: rollups have days of the workspace's alone. */
  timeZone?: string;
  /** True where hits themselves are read. */
  areRowsAsked?: boolean;
};

/**
 * @param db a transaction on one moment for those who count
 * @throws NotFound for what is gone or another workspace's
 */
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
  const [row] = await executePrepared<ScopeRow>(
    db,
    `scope-of-${subject.kind}${kept?.whole ? '-kept' : ''}`,
    sql`
select w.time_zone, t.*, ${pendingColumns(workspaceId)}
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
where w.id = ${workspaceId} and ${exists(subject.id)}`,
  );
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
    pending: { areWaiting: row.areWaiting, areOlder: row.areOlder, areOlderDays: row.areOlderDays },
  };
  if (ofRollups?.whole) return { ...scope, rollups: [ofRollups.whole], busy: null, hits: Number.POSITIVE_INFINITY };
  return {
    ...scope,
    rollups: isRolledUp && !isSumOfLinks ? [workspaceId] : [...row.busy, ...row.history],
    ...(isSumOfLinks && !isOfOneLink && { only: [...row.busy, ...row.others] }),
  };
}

type ScopeRow = Pending & {
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

/** SQL: the hour of the week of an instant on a zone's clock, Monday's first 0. The first hours of 1970 were a Thursday's. */
export const hourOfWeek = (instant: SQL, timeZone: string): SQL =>
  sql`(floor(date_part('epoch', ${instant} at time zone ${timeZone}) / 3600)::int + 72) % 168`;

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
 * @returns a select of them; null where rollups have everything
 */
export function hitsOf(scope: Scope, { rolledUp, rows }: Sources, values: readonly Dimension[] = []): SQL | null {
  const { areWaiting, areOlder } = scope.pending;
  const columns = columnsFor(scope, values);
  const select = (from: SQL, isInSpan: SQL) =>
    sql`select ${namedColumns(columns)} from ${from} c where ${isOfScope(scope)} and ${isInSpan}`;
  const spans = rolledUp ? [...rows, rolledUp] : rows;
  const parts = rows.map((span) => select(sql`clicks`, isIn(span)));
  if (areWaiting)
    parts.push(select(waitingHits(scope.workspaceId, columns), sql`(${sql.join(spans.map(isIn), sql` or `)})`));
  if (areOlder && rolledUp) parts.push(select(olderHits(scope.workspaceId, columns), isIn(rolledUp)));
  return parts.length === 0 ? null : unionAll(parts);
}
