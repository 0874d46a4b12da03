import { type SQL, sql } from 'drizzle-orm';
import { columnsOfHits, hitColumnNames, hitFields } from './hit-fields.ts';
import { type Hit, newHitId } from './hit.ts';
import type { SeenShape } from './known-shapes.ts';

/** Stands between the columns of a batch. Values have none: `escaped` puts a space in its place. */
const columnEnd = '\n';

/** Stands between the batches of a statement. */
const batchEnd = '\u001E';

const insertBatches = `
insert into hit_batches (workspace_id, id, size, first_hit_at, is_repeat, hits)
select unnest($1::text[]), unnest($2::bigint[]), unnest($3::int[]),
       to_timestamp(unnest($4::bigint[]) / 1000.0), $5::boolean, unnest(string_to_array($6::text, E'\\x1e'))
on conflict do nothing`;

/**
 * A visitor waits for one row, with the hits of each workspace as a value that Postgres does not look into. The mover
 * (rollups/mover.ts) makes rows of it. A batch that is there already changes nothing, so it may be sent again.
 */
const recordBatches = { name: 'record-batches', text: insertBatches };

/** The same, with shapes of user agents that are new today. */
const recordBatchesAndShapes = {
  name: 'record-batches-and-shapes',
  text: `
with shape as (
  insert into agent_shapes as known (id, shape, last_seen_on)
  select unnest($7::bigint[]) as id, unnest($8::text[]), unnest($9::date[])
  order by id
  on conflict (id) do update set last_seen_on = excluded.last_seen_on where known.last_seen_on < excluded.last_seen_on
)${insertBatches}`,
};

/** Hits on their way into the inbox, with the ids that tell a second try from a first one. */
export class Batches {
  readonly #parts: string[];
  /** True for hits that may be in the inbox or in rows already. */
  isRepeat: boolean;

  constructor(hits: readonly Hit[], { isRepeat = false } = {}) {
    const parts = partsOf(hits);
    this.#parts = [
      literalOf(parts, ([first]) => first.workspaceId),
      literalOf(parts, newHitId),
      literalOf(parts, ({ length }) => length),
      literalOf(parts, (part) => part.reduce((least, { clickedAt }) => Math.min(least, clickedAt), Infinity)),
      parts.map(packed).join(batchEnd),
    ];
    this.isRepeat = isRepeat;
  }

  /** The statement that records them, and some shapes. */
  statement(shapes: readonly SeenShape[]): { name: string; text: string; values: string[] } {
    const [workspaceIds = '', ids = '', sizes = '', times = '', hits = ''] = this.#parts;
    const values = [workspaceIds, ids, sizes, times, String(this.isRepeat), hits];
    if (shapes.length === 0) return { ...recordBatches, values };
    values.push(
      literalOf(shapes, ({ id }) => id),
      literalOf(shapes, ({ shape }) => shape),
      literalOf(shapes, ({ day }) => day),
    );
    return { ...recordBatchesAndShapes, values };
  }
}

type Part = [Hit, ...Hit[]];

/** The hits of each workspace. Most batches are of one. */
function partsOf(hits: readonly Hit[]): Part[] {
  const [first, ...others] = hits;
  if (!first) return [];
  if (others.every(({ workspaceId }) => workspaceId === first.workspaceId)) return [[first, ...others]];
  const parts = new Map<string, Part>();
  for (const hit of hits) {
    const part = parts.get(hit.workspaceId);
    if (part) part.push(hit);
    else parts.set(hit.workspaceId, [hit]);
  }
  return [...parts.values()];
}

/** The hits of a batch as text: an array of Postgres for each column of THE list, in its order, to which versions only add. */
const packed = (hits: Part): string =>
  columnsOfHits.map(({ name }) => literalOf(hits, (hit) => hit[name] ?? null)).join(columnEnd);

/**
 * An array of Postgres; written here because the driver's generic conversion costs several times as much. One without
 * values is empty: `unnest` fills up with NULL what is shorter than its neighbours.
 */
function literalOf<Row>(rows: readonly Row[], valueOf: (row: Row) => string | number | null): string {
  let literal = '';
  let hasValue = false;
  for (const row of rows) {
    const value = valueOf(row);
    if (literal !== '') literal += ',';
    if (value === null) literal += 'NULL';
    else {
      hasValue = true;
      literal += typeof value === 'number' ? value : `"${needsEscape.test(value) ? escaped(value) : value}"`;
    }
  }
  return hasValue ? `{${literal}}` : '{}';
}

// eslint-disable-next-line no-control-regex
const needsEscape = /["\\\n\u001E]/;

const escaped = (value: string) =>
  value.replaceAll(/["\\]/g, '\\$&').replaceAll(columnEnd, ' ').replaceAll(batchEnd, ' ');

/**
 * A select that makes rows of hits out of batches.
 * @param batches a select of their `hits`, and of what else is wanted beside each hit
 * @param beside names of the latter
 * @param columns of the hits, since each costs; all unless told
 */
export function unpacked(batches: SQL, beside: readonly string[], columns = hitColumnNames): SQL {
  const values = Object.values(hitFields).flatMap(({ column, type }, index) => {
    if (!columns.includes(column)) return [];
    const value = `unnest(b.lines[${index + 1}]::${type}[])`;
    return `${column === 'clicked_at' ? `to_timestamp(${value} / 1000.0)` : value} as ${column}`;
  });
  const others = beside.map((name) => `b.${name}, `).join('');
  // Without `offset 0` the text would be taken apart once a column.
  return sql`
select ${sql.raw(others + values.join(', '))}
from (select *, string_to_array(hits, E'\\n') as lines from (${batches}) t offset 0) b`;
}
