import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { findTimeZone } from '../../ground/zones/time-zones.ts';
import { members, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { namesOfZone } from '../../ground/zones/old-zone-names.ts';
import { zoneOrUtc } from '../../ground/time/zoned-time.ts';
import type { Role } from './roles.ts';
import { asDecided, isOtherForNodes, settingsInEvents, type Workspace, type SettingValues } from './settings.ts';
import { slugOfName } from './slug.ts';

/** Columns of a workspace that each page and each call of the API reads. */
export const workspaceColumns = {
  id: workspaces.id,
  name: workspaces.name,
  slug: workspaces.slug,
  timeZone: workspaces.timeZone,
  lostTimeZone: workspaces.lostTimeZone,
  nextTimeZone: workspaces.nextTimeZone,
  weekStartsOn: workspaces.weekStartsOn,
  defaultDomainId: workspaces.defaultDomainId,
  deletionAt: workspaces.deletionAt,
};

/** A workspace as one of its members sees it. */
export type Membership = Pick<Workspace, keyof typeof workspaceColumns> & {
  role: Role;
  /** They hid the checklist of the first run. */
  hidesSetup?: boolean;
};

/**
 * A new workspace and its owner. Its word is made from its name: acme, acme-2, …
 * @param timeZone IANA name; one that we or Postgres do not know becomes UTC, and the workspace is told so
 */
export async function insertWorkspace(
  db: Db,
  by: Actor,
  workspace: { name: string; ownerId: string; timeZone: string },
): Promise<Workspace> {
  const { name, ownerId } = workspace;
  const timeZone = await findTimeZone(db, workspace.timeZone);
  const zone = { timeZone: timeZone ?? 'UTC', lostTimeZone: timeZone === undefined ? workspace.timeZone : null };
  return db.transaction(async (tx) => {
    const word = slugOfName(name);
    for (let count = 1; ; count++) {
      // A name that very many chose is not counted through: from the tenth on chance finds the word.
      const suffix = count === 1 ? '' : `-${count < 10 ? count : newId().toLowerCase()}`;
      const [made] = await tx
        .insert(workspaces)
        .values({ id: newId(), name, slug: word + suffix, ...zone })
        .onConflictDoNothing({ target: workspaces.slug })
        .returning();
      if (!made) continue;
      await tx.insert(members).values({ workspaceId: made.id, userId: ownerId, role: 'owner' });
      const after = { ...settingsInEvents(made), ownerId };
      await record(tx, by, made.id, { what: 'workspace.created', target: made, after });
      return made;
    }
  });
}

/** A person's workspaces, the last opened first. */
export async function listWorkspacesOf(db: Db, userId: string): Promise<Membership[]> {
  return db
    .select({
      ...workspaceColumns,
      role: members.role,
      hidesSetup: members.hidesSetup,
    })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(eq(members.userId, userId))
    .orderBy(desc(members.lastOpenedAt), workspaces.id)
    .prepare('list-workspaces-of')
    .execute()
    .then((rows) => rows.map((row) => ({ ...row, timeZone: zoneOrUtc(row.timeZone) })));
}

/** A workspace with all of its settings. @throws NotFound when it was deleted meanwhile */
export async function getWorkspace(db: Db, workspaceId: string): Promise<Workspace> {
  const [found] = await db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
  if (!found) throw new NotFound();
  return found;
}

/** Remembers where `/` leads this person next time. */
export async function updateLastOpened(db: Db, workspaceId: string, userId: string): Promise<void> {
  await db
    .update(members)
    .set({ lastOpenedAt: sql`now()` })
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)));
}

/** Remembers whether a person sees the checklist of the first run. */
export async function updateHidesSetup(
  db: Db,
  workspaceId: string,
  userId: string,
  hidesSetup: boolean,
): Promise<void> {
  await db
    .update(members)
    .set({ hidesSetup })
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)));
}

/** Refuses a time zone that we or Postgres do not know. */
export const unknownZone = (): Invalid =>
  new Invalid('Choose a time zone from the list, such as Europe/Berlin.', { field: 'timeZone' });

/**
 * Changes a workspace. A new time zone moves the days and hours of all its reports: it is noted, and in force when they
 * are counted anew (visitors/upkeep/calendars.ts).
 * @param changes what is left out stays
 * @param options.refuse sees the workspace as it is under the lock, and throws where it may not be changed so
 * @param options.onNewZone called when reports are to be moved; what it throws leaves all as it was
 * @throws Invalid field timeZone; Conflict field slug, code slug_taken
 */
export async function updateWorkspace(
  db: Db,
  workspaceId: string,
  by: Actor,
  changes: Partial<SettingValues>,
  options: {
    onNewZone: (tx: Db) => Promise<void>;
    refuse?: (now: Workspace) => void;
  },
): Promise<Workspace> {
  const timeZone = changes.timeZone === undefined ? undefined : await findTimeZone(db, changes.timeZone);
  if (changes.timeZone !== undefined && timeZone === undefined) throw unknownZone();
  try {
    return await db.transaction(async (tx) => {
      // No lock of the key: notes and links that point here need not wait.
      const [before] = await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId)).for('no key update');
      if (!before) throw new NotFound();
      options.refuse?.(before);
      const { timeZone: _, ...others } = changes;
      const [after = before] = await tx
        .update(workspaces)
        .set({ ...others, lostTimeZone: null, ...(timeZone !== undefined && zoneTo(timeZone, before)) })
        .where(eq(workspaces.id, workspaceId))
        .returning();
      if (after.nextTimeZone !== null && after.nextTimeZone !== before.nextTimeZone) await options.onNewZone(tx);
      await record(tx, by, workspaceId, {
        what: 'workspace.changed',
        target: after,
        before: settingsInEvents(asDecided(before)),
        after: settingsInEvents(asDecided(after), before),
        tells: isOtherForNodes(before, after) ? [{ kind: 'workspace', workspaceId }] : [],
      });
      return after;
    });
  } catch (error) {
    if (uniqueViolation(error) !== 'workspaces_slug_unique') throw error;
    throw new Conflict(`Another workspace uses ${changes.slug} already. Choose a different one.`, {
      field: 'slug',
      code: 'slug_taken',
    });
  }
}

/** The columns by which a workspace comes to a zone. Another name of the one it has moves no report. */
function zoneTo(timeZone: string, { timeZone: now }: Workspace): Partial<Workspace> {
  const isSame = namesOfZone(timeZone).includes(now);
  return isSame ? { timeZone, nextTimeZone: null } : { nextTimeZone: timeZone };
}
