import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { getLinks, type Link } from '../links/queries.ts';

/** Events among which those of one request lie: others write theirs at the same time. */
const nearby = 10_000;

/**
 * The links that were made together with one, in the order of their list; those that are deleted are not there.
 * @param linkId of any of them
 * @throws NotFound
 */
export async function readSet(db: Db, workspaceId: string, linkId: string): Promise<Link[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
select made.target_id as id
from events one
join events made on made.workspace_id = one.workspace_id and (made.request_id = one.request_id or made.id = one.id)
  and made.id between one.id - ${nearby}::int and one.id + ${nearby}::int and made.what = 'link.created'
where one.target_id = ${linkId} and one.workspace_id = ${workspaceId} and one.what = 'link.created'
order by made.id`);
  const links = await getLinks(
    db,
    workspaceId,
    rows.map(({ id }) => id),
  );
  if (links.length === 0) throw new NotFound('There are no such links.');
  return links;
}
