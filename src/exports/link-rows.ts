import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { type LinkFilter, type LinkState, readNewest } from '../links/list.ts';

/** A link as its file says it; instants are ISO 8601 in UTC, to the millisecond. */
export type LinkRow = {
  id: string;
  scheme: string;
  host: string;
  slug: string;
  destination: string;
  title: string | null;
  /** Names with commas between them, '' for none. */
  tags: string;
  campaign: string | null;
  isArchived: boolean;
  createdAt: string;
  clicks: number;
  visitors: number;
  lastClickAt: string | null;
  qrSlugId: string;
};

/** Which links, after which one, and how many at most. */
type Asked = LinkFilter & { state: LinkState; after: string | null; limit: number; waitMs?: number | undefined };

/**
 * Some of a workspace's links, the newest first. Each is looked up by its keys whatever Postgres takes the number of
 * links for: a join over all of them would be made anew for every page.
 * @throws as readNewest
 */
export const readLinkRows = (db: Db, workspaceId: string, asked: Asked): Promise<LinkRow[]> =>
  readNewest(db, workspaceId, asked, async (tx, found) => {
    const { rows } = await tx.execute<LinkRow>(sql`
with page as materialized (${found}), link as materialized (
  select l.*, s.*, t.clicks, t.visitors, t.last_click_at
  from page l
  cross join lateral (
    select max(slug) filter (where kind = 'primary') as slug, max(domain_id) filter (where kind = 'primary') as domain_id,
           max(id) filter (where kind = 'qr') as qr_slug_id
    from slugs where link_id = l.id
  ) s
  left join lateral (select * from link_totals where link_id = l.id limit 1) t on true
), carried as materialized (
  select page.id as link_id, lt.tag_id
  from page cross join lateral (select tag_id from link_tags where link_id = page.id offset 0) lt
), tag as materialized (
  select c.link_id, string_agg(t.name, ', ' order by t.name_key) as names
  from carried c join tags t on t.id = c.tag_id
  group by 1
), pending as materialized (
  select link_id, count(*) filter (where class = 'human') as clicks, count(*) filter (where is_first_on_link) as visitors,
         max(clicked_at) filter (where class = 'human') as last_click_at
  from clicks_pending
  where workspace_id = ${workspaceId}
  group by 1
)
select l.id, d.scheme, d.host, l.slug, l.url as destination, l.title, coalesce(tag.names, '') as tags, c.name as campaign,
       l.archived_at is not null as "isArchived", ${iso('l.created_at')} as "createdAt",
       (coalesce(l.clicks, 0) + coalesce(p.clicks, 0))::float8 as clicks,
       (coalesce(l.visitors, 0) + coalesce(p.visitors, 0))::float8 as visitors,
       ${iso('greatest(l.last_click_at, p.last_click_at)')} as "lastClickAt", l.qr_slug_id as "qrSlugId"
from link l
join domains d on d.id = l.domain_id
left join tag on tag.link_id = l.id
left join campaigns c on c.id = l.campaign_id
left join pending p on p.link_id = l.id
order by l.created_at desc, l.id desc`);
    return rows;
  });

const iso = (instant: string) => sql`to_char(${sql.raw(instant)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
