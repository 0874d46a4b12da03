import { and, asc, count, eq, isNull, sql } from 'drizzle-orm';
import { foldCase } from '../../ground/addresses/slug.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import type { Db } from '../../ground/db/db.ts';
import { conversionGoals, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';

/** Something that people are meant to do after a click, such as "Purchase". */
export type ConversionGoal = { id: string; name: string; isServerOnly: boolean };

export const maxGoalName = 255;
const mostGoals = 100;

const columns = {
  id: conversionGoals.id,
  name: conversionGoals.name,
  isServerOnly: conversionGoals.isServerOnly,
};

const keyOfGoal = (name: string) =>
  foldCase(composedLine(name).replace(/\p{Default_Ignorable_Code_Point}/gu, '')).trim();
/** Those that were deleted are nobody's. */
const ofWorkspace = (workspaceId: string) =>
  and(eq(conversionGoals.workspaceId, workspaceId), isNull(conversionGoals.deletedAt));
const isGoal = (workspaceId: string, goalId: string) => and(ofWorkspace(workspaceId), eq(conversionGoals.id, goalId));

/** @throws Invalid for a name that cannot be one */
export function readGoalName(typed: string, field = 'goal'): string {
  const name = composedLine(typed);
  const refuse = (sentence: string) => new Invalid(sentence, { field, code: 'goal_name_invalid' });
  if (keyOfGoal(name) === '') throw refuse('Name the goal, such as Purchase.');
  if (name.length > maxGoalName) throw refuse(`The name of a goal has at most ${maxGoalName} characters.`);
  return name;
}

/** A goal with how often it was reached. */
export type CountedGoal = ConversionGoal & { conversions: number };
const counted = { ...columns, conversions: conversionGoals.conversions };

/** Goals of the workspace by name. */
export const listGoals = (db: Db, workspaceId: string): Promise<CountedGoal[]> =>
  db.select(counted).from(conversionGoals).where(ofWorkspace(workspaceId)).orderBy(asc(conversionGoals.nameKey));

/** @throws NotFound for a goal that is gone or another workspace's */
export async function getGoal(db: Db, workspaceId: string, goalId: string): Promise<CountedGoal> {
  const [goal] = await db.select(counted).from(conversionGoals).where(isGoal(workspaceId, goalId));
  return goal ?? notThere();
}

/** The goal of that name, without regard to case. */
export async function findGoal(db: Db, workspaceId: string, name: string): Promise<ConversionGoal | undefined> {
  const [found] = await db
    .select(columns)
    .from(conversionGoals)
    .where(and(ofWorkspace(workspaceId), eq(conversionGoals.nameKey, keyOfGoal(name))));
  return found;
}

/** Conversions of a goal wait for each other. @returns false when the goal is gone */
export async function lockGoal(tx: Db, workspaceId: string, goalId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: conversionGoals.id })
    .from(conversionGoals)
    .where(isGoal(workspaceId, goalId))
    .for('no key update');
  return rows.length > 0;
}

/** The goal of that name; a new one where there is none. @throws Invalid when the workspace has too many */
export async function ensureGoal(db: Db, workspaceId: string, by: Actor, typed: string): Promise<ConversionGoal> {
  const name = readGoalName(typed);
  const known = await findGoal(db, workspaceId, name);
  if (known) return known;
  try {
    return await insertGoal(db, workspaceId, by, { name, isServerOnly: false });
  } catch (error) {
    // Somebody else made it at this moment.
    const theirs = error instanceof Conflict ? await findGoal(db, workspaceId, name) : undefined;
    if (theirs) return theirs;
    throw error;
  }
}

/**
 * @throws Conflict (code `goal_taken`) when there is one of that name, Invalid (code `goals_limit`) when there are too many
 * @param field of the refusals
 */
export async function insertGoal(
  db: Db,
  workspaceId: string,
  by: Actor,
  { name, isServerOnly }: Omit<ConversionGoal, 'id'>,
  field = 'goal',
): Promise<ConversionGoal> {
  const goal = { id: newId(), name, isServerOnly };
  await refuseTakenGoal(name, field, () =>
    db.transaction(async (tx) => {
      // Makers of goals wait for each other, so that they do not pass the limit together.
      await tx
        .select({ id: workspaces.id })
        .from(workspaces)
        .where(eq(workspaces.id, workspaceId))
        .for('no key update');
      const [row] = await tx.select({ goals: count() }).from(conversionGoals).where(ofWorkspace(workspaceId));
      if ((row?.goals ?? 0) >= mostGoals)
        throw new Invalid(`A workspace has at most ${mostGoals} goals of conversions. Delete some first.`, {
          field,
          code: 'goals_limit',
        });
      await tx.insert(conversionGoals).values({ ...goal, workspaceId, nameKey: keyOfGoal(name) });
      await record(tx, by, workspaceId, {
        what: 'goal.created',
        target: { id: goal.id, name },
        after: { name, isServerOnly },
      });
    }),
  );
  return goal;
}

/**
 * Renames a goal, or says by whom it is counted.
 * @param change sees the goal as it is under the lock, and throws where it may not be changed
 * @throws NotFound
 * @throws Conflict (field `name`, code `goal_taken`) when another goal has the name
 */
export async function updateGoal(
  db: Db,
  workspaceId: string,
  by: Actor,
  goalId: string,
  change: (now: CountedGoal) => Omit<ConversionGoal, 'id'>,
): Promise<CountedGoal> {
  const isMeant = isGoal(workspaceId, goalId);
  return db.transaction(async (tx) => {
    const [found] = await tx.select(counted).from(conversionGoals).where(isMeant).for('no key update');
    const now = found ?? notThere();
    const { name, isServerOnly } = change(now);
    await refuseTakenGoal(name, 'name', () =>
      tx
        .update(conversionGoals)
        .set({ name, nameKey: keyOfGoal(name), isServerOnly })
        .where(isMeant),
    );
    await record(tx, by, workspaceId, {
      what: 'goal.changed',
      target: { id: goalId, name },
      before: { name: now.name, isServerOnly: now.isServerOnly },
      after: { name, isServerOnly },
    });
    return { ...now, name, isServerOnly };
  });
}

/**
 * Deletes a goal for everybody at once. Conversions of its name make a new goal. Its rows go by a job (removal.ts).
 * @returns what was deleted
 * @throws NotFound
 */
export async function removeGoal(db: Db, workspaceId: string, by: Actor, goalId: string): Promise<CountedGoal> {
  return db.transaction(async (tx) => {
    const [found] = await tx
      .update(conversionGoals)
      // No name that is typed has a control character.
      .set({ deletedAt: sql`now()`, nameKey: sql`chr(1) || ${conversionGoals.id}` })
      .where(isGoal(workspaceId, goalId))
      .returning(counted);
    const { id, ...before } = found ?? notThere();
    await record(tx, by, workspaceId, { what: 'goal.deleted', target: { id, name: before.name }, before });
    return { id, ...before };
  });
}

async function refuseTakenGoal<Result>(name: string, field: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (uniqueViolation(error) !== 'conversion_goals_name') throw error;
    throw new Conflict(`There is a goal “${name}” already.`, { field, code: 'goal_taken' });
  }
}

function notThere(): never {
  throw new NotFound('There is no such goal.');
}
