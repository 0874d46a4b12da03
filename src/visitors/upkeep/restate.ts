import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { addDays, DAY, isoDay } from '../../ground/time/zoned-time.ts';
import type { Verdict } from '../machines/bots.ts';
import { burstMs, findBursts } from '../machines/bursts.ts';
import type { Rules } from '../machines/classify.ts';
import { isSuspect, signal } from '../machines/evidence.ts';
import { removeEmpty } from './recount.ts';
import { countSettled } from '../rollups/rollups.ts';
import { keyLife, seenDay } from '../rollups/visitors-seen.ts';

/** The hits of a workspace in a span of time, the end not included. */
export type Chunk = { workspaceId: string; from: Date; to: Date };

/** Hits by where they went, by class: {"human>preview": 12}; "human>human" where only the reason changed. */
export type Moves = Record<string, number>;

/** The columns that rules read. Hits that have them in common have one verdict. */
type Kind = { agent_id: number; shape: string; signals: number; network: string | null };

type Suspect = Kind & { link_id: string; clicked_at: string; id: string; visitor_key: string | null; ms: number };

type Ruling<Subject> = { subject: Subject; verdict: Verdict };

/**
 * Finds what the rules say otherwise than the rows of a chunk, and keeps it in the temporary table `restated`: the hits
 * with their new class, reason and flags. A visitor's first click may be another one now, so the flags of everybody who
 * gained or lost a click are decided anew, on all their hits of that day.
 * @param tx a transaction; the table goes when it ends
 * @returns how many hits changed
 */
export async function findRestated(tx: Db, chunk: Chunk, rules: Rules): Promise<Moves> {
  const kinds = columnsOf(await judgeKinds(tx, chunk, rules));
  const suspects = columnsOf(await judgeSuspects(tx, chunk, rules));
  // Two steps, because Postgres has to know how many changed before it can plan the second.
  await tx.execute(sql`
create temporary table changed on commit drop as
with kind as materialized (
  select * from unnest(
    ${kinds(({ subject }) => subject.agent_id)}::bigint[], ${kinds(({ subject }) => subject.signals)}::smallint[],
    ${kinds(({ subject }) => subject.network)}::text[],
    ${kinds(({ verdict }) => verdict.class)}::text[], ${kinds(({ verdict }) => verdict.reason)}::text[]
  ) as k (agent_id, signals, network, class, reason)
), suspect as materialized (
  select * from unnest(
    ${suspects(({ subject }) => subject.link_id)}::text[],
    ${suspects(({ subject }) => subject.clicked_at)}::timestamptz[], ${suspects(({ subject }) => subject.id)}::bigint[],
    ${suspects(({ verdict }) => verdict.class)}::text[], ${suspects(({ verdict }) => verdict.reason)}::text[]
  ) as s (link_id, clicked_at, id, class, reason)
), judged as (
  select c.*, k.class as now_class, k.reason as now_reason
  from clicks c
  join kind k on k.agent_id = c.agent_id and k.signals = c.signals and k.network is not distinct from c.network
  where ${isIn(chunk)}
  union all
  select c.*, s.class, s.reason
  from clicks c
  join suspect s on (s.link_id, s.clicked_at, s.id) = (c.link_id, c.clicked_at, c.id)
)
select link_id, clicked_at, id, visitor_key, class as was, now_class as class, now_reason as reason,
       is_first_on_link, is_first_in_workspace
from judged
where (class, reason) <> (now_class, now_reason)`);
  await followVisitors(tx, chunk);
  const { rows } = await tx.execute<{ move: string; hits: number }>(
    sql`select was || '>' || class as move, count(*)::int as hits from restated where is_moved group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ move, hits }) => [move, hits]));
}

/**
 * Makes the temporary table `restated` of the table `changed`, which holds hits with their new class and reason: those
 * hits, and others of their visitors whose flags change by it.
 */
export async function followVisitors(tx: Db, chunk: Chunk): Promise<void> {
  await tx.execute(sql`analyze changed`);
  await tx.execute(sql`
create temporary table restated on commit drop as
with affected as materialized (
  select distinct visitor_key from changed where visitor_key is not null and (was = 'human') <> (class = 'human')
), hit as (
  select c.link_id, c.clicked_at, c.id, c.visitor_key, c.class as was, c.reason as was_reason,
         coalesce(n.class, c.class) as class, coalesce(n.reason, c.reason) as reason,
         c.is_first_on_link as was_on_link, c.is_first_in_workspace as was_in_workspace
  from clicks c
  left join changed n on (n.link_id, n.clicked_at, n.id) = (c.link_id, c.clicked_at, c.id)
  where c.workspace_id = ${chunk.workspaceId} and c.visitor_key in (select visitor_key from affected)
    and c.clicked_at >= ${chunk.from.toISOString()}::timestamptz - ${keyLife}
    and c.clicked_at < ${chunk.to.toISOString()}::timestamptz + ${keyLife}
), flagged as (
  select *,
    class = 'human' and 1 = row_number() over (partition by visitor_key, class = 'human', link_id order by clicked_at, id)
      as is_first_on_link,
    class = 'human' and 1 = row_number() over (partition by visitor_key, class = 'human' order by clicked_at, id)
      as is_first_in_workspace
  from hit
)
select link_id, clicked_at, id, visitor_key, was, class, reason, is_first_on_link, is_first_in_workspace,
       (was, was_reason) <> (class, reason) as is_moved
from flagged
where (was, was_reason, was_on_link, was_in_workspace) <> (class, reason, is_first_on_link, is_first_in_workspace)
union all
select link_id, clicked_at, id, visitor_key, was, class, reason,
       is_first_on_link and class = 'human', is_first_in_workspace and class = 'human', true
from changed
where visitor_key is null or visitor_key not in (select visitor_key from affected)`);
}

const isIn = ({ workspaceId, from, to }: Chunk): SQL => sql`
c.workspace_id = ${workspaceId} and c.clicked_at >= ${from.toISOString()} and c.clicked_at < ${to.toISOString()}`;

const isRestated = sql`(c.link_id, c.clicked_at, c.id) in (select link_id, clicked_at, id from restated)`;

/**
 * Writes what `findRestated` found into rows, rollups and everything that goes by them. To be called in the same
 * transaction, by whoever holds the lock of the rollups.
 */
export async function applyRestated(tx: Db, { workspaceId, from, to }: Chunk, rules: Rules, now: Date): Promise<void> {
  await tx.execute(sql`analyze restated`);
  await countSettled(tx, isRestated, { sign: 'taken off' });
  for (const table of ['clicks', 'clicks_pending']) {
    await tx.execute(sql`
update ${sql.identifier(table)} c
set class = r.class, reason = r.reason, rules_version = ${rules.version},
    is_first_on_link = r.is_first_on_link, is_first_in_workspace = r.is_first_in_workspace
from restated r
where (r.link_id, r.clicked_at, r.id) = (c.link_id, c.clicked_at, c.id)`);
  }
  await countSettled(tx, isRestated);
  const aroundChunk = { first: addDays(isoDay(from), -3), last: addDays(isoDay(to), 3) };
  await removeEmpty(tx, workspaceId, aroundChunk);
  // The last click may be no click any more. If no kept row is a click, the known instant stays.
  await tx.execute(sql`
update link_totals t
set last_click_at = case when t.clicks > 0 then coalesce(last.at, t.last_click_at) end
from (select distinct link_id from restated where was = 'human' and class <> 'human') r
cross join lateral (
  select max(c.clicked_at) as at from clicks c where c.link_id = r.link_id and c.class = 'human'
) last
where t.link_id = r.link_id`);
  if (now.getTime() - to.getTime() < 3 * DAY) await restateVisitorsSeen(tx, workspaceId);
}

/** Today's visitors are still coming: what is remembered of them must say what the flags say. */
async function restateVisitorsSeen(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`
with flagged as materialized (
  select c.visitor_key, c.link_id, ${seenDay(sql`c.clicked_at`)} as day
  from clicks c
  where c.workspace_id = ${workspaceId} and c.is_first_on_link and c.clicked_at > now() - ${keyLife} * 3
    and c.visitor_key in (select visitor_key from restated)
), gone as (
  delete from visitors_seen s
  where s.visitor_key in (select visitor_key from restated)
    and not exists (select 1 from flagged f where (f.visitor_key, f.link_id) = (s.visitor_key, s.link_id))
)
insert into visitors_seen (visitor_key, link_id, day)
select distinct on (visitor_key, link_id) visitor_key, link_id, day from flagged
order by 1, 2
on conflict do nothing`);
}

function columnsOf<Subject>(rulings: readonly Ruling<Subject>[]) {
  return (of: (ruling: Ruling<Subject>) => string | number | null) => sql.param(rulings.map(of));
}

async function judgeKinds(tx: Db, chunk: Chunk, rules: Rules): Promise<Ruling<Kind>[]> {
  const { rows } = await tx.execute<Kind>(sql`
select c.agent_id::float8, s.shape, c.signals, c.network
from clicks c
join agent_shapes s on s.id = c.agent_id
where ${isIn(chunk)}
group by 1, 2, 3, 4`);
  return rows
    .filter((kind) => !dependsOnBurst(kind, rules))
    .map((kind) => ({ subject: kind, verdict: judge(kind, rules, false) }));
}

/** Hits whose verdict hangs on the hits around them, looked at one by one. */
async function judgeSuspects(tx: Db, chunk: Chunk, rules: Rules): Promise<Ruling<Suspect>[]> {
  const { workspaceId, from, to } = chunk;
  const around = (date: Date, ms: number) => new Date(date.getTime() + ms);
  const { rows } = await tx.execute<Suspect>(sql`
select c.agent_id::float8, s.shape, c.signals, c.network, c.link_id, c.clicked_at::text, c.id::text, c.visitor_key::text,
       (extract(epoch from c.clicked_at) * 1000)::float8 as ms
from clicks c
join agent_shapes s on s.id = c.agent_id
where ${isIn({ workspaceId, from: around(from, -burstMs), to: around(to, burstMs) })}
  and (c.network is not null or c.signals & ${signal.noLanguage} <> 0)
order by c.clicked_at, c.id`);
  const suspects = rows.filter((kind) => dependsOnBurst(kind, rules));
  const hits = suspects.map((suspect) => ({
    suspect,
    workspaceId,
    linkId: suspect.link_id,
    visitor: suspect.visitor_key === null ? null : Number(suspect.visitor_key),
    network: suspect.network,
    at: suspect.ms,
  }));
  const bursts = findBursts(hits);
  return hits
    .filter(({ at }) => at >= from.getTime() && at < to.getTime())
    .map((hit) => ({ subject: hit.suspect, verdict: judge(hit.suspect, rules, bursts.has(hit)) }));
}

function dependsOnBurst(kind: Kind, rules: Rules): boolean {
  if (!isSuspect(kind.signals, kind.network)) return false;
  return judge(kind, rules, true).reason !== judge(kind, rules, false).reason;
}

/** A burst that was seen at the visit stays one: its visitors may have asked for no key. */
function judge({ shape, signals, network }: Kind, rules: Rules, isBurst: boolean): Verdict {
  return rules.judge({ agent: shape, signals, network, isBurst: isBurst || (signals & signal.burst) !== 0 });
}
