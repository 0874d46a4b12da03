import { and, asc, count, eq } from 'drizzle-orm';
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
const ofWorkspace = (workspaceId: string) => eq(conversionGoals.workspaceId, workspaceId);

/** @throws Invalid (field `goal`) for a name that cannot be one */
export function readGoalName(typed: string): string {
  const name = composedLine(typed);
  const refuse = (sentence: string) => new Invalid(sentence, { field: 'goal', code: 'goal_name_invalid' });
  if (keyOfGoal(name) === '') throw refuse('Name the goal, such as Purchase.');
  if (name.length > maxGoalName) throw refuse(`The name of a goal has at most ${maxGoalName} characters.`);
  return name;
}

/** Goals of the workspace by name, with how often each was reached. */
export const listGoals = (db: Db, workspaceId: string): Promise<(ConversionGoal & { conversions: number })[]> =>
  db
    .select({ ...columns, conversions: conversionGoals.conversions })
    .from(conversionGoals)
    .where(ofWorkspace(workspaceId))
    .orderBy(asc(conversionGoals.nameKey));

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
    .where(and(ofWorkspace(workspaceId), eq(conversionGoals.id, goalId)))
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

/** @throws Conflict when there is one of that name, Invalid when there are too many */
export async function insertGoal(
  db: Db,
  workspaceId: string,
  by: Actor,
  { name, isServerOnly }: Omit<ConversionGoal, 'id'>,
): Promise<ConversionGoal> {
  const goal = { id: newId(), name, isServerOnly };
  try {
    await db.transaction(async (tx) => {
      // Makers of goals wait for each other, so that they do not pass the limit together.
      await tx
        .select({ id: workspaces.id })
        .from(workspaces)
        .where(eq(workspaces.id, workspaceId))
        .for('no key update');
      const [row] = await tx.select({ goals: count() }).from(conversionGoals).where(ofWorkspace(workspaceId));
      if ((row?.goals ?? 0) >= mostGoals)
        throw new Invalid(`A workspace has at most ${mostGoals} goals of conversions.`, {
          field: 'goal',
          code: 'goals_limit',
        });
      await tx.insert(conversionGoals).values({ ...goal, workspaceId, nameKey: keyOfGoal(name) });
      await record(tx, by, workspaceId, {
        what: 'goal.created',
        target: { id: goal.id, name },
        after: { name, isServerOnly },
      });
    });
  } catch (error) {
    if (uniqueViolation(error) !== 'conversion_goals_name') throw error;
    throw new Conflict(`There is a goal “${name}” already.`, { field: 'goal', code: 'goal_taken' });
  }
  return goal;
}

/** Says by whom a goal is counted. @throws NotFound for a goal that is gone or another workspace's */
export async function updateGoal(
  db: Db,
  workspaceId: string,
  by: Actor,
  goalId: string,
  { isServerOnly }: Pick<ConversionGoal, 'isServerOnly'>,
): Promise<ConversionGoal> {
  const isMeant = and(ofWorkspace(workspaceId), eq(conversionGoals.id, goalId));
  return db.transaction(async (tx) => {
    const [before] = await tx.select(columns).from(conversionGoals).where(isMeant).for('update');
    if (!before) throw new NotFound('There is no such goal.');
    await tx.update(conversionGoals).set({ isServerOnly }).where(isMeant);
    await record(tx, by, workspaceId, {
      what: 'goal.changed',
      target: { id: goalId, name: before.name },
      before: { isServerOnly: before.isServerOnly },
      after: { isServerOnly },
    });
    return { ...before, isServerOnly };
  });
}
