import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { readDestination } from '../../ground/addresses/destination.ts';
import { shortUrlOf } from '../../ground/addresses/short-url.ts';
import { Invalid } from '../../ground/text/errors.ts';

/** A link that leads to an address that somebody has typed. */
export type SameDestination = { id: string; name: string; shortUrl: string };

/** The spellings by which an address is looked up: as it was typed, and as browsers write it. */
function spellings(typed: string): string[] {
  try {
    const url = readDestination(typed);
    return [...new Set([url, new URL(url).href])];
  } catch (error) {
    if (error instanceof Invalid) return [];
    throw error;
  }
}

/**
 * Links of a workspace that work and lead to these addresses, the newest of each. Upper and lower case of the host, its
 * usual port and the scheme make no difference.
 * @param options.except a link that does not count
 * @returns by the place of the address in the list
 */
export async function findSameDestinations(
  db: Db,
  workspaceId: string,
  typed: readonly string[],
  options: { except?: string } = {},
): Promise<Map<number, SameDestination>> {
  const asked = typed.flatMap((each, index) => spellings(each).map((url) => ({ index, url })));
  if (asked.length === 0) return new Map();
  const { rows } = await db.execute<{ index: number; id: string; scheme: string; host: string; slug: string }>(sql`
select distinct on (asked.index) asked.index, l.id, d.scheme, d.host, s.slug
from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked (index int, url text)
cross join lateral (
  select id, created_at from links
  where workspace_id = ${workspaceId} and destination_key(url) = destination_key(asked.url)
    and deleted_at is null and archived_at is null and id is distinct from ${options.except ?? null}::text
  order by created_at desc limit 1
) l
join slugs s on s.link_id = l.id and s.kind = 'primary'
join domains d on d.id = s.domain_id
order by asked.index, l.created_at desc, l.id`);
  return new Map(
    rows.map(({ index, id, scheme, host, slug }) => [
      index,
      { id, name: `${host}/${slug}`, shortUrl: shortUrlOf(scheme, host, slug) },
    ]),
  );
}

/** The same of one address. */
export const findSameDestination = async (
  db: Db,
  workspaceId: string,
  typed: string,
  options: { except?: string } = {},
): Promise<SameDestination | undefined> => (await findSameDestinations(db, workspaceId, [typed], options)).get(0);
