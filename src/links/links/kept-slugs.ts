import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { keptEverywhere, keptOnOwnHosts } from '../../ground/addresses/kept-words.ts';

/** Every way to write a word in small and capital letters: the keys that it may have where case counts. */
const spellingsOf = (word: string): string[] =>
  word
    .split('')
    .reduce<string[]>(
      (stems, letter) =>
        [...new Set([letter, letter.toUpperCase()])].flatMap((each) => stems.map((stem) => stem + each)),
      [''],
    );

/**
 * Links that are not deleted whose slug is a word that is kept (kept-words.ts), by one look into the index of slugs for
 * each word and domain.
 * @returns their addresses, such as 'go.acme.com/see', in order
 */
export async function listKeptSlugs(db: Db): Promise<string[]> {
  const keysOf = (words: readonly string[]) => sql`
case when d.is_case_sensitive then ${sql.param(words.flatMap(spellingsOf))}::text[] else ${sql.param([...words])}::text[] end`;
  const { rows } = await db.execute<{ address: string }>(sql`
select d.host || '/' || s.slug as address
from domains d
join slugs s on s.domain_id = d.id and s.kind <> 'retired' and s.slug_key = any(
  case when d.workspace_id is null then ${keysOf([...keptEverywhere, ...keptOnOwnHosts])} else ${keysOf(keptEverywhere)} end)
join links l on l.id = s.link_id and l.deleted_at is null
order by 1`);
  return rows.map(({ address }) => address);
}
