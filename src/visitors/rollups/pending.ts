import { type SQL, sql } from 'drizzle-orm';
import { type ClickColumn, hitColumnNames } from '../clicks/hit-fields.ts';
import { unpacked } from '../clicks/inbox.ts';

/*
 * Hits that the mover has not come to yet. Readers of rows add those of the inbox, readers of rollups add all that is
 * pending; each is in one snapshot with what it is added to.
 */

const flags = ['is_first_on_link', 'is_first_in_workspace'] as const;

/** A column of `clicks`. */
export type RowColumn = ClickColumn | (typeof flags)[number];

/** The columns of `clicks`, in one order for all selects that are put together. */
export const rowColumns: readonly RowColumn[] = [...hitColumnNames, ...flags];

/** Columns of a row `c` of hits, wherever it is from. */
export const namedColumns = (columns: readonly RowColumn[]): SQL =>
  sql.raw(columns.map((column) => `c.${column}`).join(', '));

const key: readonly ClickColumn[] = ['id', 'link_id', 'clicked_at'];

/**
 * A hit is its visitor's first where none of those that wait came before it, and `visitors_seen` does not have the visitor.
 * Of a day that is over it may have forgotten; then the mover looks among the rows.
 */
const isFirst = (where: { of: string; isSeen: string }) => `h.class = 'human' and h.visitor_key is not null
    and 1 = row_number() over (partition by h.class = 'human', ${where.of} order by h.clicked_at, h.id)
    and (select count(*) from visitors_seen s where ${where.isSeen}) = 0`;

const values: Partial<Record<RowColumn, string>> = {
  is_first_on_link: isFirst({
    of: 'h.visitor_key, h.link_id',
    isSeen: 's.visitor_key = h.visitor_key and s.link_id = h.link_id',
  }),
  is_first_in_workspace: isFirst({ of: 'h.visitor_key', isSeen: 's.visitor_key = h.visitor_key' }),
};

/**
 * Rows of a workspace's hits that wait in the inbox and are no rows of `clicks` yet, each once.
 * @param columns those that are wanted, since each costs; all unless told
 */
export function waitingHits(workspaceId: string, columns: readonly RowColumn[] = rowColumns): SQL {
  const areFirst = columns.some((column) => column in values);
  const needed = new Set([...key, ...columns, ...(areFirst ? (['class', 'visitor_key'] as const) : [])]);
  const read = hitColumnNames.filter((column) => needed.has(column));
  const batches = sql`select is_repeat, hits from hit_batches where workspace_id = ${workspaceId} and problem is null`;
  const shown = columns.map((column) => `${values[column] ?? `h.${column}`} as ${column}`);
  // Only a repeat may be among the rows.
  return sql`(
  select ${sql.raw(shown.join(', '))}
  from (
    select distinct on (id, link_id, clicked_at) * from (${unpacked(batches, ['is_repeat'], read)}) u
    order by id, link_id, clicked_at, is_repeat desc
  ) h
  where not h.is_repeat or not is_recorded(h.link_id, h.clicked_at, h.id)
)`;
}

/** Rows of a workspace's hits that versions without an inbox put into `clicks_pending` beside their rows, for the rollups. */
export const olderHits = (workspaceId: string, columns: readonly RowColumn[]): SQL =>
  sql`(select ${namedColumns(columns)} from clicks_pending c where c.workspace_id = ${workspaceId})`;

/**
 * Whether anything is pending at a moment. Mostly nothing is. Statements of the same snapshot leave out the parts that
 * look for it, and are planned in half the time.
 */
export type Pending = {
  areWaiting: boolean;
  areOlder: boolean;
  /** Days of versions before, which a job has yet to fold into their months. */
  areOlderDays: boolean;
};

/** Columns that say what is pending of a workspace. */
export const pendingColumns = (workspaceId: string): SQL => sql`
  exists (select 1 from hit_batches where workspace_id = ${workspaceId} and problem is null) as "areWaiting",
  exists (select 1 from clicks_pending where workspace_id = ${workspaceId}) as "areOlder",
  exists (select 1 from click_counts_daily) as "areOlderDays"`;

/** Rows of a workspace's hits that the rollups have not taken in. */
export const pendingHits = (workspaceId: string, columns: readonly RowColumn[]): SQL => sql`(
  select ${namedColumns(columns)} from ${waitingHits(workspaceId, columns)} c
  union all
  select * from ${olderHits(workspaceId, columns)} o
)`;
