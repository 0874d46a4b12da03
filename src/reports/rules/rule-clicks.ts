import { and, eq } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { links } from '../../ground/db/schema.ts';
import type { WeekStart } from '../../ground/time/week.ts';
import type { Link } from '../../links/links/queries.ts';
import { findFirstHitAt } from '../counts/beginning.ts';
import { resolvePeriod } from '../counts/period.ts';
import { countBy } from '../counts/report.ts';

/**
 * The clicks of each rule of a link since it was made, in the order of the rules.
 * @returns none for a link without rules
 * @throws Invalid when counting takes too long
 */
export async function countRules(
  db: Db,
  workspace: { id: string; timeZone: string; weekStartsOn: WeekStart },
  link: Pick<Link, 'id' | 'routes'>,
  now: Date,
): Promise<number[]> {
  if (!link.routes) return [];
  const [row] = await db
    .select({ plan: links.routesPlan })
    .from(links)
    .where(and(eq(links.workspaceId, workspace.id), eq(links.id, link.id)));
  const subject = { kind: 'link', id: link.id } as const;
  const firstHitAt = await findFirstHitAt(db, workspace.id, subject);
  const { timeZone, weekStartsOn } = workspace;
  const period = resolvePeriod({ period: 'all', timeZone, weekStartsOn, now, firstHitAt });
  const { rows } = await countBy(db, workspace, subject, period, 'route');
  const clicks = new Map(rows.map(({ value, ...counts }) => [value, counts.clicks]));
  return (row?.plan?.routes ?? []).map(({ id }) => clicks.get(String(id)) ?? 0);
}
