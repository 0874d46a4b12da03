import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { patternOf } from '../../ground/text/like.ts';
import { openedBy } from './search.ts';

/**
 * Whether no trigram knows a word, so that an index of trigrams would have every text read. It has one or two signs, or
 * no three letters or figures in a row, such as C++. With a / it may be a short link, which is looked for otherwise.
 */
export const isShort = (word: string): boolean => /^(?!.*[\p{L}\p{N}]{3})[^/]{1,20}$/su.test(word);

/** Among so many links a common word shows itself; they are read in some milliseconds. */
const lookedAt = 2_000;
const commonShare = 0.05;

/**
 * Looks up the links that a short word finds, by the index of short parts where that pays. Of a common word it would bring
 * nearly all links, of which a list meets enough by itself.
 * @returns ids of links, at most `limit` of them; 'many' where there are more, or where all are soon read
 */
export async function findShortWord(
  db: Db,
  workspaceId: string,
  word: string,
  limit: number,
): Promise<string[] | 'many'> {
  const isOurs = sql`l.workspace_id = ${workspaceId} and l.deleted_at is null`;
  const isHeld = sql`l.search_text like lower(${patternOf(word)})`;
  const newest = await db.execute<{ links: number; found: number }>(sql`
select count(*)::int as links, (count(*) filter (where ${isHeld}))::int as found
from (
  select search_text from links l where ${isOurs} order by created_at desc nulls last, id desc nulls last limit ${lookedAt}
) l`);
  const { links = 0, found = 0 } = newest.rows[0] ?? {};
  if (links < lookedAt || found > links * commonShare) return 'many';
  const { rows } = await db.execute<{ id: string }>(sql`
(select l.id from links l where ${isOurs} and short_parts_of(l.search_text) @> short_parts_of(lower(${word})) and ${isHeld} limit ${limit + 1})
union
select l.id from links l where ${isOurs} and ${openedBy(workspaceId, word)}`);
  return rows.length > limit ? 'many' : rows.map(({ id }) => id);
}
