import { Invalid } from '../../ground/text/errors.ts';
import { listGoals } from '../../visitors/conversions/goals.ts';
import { askedOnce, type LinkContext } from './context.ts';

/** @param goalId by which a test ends by itself. @throws Invalid with that field for a goal that the workspace does not have */
export async function refuseOtherGoal(
  context: LinkContext,
  workspaceId: string,
  goalId: string | undefined,
  field: string,
): Promise<void> {
  if (goalId === undefined) return;
  const goals = await askedOnce(context, 'goals', () => listGoals(context.db, workspaceId));
  if (!goals.some(({ id }) => id === goalId))
    throw new Invalid('Your workspace has no such goal by which a test could end.', { field, code: 'split_invalid' });
}
