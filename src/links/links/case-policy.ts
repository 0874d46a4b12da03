import { and, eq, gt, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { slugs } from '../../ground/db/schema.ts';
import { Conflict } from '../../ground/text/errors.ts';
import { type CasePolicy, slugKey } from '../../ground/addresses/slug.ts';

const rowsAPage = 5_000;

/** As many are named; very many would fill the page. */
const maxNamed = 10;

/**
 * Makes a domain tell its slugs apart by another case policy. A transaction that makes links locks the domain's row before
 * (links/links/queries.ts), and the caller holds it, so that no slug comes in by the old one.
 * @returns what every node is to be told with the domain's event
 * @throws Conflict (field `isCaseSensitive`, code `slugs_collide`) that names the slugs which would be one; those of
 *   deleted links are among them, because they are nobody's for ever
 */
export async function applyCasePolicy(tx: Db, domainId: string, policy: CasePolicy): Promise<Announcement[]> {
  await tx.execute(sql`create temporary table new_keys (id text primary key, slug_key text not null) on commit drop`);
  // Slugs in small letters have the same key either way.
  const isAffected = and(eq(slugs.domainId, domainId), sql`${slugs.slug} collate "C" ~ '[^a-z0-9_-]'`);
  for (let after = ''; ; ) {
    const rows = await tx
      .select({ id: slugs.id, slug: slugs.slug, key: slugs.slugKey })
      .from(slugs)
      .where(and(isAffected, gt(slugs.slugKey, after)))
      .orderBy(slugs.slugKey)
      .limit(rowsAPage);
    const ids = rows.map(({ id }) => id);
    const keys = rows.map(({ slug }) => slugKey(slug, policy));
    await tx.execute(
      sql`insert into new_keys select * from unnest(${sql.param(ids)}::text[], ${sql.param(keys)}::text[])`,
    );
    const last = rows.at(-1);
    if (!last || rows.length < rowsAPage) break;
    after = last.key;
  }
  await refuseCollisions(tx, domainId);
  const { rowCount } = await tx.execute(sql`
update slugs set slug_key = new_keys.slug_key from new_keys
where slugs.id = new_keys.id and slugs.slug_key <> new_keys.slug_key`);
  return rowCount ? [{ kind: 'case policy', domainId }] : [];
}

async function refuseCollisions(tx: Db, domainId: string): Promise<void> {
  const { rows } = await tx.execute<{ slugs: string[] }>(sql`
select array_agg(s.slug order by s.slug) as slugs
from slugs s left join new_keys n on n.id = s.id
where s.domain_id = ${domainId}
group by coalesce(n.slug_key, s.slug_key)
having count(*) > 1
order by 1
limit ${maxNamed + 1}`);
  if (rows.length === 0) return;
  const named = rows.slice(0, maxNamed).map((row) => row.slugs.join(' and '));
  throw new Conflict(
    `Upper and lower case have to count here, because these slugs differ in nothing else: ${named.join(', ')}${rows.length > maxNamed ? ' and more' : ''}. Slugs of deleted links count as well.`,
    { field: 'isCaseSensitive', code: 'slugs_collide' },
  );
}
