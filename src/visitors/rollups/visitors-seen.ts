import { lt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { visitorsSeen } from '../../ground/db/schema.ts';
import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import { unpacked } from '../clicks/inbox.ts';

/** Longest life of a visitor's key: a day of some calendar, on which clocks are set back. */
export const keyLife = sql`interval '25 hours'`;

/**
 * SQL: the day by which a sighting is forgotten, which is at the second midnight (UTC) after it begins. It lasts for 38
 * hours at least, wherever the visitor's day begins.
 */
export const seenDay = (instant: SQL): SQL => sql`(${instant} at time zone 'UTC' + interval '14 hours')::date`;

/** SQL: the key of a click before this instant may be forgotten, were it a day old (`seenDay`). */
export const forgottenBefore = sql`(date_trunc('day', now(), 'UTC') - interval '13 hours')`;

/** Forgets who was seen on days that are over everywhere. */
export async function forgetVisitorsSeen(db: Db, now: Date): Promise<void> {
  await db.delete(visitorsSeen).where(lt(visitorsSeen.day, isoDay(new Date(now.getTime() - DAY))));
}

/**
 * Makes `visitors_seen` know again who of late hits had come before, where their day has been forgotten: the rows know.
 * @param batches a select of `hits` of batches
 */
export async function recallVisitors(tx: Db, batches: SQL): Promise<void> {
  await tx.execute(sql`
with late as materialized (
  select * from (${unpacked(batches, [], ['clicked_at', 'workspace_id', 'class', 'visitor_key'])}) h
  where clicked_at < ${forgottenBefore} and class = 'human' and visitor_key is not null
), span as materialized (
  select workspace_id, min(clicked_at) - ${keyLife} as first, max(clicked_at) + ${keyLife} as last
  from late
  group by workspace_id, date_trunc('day', clicked_at)
)
insert into visitors_seen (visitor_key, link_id, day)
select distinct c.visitor_key, c.link_id, current_date
from span
join clicks c on c.workspace_id = span.workspace_id and c.clicked_at between span.first and span.last
where c.is_first_on_link and c.visitor_key in (select visitor_key from late)
order by 1, 2
on conflict do nothing`);
}
