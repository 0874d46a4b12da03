import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import { columnsOfHits } from './hit-fields.ts';
import type { Hit } from './hit.ts';

const columns = columnsOfHits.map(({ column }) => column);
const recorded = [...columns, 'is_first_on_link', 'is_first_in_workspace'].join(', ');
const unnested = columnsOfHits
  .map(({ column, type }, index) => `unnest($${index + 1}::${type}[]) as ${column}`)
  .join(', ');
const selected = columnsOfHits
  .map(({ name, column }) => (name === 'clickedAt' ? `to_timestamp(${column} / 1000.0)` : column))
  .join(', ');
const next = columns.length + 1;

/**
 * Records a batch of hits: as rows of `clicks`, as rows that the rollups still have to take in, as visitors seen and as
 * shapes of user agents. `newcomer` holds the visitors of the batch that nobody recorded before; the hits that brought
 * them carry the flags. Sorted, so that two nodes with the same visitors at the same moment wait for each other in one order.
 *
 * Arrays are taken apart in the select list: in FROM each of them would be written to a store of its own first, which
 * costs Postgres a tenth more.
 */
const statement = (onConflict: string): string => `
with sighting as (
  select unnest($${next}::bigint[]) as visitor_key, unnest($${next + 1}::text[]) as link_id,
         unnest($${next + 2}::date[]) as day, unnest($${next + 3}::bigint[]) as hit_id
), newcomer as (
  insert into visitors_seen (visitor_key, link_id, day)
  select visitor_key, link_id, day from sighting
  order by visitor_key, link_id
  on conflict do nothing
  returning visitor_key, link_id
), first_hit as (
  select link_id, hit_id from sighting join newcomer using (visitor_key, link_id)
), shape as (
  insert into agent_shapes as known (id, shape, last_seen_on)
  select unnest($${next + 4}::bigint[]) as id, unnest($${next + 5}::text[]), unnest($${next + 6}::date[])
  order by id
  on conflict (id) do update set last_seen_on = excluded.last_seen_on where known.last_seen_on < excluded.last_seen_on
), recorded as (
  insert into clicks (${recorded})
  select ${selected},
         id in (select hit_id from first_hit where link_id <> ''),
         id in (select hit_id from first_hit where link_id = '')
  from (select ${unnested}) hit
  ${onConflict}
  returning ${recorded}
)
insert into clicks_pending (${recorded})
select ${recorded} from recorded`;

/** For hits that were never tried before. A hit that is there already makes all of it fail (unique_violation). */
export const recordNewHits = { name: 'record-hits-new', text: statement('') };

/**
 * For any hits: one that is there already (a retry after a lost answer) changes nothing, so it may be repeated. Asking
 * row by row costs Postgres a fifth more.
 */
export const recordHits = { name: 'record-hits-again', text: statement('on conflict do nothing') };

/** A visitor who may be new on a link, or (link '') in the workspace, and the first hit of the batch that says so. */
type Sighting = { visitorKey: number; linkId: string; day: string; hitId: number };

/** A shape whose id a hit carries, and the UTC day of the hit. */
type SeenShape = { id: number; shape: string; day: string };

/**
 * The statement's parameters as Postgres array literals, one a column; written here because the driver's generic
 * conversion of arrays costs several times as much.
 */
export function batchParameters(
  hits: readonly Hit[],
  sightings: readonly Sighting[],
  shapes: readonly SeenShape[] = [],
): string[] {
  const literals = columnsOfHits.map(({ name }) => arrayLiteral(hits, name));
  literals.push(
    arrayLiteral(sightings, 'visitorKey'),
    arrayLiteral(sightings, 'linkId'),
    arrayLiteral(sightings, 'day'),
    arrayLiteral(sightings, 'hitId'),
    arrayLiteral(shapes, 'id'),
    arrayLiteral(shapes, 'shape'),
    arrayLiteral(shapes, 'day'),
  );
  return literals;
}

/** A column without values is an empty array: `unnest` fills up with NULL what is shorter than its neighbours. */
function arrayLiteral<Name extends string>(
  rows: readonly { [Each in Name]: string | number | null }[],
  name: Name,
): string {
  let literal = '';
  let hasValue = false;
  for (const row of rows) {
    const value: string | number | null | undefined = row[name];
    if (literal !== '') literal += ',';
    // A spool written by an older version may lack a column.
    if (value === null || value === undefined) literal += 'NULL';
    else {
      hasValue = true;
      if (typeof value === 'number') literal += value;
      else literal += needsEscape.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
    }
  }
  return hasValue ? `{${literal}}` : '{}';
}

const needsEscape = /["\\]/;

/**
 * Remembers which sightings are recorded, so that a returning visitor costs the database nothing. Bounded: when the
 * younger half is full the older half is forgotten, and the database is asked again.
 */
export class KnownVisitors {
  #young = new Set<string>();
  #old = new Set<string>();
  readonly #half: number;

  constructor(capacity: number) {
    this.#half = Math.ceil(capacity / 2);
  }

  /** The sightings of a batch that the database has to decide, each once. */
  unknownOf(hits: readonly Hit[]): Sighting[] {
    const asked = new Map<string, Sighting>();
    for (const { id: hitId, class: hitClass, visitorKey, linkId, day } of hits) {
      if (visitorKey === null || hitClass !== 'human') continue;
      const onLink = `${visitorKey}/${linkId}`;
      if (this.#has(onLink) || asked.has(onLink)) continue;
      asked.set(onLink, { visitorKey, linkId, day, hitId });
      const inWorkspace = `${visitorKey}/`;
      if (!this.#has(inWorkspace) && !asked.has(inWorkspace))
        asked.set(inWorkspace, { visitorKey, linkId: '', day, hitId });
    }
    return [...asked.values()];
  }

  /** To be called once the sightings are committed. */
  remember(sightings: readonly Sighting[]): void {
    for (const { visitorKey, linkId } of sightings) this.#young.add(`${visitorKey}/${linkId}`);
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Set();
    }
  }

  #has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }
}

/** Remembers which shapes are recorded today. Bounded by what `Agents` admits a day. */
export class KnownShapes {
  #day = '';
  #ids = new Set<number>();

  /** The shapes of a batch that the database has to be told, each once. */
  unknownOf(hits: readonly Hit[]): SeenShape[] {
    const asked = new Map<number, SeenShape>();
    for (const { agent, agentId, clickedAt } of hits) {
      if (agentId === null || agent === null || asked.has(agentId)) continue;
      const day = dayOf(clickedAt);
      if (day > this.#day || !this.#ids.has(agentId)) asked.set(agentId, { id: agentId, shape: agent, day });
    }
    return [...asked.values()];
  }

  /** To be called once the shapes are committed. */
  remember(shapes: readonly SeenShape[]): void {
    for (const { id, day } of shapes) {
      if (day > this.#day) {
        this.#day = day;
        this.#ids = new Set();
      }
      if (day === this.#day) this.#ids.add(id);
    }
  }
}

let lastDay = { number: NaN, name: '' };

/** The UTC day of an instant; hits come in order, so the last answer is nearly always the next. */
function dayOf(instant: number): string {
  const number = Math.floor(instant / DAY);
  if (number !== lastDay.number) lastDay = { number, name: isoDay(new Date(instant)) };
  return lastDay.name;
}
