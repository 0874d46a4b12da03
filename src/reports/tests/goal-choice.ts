import type { Db } from '../../ground/db/db.ts';
import { conversionsByGoal } from '../../visitors/conversions/counts.ts';
import { listGoals } from '../../visitors/conversions/goals.ts';

/** A goal that visitors of a link have reached. */
type ReachedGoal = { id: string; name: string; conversions: number };

/** The goals of a link, the most reached first, and the one by which its versions are compared. */
export type GoalChoice = { goals: ReachedGoal[]; chosen: ReachedGoal | undefined };

/** @param asked id of a goal; the most reached one stands in for one that nobody reached */
export async function chooseGoal(
  db: Db,
  workspaceId: string,
  linkId: string,
  asked: string | undefined,
): Promise<GoalChoice> {
  const reached = await conversionsByGoal(db, workspaceId, linkId);
  if (reached.size === 0) return { goals: [], chosen: undefined };
  const goals = (await listGoals(db, workspaceId))
    .map(({ id, name }) => ({ id, name, conversions: reached.get(id) ?? 0 }))
    .filter(({ conversions }) => conversions > 0)
    .toSorted((one, other) => other.conversions - one.conversions);
  return { goals, chosen: goals.find(({ id }) => id === asked) ?? goals[0] };
}
