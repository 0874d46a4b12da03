import { CuttableConnection } from '../../ground/db/cuttable-connection.ts';
import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import type { Hit } from './hit.ts';
import { firstKeptDay } from '../rollups/retention.ts';

/** How long it may take to look up who came on a day that is over, in milliseconds. */
const recallMs = 5_000;

/**
 * Tells hits that may still be recorded from those that retention keeps no more: with their rows went what would tell that
 * they were counted already.
 * @param retentionDays how many days single hits are kept; null for ever
 */
export function partKept(hits: readonly Hit[], retentionDays: number | null, now: Date): { kept: Hit[]; old: Hit[] } {
  const keptSince = retentionDays === null ? Number.NEGATIVE_INFINITY : Date.parse(firstKeptDay(retentionDays, now));
  const isKept = ({ clickedAt }: Hit) => clickedAt >= keptSince;
  return { kept: hits.filter(isKept), old: hits.filter((hit) => !isKept(hit)) };
}

/** The rows know what `visitors_seen` has forgotten. A key lives for a day of some calendar, of 25 hours at most. */
const recall = `
insert into visitors_seen (visitor_key, link_id, day)
select c.visitor_key, s.link_id, current_date
from clicks c cross join lateral (values (c.link_id, c.is_first_on_link), ('', c.is_first_in_workspace)) s (link_id, is_first)
where s.is_first and c.workspace_id = any($1::text[]) and c.visitor_key = any($2::bigint[])
  and c.clicked_at between $3::timestamptz - interval '25 hours' and $4::timestamptz + interval '25 hours'
order by 1, 2
on conflict do nothing`;

/**
 * Makes `visitors_seen` know again who of some hits of the spool had come before, where their day has been forgotten.
 * @throws when Postgres does not say in time; it must not be asked on the connection that live clicks wait for
 */
export async function recallVisitors(databaseUrl: string, hits: readonly Hit[], now: Date): Promise<void> {
  const forgottenBefore = isoDay(new Date(now.getTime() - DAY));
  const late = hits.filter((hit) => hit.day < forgottenBefore && hit.class === 'human' && hit.visitorKey !== null);
  if (late.length === 0) return;
  const times = late.map((hit) => hit.clickedAt);
  const values = [
    [...new Set(late.map((hit) => hit.workspaceId))],
    late.map((hit) => hit.visitorKey),
    new Date(Math.min(...times)),
    new Date(Math.max(...times)),
  ];
  const connection = new CuttableConnection(databaseUrl, 'waymark late clicks');
  try {
    await connection.query({ text: recall, values }, recallMs);
  } finally {
    connection.destroy();
  }
}
