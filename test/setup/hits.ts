import { sql } from 'drizzle-orm';
import { columnsOfHits, type HitColumns } from '../../src/visitors/clicks/hit-fields.ts';
import { type Hit, newHitId } from '../../src/visitors/clicks/hit.ts';
import type { Db } from '../../src/ground/db/db.ts';
import { newId } from '../../src/ground/text/id.ts';

/** A workspace without people, for tests of what lies below the pages. */
export async function insertBareWorkspace(db: Db, timeZone = 'UTC'): Promise<string> {
  const id = newId();
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values (${id}, 'Bare', ${id}, ${timeZone})`);
  return id;
}

/** All that a hit may lack. */
const nothing = Object.fromEntries(
  columnsOfHits.filter(({ isNullable }) => isNullable).map(({ name }) => [name, null]),
) as { [Name in keyof HitColumns as null extends HitColumns[Name] ? Name : never]: null };

/** A click of a person on a desktop in Berlin; say what is different. */
export function makeHit(changes: Partial<Hit> & Pick<Hit, 'workspaceId' | 'linkId'>): Hit {
  const clickedAt = changes.clickedAt ?? Date.UTC(2026, 9, 12, 13, 30);
  return {
    ...nothing,
    id: newHitId(),
    clickedAt,
    slugId: 'slug',
    domainId: 'domain',
    class: 'human',
    reason: 'human:browser',
    rulesVersion: 1,
    signals: 0,
    agent: null,
    country: 'DE',
    region: 'Berlin',
    city: 'Berlin',
    device: 'desktop',
    os: 'Windows',
    browser: 'Chrome',
    language: 'de',
    channel: 'direct',
    day: new Date(clickedAt).toISOString().slice(0, 10),
    ...changes,
  };
}

/** What `rows` of a query say, as plain objects. */
export async function rowsOf<Row>(db: Db, query: ReturnType<typeof sql>): Promise<Row[]> {
  return (await db.execute(query)).rows as Row[];
}
