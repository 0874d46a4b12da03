import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';

/** 'go.acme.com/spring' by the id of a link. */
export type LinkNames = Readonly<Record<string, string>>;

/** The names of links of a workspace, deleted ones too; an id of no link has none. */
export async function nameLinks(db: Db, workspaceId: string, linkIds: readonly string[]): Promise<LinkNames> {
  if (linkIds.length === 0) return {};
  const { rows } = await db.execute(sql`
select distinct on (l.id) l.id, d.host || '/' || s.slug as name
from links l
join slugs s on s.link_id = l.id and s.kind in ('primary', 'retired')
join domains d on d.id = s.domain_id
where l.workspace_id = ${workspaceId} and l.id = any(${sql.param([...new Set(linkIds)])}::text[])
order by l.id, s.kind, s.created_at`);
  return Object.fromEntries((rows as { id: string; name: string }[]).map(({ id, name }) => [id, name]));
}
