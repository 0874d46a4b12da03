import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { HitKey } from '../clicks/hit.ts';
import type { KeptHit } from '../clicks/kept-facts.ts';
import { namedColumns, waitingHits } from './pending.ts';

/** A hit that is a row by now, as far as conversions ask. */
export type ArrivedHit = {
  linkId: string;
  id: number;
  class: string;
  destinationId: number | null;
  /** As text: it has 64 bits. */
  visitorKey: string | null;
};

/** The rows of hits by their keys. Those that still wait in an inbox or a spool are left out. */
export async function findHitRows(db: Db, keys: readonly HitKey[]): Promise<ArrivedHit[]> {
  const { rows } = await db.execute<ArrivedHit>(sql`
select c.link_id as "linkId", c.id::float8 as id, c.class, c.destination_id as "destinationId", c.visitor_key::text as "visitorKey"
from unnest(
  ${sql.param(keys.map(({ linkId }) => linkId))}::text[],
  ${sql.param(keys.map(({ clickedAt }) => clickedAt))}::bigint[],
  ${sql.param(keys.map(({ id }) => id))}::bigint[]
) as k (link_id, clicked_at, id)
join clicks c on c.link_id = k.link_id and c.clicked_at = to_timestamp(k.clicked_at / 1000.0) and c.id = k.id`);
  return rows;
}

const keptColumns = [
  'clicked_at',
  'link_id',
  'id',
  'workspace_id',
  'slug_id',
  'class',
  'country',
  'region',
  'city',
  'device',
  'os',
  'browser',
  'language',
  'referrer',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'destination_id',
  'route_id',
] as const;

/** One hit by its key, as it was kept; also one that still waits for the mover. */
export async function findKeptHit(db: Db, workspaceId: string, key: HitKey): Promise<KeptHit | undefined> {
  const isIt = sql`c.workspace_id = ${workspaceId} and c.link_id = ${key.linkId}
  and c.clicked_at = to_timestamp(${key.clickedAt}::float8 / 1000.0) and c.id = ${key.id}::bigint`;
  const { rows } = await db.execute<KeptHit>(sql`
select ${namedColumns(keptColumns)} from clicks c where ${isIt}
union all
(select ${namedColumns(keptColumns)} from ${waitingHits(workspaceId, keptColumns)} c where ${isIt})
limit 1`);
  return rows[0];
}
