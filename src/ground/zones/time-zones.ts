import { and, eq, sql } from 'drizzle-orm';
import { namesOfZone } from './old-zone-names.ts';
import { isTimeZone } from '../time/zoned-time.ts';
import type { Db } from '../db/db.ts';
import { workspaces } from '../db/schema.ts';
import { serverJob } from '../events/actor.ts';
import { record } from '../events/record.ts';

/**
 * The zone under the newest of its names that both we and Postgres know, as Postgres spells it; undefined where there is
 * none. The two lists are not the same: a browser's can be newer or older, and Postgres has entries that are no zones.
 */
export async function findTimeZone(db: Db, typed: string): Promise<string | undefined> {
  const names = zoneNames(typed);
  if (names.length === 0) return undefined;
  const wanted = names.map((each) => each.toLowerCase());
  const { rows } = await db.execute<{ name: string }>(
    sql`select name from pg_timezone_names where lower(name) = any(${sql.param(wanted)}::text[])`,
  );
  return wanted.flatMap((each) => rows.find((row) => row.name.toLowerCase() === each)?.name ?? [])[0];
}

/** The names that we know of the zone that somebody typed, the newest one first; none where it is no zone. */
export function zoneNames(typed: string): string[] {
  const name = zoneMeant(typed);
  return [...namesOfZone(name), name].filter(isTimeZone);
}

/** People type spaces, and the city alone: "new york". It is the zone where one alone has that city. */
function zoneMeant(typed: string): string {
  const name = typed.trim().replaceAll(/\s+/g, '_');
  if (name.includes('/') || isTimeZone(name)) return name;
  const city = `/${name.toLowerCase()}`;
  const [only, ...others] = Intl.supportedValuesOf('timeZone').filter((zone) => zone.toLowerCase().endsWith(city));
  return only !== undefined && others.length === 0 ? only : name;
}

/** Every zone that both we and Postgres know, once, under the name that findTimeZone gives it; UTC first. */
export async function listTimeZones(db: Db): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`select name from pg_timezone_names`);
  const known = new Set(rows.map(({ name }) => name));
  const names = Intl.supportedValuesOf('timeZone').flatMap(
    (name) => namesOfZone(name).find((each) => known.has(each) && isTimeZone(each)) ?? [],
  );
  return [...new Set(['UTC', ...names.toSorted()])];
}

/** A workspace whose zone Postgres or we did not know, and the one that it goes by now. */
export type MendedZone = { workspaceId: string; was: string; now: string };

/**
 * Gives workspaces whose zone nobody knows here one that works: another name of the same zone, else UTC, and notes then
 * which one was lost. A database moves to a Postgres with a shorter list, and one unknown name would stop what counts for all.
 */
export async function mendTimeZones(db: Db): Promise<MendedZone[]> {
  const { rows } = await db.execute<{ id: string; zone: string; isKnown: boolean }>(sql`
select id, time_zone as zone, time_zone in (select name from pg_timezone_names) as "isKnown" from workspaces`);
  const mended: MendedZone[] = [];
  for (const { id, zone, isKnown } of rows) {
    if (isKnown && isTimeZone(zone)) continue;
    const found = await findTimeZone(db, zone);
    const now = found ?? 'UTC';
    const lostTimeZone = found === undefined ? zone : null;
    const isMended = await db.transaction(async (tx) => {
      const [workspace] = await tx
        .update(workspaces)
        .set({ timeZone: now, lostTimeZone })
        .where(and(eq(workspaces.id, id), eq(workspaces.timeZone, zone)))
        .returning({ id: workspaces.id, name: workspaces.name });
      if (!workspace) return false;
      await record(tx, serverJob('mend time zones'), id, {
        what: 'workspace.changed',
        target: workspace,
        before: { timeZone: zone },
        after: { timeZone: now },
        tells: [{ kind: 'workspace', workspaceId: id }],
      });
      return true;
    });
    if (isMended) mended.push({ workspaceId: id, was: zone, now });
  }
  // One that is gone before reports were moved to it can never be in force; they stay where they are.
  await db.execute(sql`
update workspaces set next_time_zone = null where next_time_zone not in (select name from pg_timezone_names)`);
  return mended;
}

/**
 * Gives a workspace the zone that its reports were moved to. The event is that of whoever chose it.
 * @returns false where it has another one by now, or is to have another one
 */
export async function enterZone(tx: Db, workspaceId: string, from: string, to: string): Promise<boolean> {
  const isStillSo = and(eq(workspaces.timeZone, from), eq(workspaces.nextTimeZone, to));
  const [workspace] = await tx
    .update(workspaces)
    .set({ timeZone: to, nextTimeZone: null })
    .where(and(eq(workspaces.id, workspaceId), isStillSo))
    .returning({ id: workspaces.id, name: workspaces.name });
  if (!workspace) return false;
  await record(tx, serverJob('move calendars'), workspaceId, {
    what: 'workspace.changed',
    target: workspace,
    before: {},
    after: {},
    tells: [{ kind: 'workspace', workspaceId }],
  });
  return true;
}
