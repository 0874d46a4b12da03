import { type SQL, sql } from 'drizzle-orm';
import { inTime } from '../counts/budget.ts';
import type { Filter } from '../counts/filter.ts';
import type { Span } from '../counts/period.ts';
import type { Subject } from '../counts/kinds.ts';
import { getScope } from '../counts/queries.ts';
import { selectHits } from '../counts/rows.ts';
import { type ExportedFields, exportedFields } from '../../visitors/clicks/hit-fields.ts';
import type { Hit } from '../../visitors/clicks/hit.ts';
import { rowColumns } from '../../visitors/rollups/pending.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { AppError, Invalid, LimitReached, Unavailable } from '../../ground/text/errors.ts';

/** Which hits: those of a subject in a span that pass all filters. */
export type HitsAsked = { subject: Subject; span: Span; filters: readonly Filter[] };

/** A hit as it leaves the house. No visitor's key: whose clicks belong together is kept for no one. */
export type ExportedHit = ExportedFields &
  Pick<Hit, 'linkId' | 'slugId' | 'rulesVersion'> & {
    id: string;
    /** ISO 8601 in UTC, with microseconds, so that a page can go on exactly here. */
    time: string;
    /** Of a link that was deleted too, as reports name it. */
    shortLink: string | null;
    destination: string | null;
    /** The version of an A/B test that the visitor met: 'B'; null where a rule decided. */
    version: string | null;
    /** The address of the version, or of the rule, that the visitor was sent to. */
    versionUrl: string | null;
    versionId: number | null;
    linkVersion: number | null;
    /** The rule that sent the visitor there, by its name today. */
    route: string | null;
    routeId: string | null;
    /** The slug that was opened: host, slug and kind; null where they are not known any more. */
    domain: string | null;
    slug: string | null;
    slugKind: string | null;
    isFirstOnLink: boolean;
    isFirstInWorkspace: boolean;
  };

/** The end of a page: the hit after which the next one begins. */
export type HitPlace = Pick<ExportedHit, 'time' | 'linkId' | 'id'>;

type HitsPage = { after: HitPlace | null; limit: number; waitMs?: number | undefined };

/**
 * One page of hits, the oldest first. A page is found by an index and not by counting, so the last one costs what the
 * first one did.
 * @param waitMs how long to wait for a turn, in milliseconds; a file that is half written waits longer
 * @throws NotFound for a subject that is gone or another workspace's; Invalid (field `filter`, code `took_too_long`)
 */
export async function listHits(
  db: Db,
  workspaceId: string,
  asked: HitsAsked,
  { after, limit, waitMs }: HitsPage,
): Promise<ExportedHit[]> {
  const work = (tx: Db) => readHits(tx, workspaceId, asked, { after, limit });
  return inTurn(db, workspaceId, 'rows', work, { waitMs, tooLong });
}

const tooLong = () =>
  new Invalid('Finding these hits takes too long. Choose a shorter period, or fewer filters.', {
    field: 'filter',
    code: tookTooLong,
  });

const fields = sql.raw(exportedFields.map(({ name, column }) => `c.${column} as "${name}"`).join(', '));

async function readHits(
  db: Db,
  workspaceId: string,
  { subject, span, filters }: HitsAsked,
  { after, limit }: HitsPage,
): Promise<ExportedHit[]> {
  const scope = await getScope(db, workspaceId, subject, { filters, areRowsAsked: true });
  // In each part first, which an index answers.
  const page = sql`order by c.clicked_at, c.link_id, c.id limit ${limit}`;
  const { rows } = await db.execute(sql`
select c.id::text, to_char(c.clicked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time,
       c.link_id as "linkId", d.host || '/' || s.slug as "shortLink", l.url as destination, od.host as domain, o.slug,
       o.kind as "slugKind", c.slug_id as "slugId", c.rules_version as "rulesVersion", ${fields},
       c.is_first_on_link as "isFirstOnLink",
       c.is_first_in_workspace as "isFirstInWorkspace", case when v.route_id is null then chr(64 + v.position) end as version, v.url as "versionUrl",
       v.id as "versionId", c.link_version as "linkVersion", r.name as route, r.id::text as "routeId"
from (
  select * from (
    ${selectHits({ scope, span, filters }, rowColumns, sql`${isAfter(after)} ${page}`)}
  ) c
  ${page}
) c
left join lateral (
  select domain_id, slug from slugs where link_id = c.link_id and kind in ('primary', 'retired')
  order by kind, created_at, slug_key
  limit 1
) s on true
left join domains d on d.id = s.domain_id
left join links l on l.id = c.link_id
left join link_destinations v on v.id = c.destination_id and v.link_id = c.link_id
left join link_routes r on r.id = c.route_id and r.link_id = c.link_id
left join slugs o on o.id = c.slug_id
left join domains od on od.id = coalesce(c.domain_id, o.domain_id)
order by c.clicked_at, c.link_id, c.id`);
  return rows as ExportedHit[];
}

/**
 * How many hits those are. Null where counting them takes longer than a report may, or has to wait for too many others.
 * @throws NotFound for a subject that is gone or another workspace's
 */
export async function countHits(
  db: Db,
  workspaceId: string,
  { subject, span, filters }: HitsAsked,
): Promise<number | null> {
  try {
    return await inTime(db, workspaceId, true, async (tx) => {
      const scope = await getScope(tx, workspaceId, subject, { filters, areRowsAsked: true });
      const { rows } = await tx.execute(sql`
select count(*)::float8 as count from (${selectHits({ scope, span, filters })}) c`);
      return (rows[0] as { count: number }).count;
    });
  } catch (error) {
    const isBusy = error instanceof LimitReached || error instanceof Unavailable;
    if (isBusy || (error instanceof AppError && error.code === tookTooLong)) return null;
    throw error;
  }
}

/** The first condition is the one that an index answers; the second tells hits of one instant apart. */
function isAfter(after: HitPlace | null): SQL {
  if (!after) return sql``;
  const { time, linkId, id } = after;
  return sql`and c.clicked_at >= ${time}::timestamptz
    and (c.clicked_at, c.link_id, c.id) > (${time}::timestamptz, ${linkId}::text, ${id}::bigint)`;
}
