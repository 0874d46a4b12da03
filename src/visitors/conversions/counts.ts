import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Money } from './money.ts';

/** Counts of one version of an A/B test, or of all clicks that met none. */
export type ConvertedTo = {
  /** Of `link_destinations`; null for clicks that met no version. */
  destinationId: number | null;
  conversions: number;
  /** Visitors of a day who converted, each once for a goal: the unit of statistics. */
  visitors: number;
  values: Money[];
};

/** Conversions of a link for one goal by version. */
export async function conversionsByDestination(
  db: Db,
  workspaceId: string,
  { linkId, goalId }: { linkId: string; goalId: string },
): Promise<ConvertedTo[]> {
  const { rows } = await db.execute<CountRow>(sql`
select destination_id as "destinationId", currency, sum(conversions)::int as conversions, sum(visitors)::int as visitors,
       sum(value)::float8 as value
from conversion_counts
where workspace_id = ${workspaceId} and link_id = ${linkId} and goal_id = ${goalId}
group by destination_id, currency
order by destination_id, currency`);
  const byDestination = new Map<number, ConvertedTo>();
  for (const { destinationId, currency, conversions, visitors, value } of rows) {
    const known = byDestination.get(destinationId) ?? {
      destinationId: destinationId || null,
      conversions: 0,
      visitors: 0,
      values: [],
    };
    known.conversions += conversions;
    known.visitors += visitors;
    if (currency !== '') known.values.push({ currency, value });
    byDestination.set(destinationId, known);
  }
  return [...byDestination.values()];
}

type CountRow = { destinationId: number; currency: string; conversions: number; visitors: number; value: number };

/** How often each goal was reached on a link, by its id. */
export async function conversionsByGoal(db: Db, workspaceId: string, linkId: string): Promise<Map<string, number>> {
  const { rows } = await db.execute<{ goalId: string; conversions: number }>(sql`
select goal_id as "goalId", sum(conversions)::int as conversions
from conversion_counts
where workspace_id = ${workspaceId} and link_id = ${linkId}
group by goal_id`);
  return new Map(rows.map(({ goalId, conversions }) => [goalId, conversions]));
}

/** Visitors of a day who converted, and what they brought. */
export type Converted = Pick<ConvertedTo, 'visitors' | 'values'>;

/** Visitors of a day who reached a goal on a link, by the id of their version as dimensions write it. */
export async function convertedByVersion(
  db: Db,
  workspaceId: string,
  of: { linkId: string; goalId: string },
): Promise<Map<string, Converted>> {
  const counts = await conversionsByDestination(db, workspaceId, of);
  return new Map(
    counts.flatMap(({ destinationId, visitors, values }) =>
      destinationId === null ? [] : [[String(destinationId), { visitors, values }]],
    ),
  );
}

/** Sums of the values of a workspace's conversions, or of those for one goal, by the goal's id. */
export async function valuesByGoal(db: Db, workspaceId: string, goalId?: string): Promise<Map<string, Money[]>> {
  const { rows } = await db.execute<Money & { goalId: string }>(sql`
select goal_id as "goalId", currency, sum(value)::float8 as value
from conversion_counts
where workspace_id = ${workspaceId} and currency <> '' and ${goalId === undefined ? sql`true` : sql`goal_id = ${goalId}`}
group by goal_id, currency
order by goal_id, currency`);
  const byGoal = new Map<string, Money[]>();
  for (const { goalId: id, ...money } of rows) byGoal.set(id, [...(byGoal.get(id) ?? []), money]);
  return byGoal;
}

/** The links on which a goal was reached most, by their ids. */
export async function linksOfGoal(
  db: Db,
  workspaceId: string,
  goalId: string,
  limit: number,
): Promise<{ linkId: string; conversions: number }[]> {
  const { rows } = await db.execute<{ linkId: string; conversions: number }>(sql`
select link_id as "linkId", sum(conversions)::int as conversions
from conversion_counts
where workspace_id = ${workspaceId} and goal_id = ${goalId}
group by link_id
order by conversions desc, link_id
limit ${limit}`);
  return rows;
}
