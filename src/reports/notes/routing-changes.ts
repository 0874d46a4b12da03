import { sql } from 'drizzle-orm';
import type { Split } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { shortened } from '../../ground/text/shortened.ts';
import type { Span } from '../counts/period.ts';

/** A change of where a link leads to, in words. */
export type RoutingChange = { at: Date; text: string };

/** The fields of a link that say where its visitors go, as events have them. */
type Routing = { url?: string | null; split?: Split | null; routes?: readonly unknown[] | null };

/** Changes told of one link in one span. */
const mostChanges = 50;

/** Changes of a link that are looked through: programs may change its title each minute. */
const mostRead = 2_000;

/** The newest changes of a link's destination, A/B test and rules in a span, the earliest first. */
export async function listRoutingChanges(
  db: Db,
  workspaceId: string,
  linkId: string,
  { from, to }: Span,
): Promise<RoutingChange[]> {
  const rows = await executePrepared<{ at: number; before: Routing; after: Routing }>(
    db,
    'list-routing-changes',
    sql`
select (extract(epoch from at) * 1000)::float8 as at, ${fieldsIn('before')} as before, ${fieldsIn('after')} as after
from (
  select id, at, before, after from events
  where workspace_id = ${workspaceId} and target_id = ${linkId} and what = 'link.changed'
    and at >= ${from.toISOString()} and at < ${to.toISOString()}
  order by id desc
  limit ${mostRead}
) e
where after ?| array['url', 'split', 'routes']
order by id desc
limit ${mostChanges}`,
  );
  return rows.map(({ at, before, after }) => ({ at: new Date(at), text: wordsOfChange(before, after) })).toReversed();
}

/** Rules may have 16 kB: only whether there are some is read. */
const fieldsIn = (column: 'before' | 'after') => {
  const fields = sql.identifier(column);
  return sql`(select jsonb_object_agg(f.key, case when f.key = 'routes' and jsonb_typeof(f.value) = 'array' then '[]'::jsonb else f.value end)
    from jsonb_each(${fields}) f where f.key in ('url', 'split', 'routes'))`;
};

function wordsOfChange(before: Routing, after: Routing): string {
  const words = [
    'split' in after ? wordsOfTest(before.split ?? null, after.split ?? null) : '',
    'url' in after
      ? `destination changed to ${shortened((after.url ?? '').replace(/^https?:\/\/(?:www\.)?/i, ''), 80)}`
      : '',
    'routes' in after ? (after.routes ? (before.routes ? 'rules changed' : 'rules added') : 'rules removed') : '',
  ];
  const text = words.filter(Boolean).join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function wordsOfTest(before: Split | null, after: Split | null): string {
  if (!after) return 'A/B test ended';
  if (!before) return 'A/B test started';
  if (before.isPaused !== after.isPaused) return after.isPaused ? 'A/B test paused' : 'A/B test goes on';
  return 'A/B test changed';
}
