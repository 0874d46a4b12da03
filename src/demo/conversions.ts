import { sql } from 'drizzle-orm';
import type { Db } from '../ground/db/db.ts';
import type { Actor } from '../ground/events/actor.ts';
import { findGoal, insertGoal } from '../visitors/conversions/goals.ts';
import { demoGoals } from './conversion-rates.ts';
import type { DemoLink } from './links.ts';

/**
 * Lets visitors of demo links convert, in one statement. Shares of them are exact, so that tests come to a verdict.
 * @param now no conversion happens after it
 */
export async function insertDemoConversions(
  db: Db,
  workspaceId: string,
  by: Actor,
  links: readonly DemoLink[],
  now: Date,
): Promise<void> {
  const rates = links.flatMap(({ opened, converts }) => converts.map((rate) => ({ linkId: opened.linkId, ...rate })));
  const names = [...new Set(rates.map(({ goal }) => goal))];
  const ids = new Map<string, string>();
  for (const key of names) {
    const { name, isServerOnly } = demoGoals[key];
    const goal =
      (await findGoal(db, workspaceId, name)) ?? (await insertGoal(db, workspaceId, by, { name, isServerOnly }));
    ids.set(key, goal.id);
  }
  if (rates.length === 0) return;
  const column = (values: readonly (string | number | null)[], type: string) =>
    sql`${sql.param([...values])}::${sql.raw(type)}[]`;
  const each = (of: (rate: (typeof rates)[number]) => string | number | null, type: string) =>
    column(rates.map(of), type);
  await db.execute(sql`
with plan as (
  select * from unnest(
    ${each(({ linkId }) => linkId, 'text')}, ${each(({ goal }) => ids.get(goal) ?? '', 'text')},
    ${each(({ goal }) => demoGoals[goal].via, 'text')}, ${each(({ rate }) => rate, 'float8')},
    ${each(({ lift = 1 }) => lift, 'float8')}, ${each(({ goal }) => demoGoals[goal].cents?.[0] ?? null, 'float8')},
    ${each(({ goal }) => demoGoals[goal].cents?.[1] ?? null, 'float8')}
  ) p (link_id, goal_id, via, rate, lift, least, most)
), visitor as (
  select p.*, c.clicked_at, c.id as hit_id, c.destination_id, c.visitor_key,
         p.rate * case when d.position = 2 then p.lift else 1 end as share,
         row_number() over (partition by p.goal_id, p.link_id, c.destination_id order by random()) as place,
         count(*) over (partition by p.goal_id, p.link_id, c.destination_id) as visitors
  from plan p
  join clicks c on c.link_id = p.link_id
  left join link_destinations d on d.id = c.destination_id
  where c.workspace_id = ${workspaceId} and c.is_first_on_link
), made as (
  insert into conversions (id, workspace_id, goal_id, link_id, clicked_at, hit_id, external_id, value, currency, occurred_at,
    via, counted_at, destination_id, visitor_key, is_first)
  select substr(md5(goal_id || link_id || hit_id || clicked_at), 1, 16), ${workspaceId}, goal_id, link_id, clicked_at, hit_id, '',
    round((least + (most - least) * power(random(), 3)) / 100) * 100 - 5, case when least is not null then 'EUR' end,
    least(clicked_at + random() * interval '3 hours', ${now.toISOString()}::timestamptz), via, now(), destination_id, visitor_key, true
  from visitor
  where place <= round(visitors * share)
  on conflict do nothing
  returning *
), counted as (
  insert into conversion_counts
    (workspace_id, link_id, goal_id, destination_id, quarter, currency, conversions, visitors, value)
  select workspace_id, link_id, goal_id, coalesce(destination_id, 0), date_bin('15 minutes', clicked_at, 'epoch'),
         coalesce(currency, ''), count(*), count(*), coalesce(sum(value), 0)
  from made
  group by 1, 2, 3, 4, 5, 6
)
update conversion_goals g set conversions = g.conversions + m.conversions
from (select goal_id, count(*) as conversions from made group by 1) m
where g.id = m.goal_id`);
}
