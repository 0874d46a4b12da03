import { sql } from 'drizzle-orm';
import type { Subject } from '../counts/kinds.ts';
import { destinationName } from '../counts/link-names.ts';
import { isFirst } from '../counts/queries.ts';
import { selectHits } from '../counts/rows.ts';
import { rowColumns } from '../../visitors/rollups/pending.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';

/** The subject of a viewer. */
export type Watched = { workspaceId: string; subject: Subject };

/** A hit as the database has it, with the name of its link. */
export type HitRow = {
  /** Unique together with `at` and the link. */
  id: number;
  /** Milliseconds since 1970, UTC. */
  at: number;
  linkId: string;
  /** NULL for a link that was deleted. */
  shortLink: string | null;
  class: string;
  reason: string;
  country: string | null;
  city: string | null;
  device: string | null;
  os: string | null;
  browser: string | null;
  referrer: string | null;
  channel: string;
  /** Of an A/B test or a rule, as reports name it: 'B: b.example/x', 'Germany: b.example/de'. */
  destination: string | null;
  /** Its link has rules or an A/B test. */
  isRouted: boolean;
};

/** The last hits since an instant, the oldest first. An index gives them in this order, so it costs what `limit` costs. */
export async function listHitsSince(db: Db, watched: Watched, since: Date, limit: number): Promise<HitRow[]> {
  const newest = sql`order by c.clicked_at desc limit ${limit}`;
  const { rows } = await inTurn(db, watched.workspaceId, 'lists', (tx) =>
    tx.execute(sql`
select c.id::float8, (extract(epoch from c.clicked_at) * 1000)::float8 as at, c.link_id as "linkId",
       d.host || '/' || s.slug as "shortLink", c.class, c.reason, c.country, c.city, c.device, c.os, c.browser,
       c.referrer, c.channel, ${destinationName(sql`v`)} as destination,
       exists (select 1 from links l where l.workspace_id = c.workspace_id and l.id = c.link_id and (l.routes is not null or l.split is not null)) as "isRouted"
from (
  select * from (
    ${selectHits({ scope: watched, span: { from: since }, filters: [] }, rowColumns, newest)}
  ) c
  ${newest}
) c
left join slugs s on s.link_id = c.link_id and s.kind = 'primary'
left join domains d on d.id = s.domain_id
left join link_destinations v on v.id = c.destination_id and v.link_id = c.link_id
order by c.clicked_at, c.id`),
  );
  return rows as HitRow[];
}

/** `minute`: its start, in milliseconds since 1970, UTC. */
export type MinuteCount = { minute: number; clicks: number; visitors: number; hits: number };

/**
 * Hits, clicks and visitors a minute; minutes without hits are left out. Visitors are those whose first click of the day
 * it was, as everywhere.
 */
export async function countMinutes(db: Db, watched: Watched, since: Date): Promise<MinuteCount[]> {
  const { rows } = await inTurn(db, watched.workspaceId, 'lists', (tx) =>
    tx.execute(sql`
select (extract(epoch from date_trunc('minute', c.clicked_at)) * 1000)::float8 as minute,
       count(*) filter (where c.class = 'human')::float8 as clicks,
       count(*) filter (where ${isFirst(watched)})::float8 as visitors,
       count(*)::float8 as hits
from (${selectHits({ scope: watched, span: { from: since }, filters: [] })}) c
group by 1`),
  );
  return rows as MinuteCount[];
}
