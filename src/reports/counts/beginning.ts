import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { pendingHits } from '../../visitors/rollups/pending.ts';
import { hasLink, type Subject } from './kinds.ts';

/** The instants at which the report of a subject may begin. */
export type Beginning = {
  /** The first hit that is still counted, pending ones included; null when there is none. */
  firstHitAt: Date | null;
  /** The birth of a link. Hits that were brought along from elsewhere may be older, and are its birth then. */
  createdAt: Date | undefined;
};

/** Of a domain and a QR code the first hit is that of their links. */
export async function findBeginning(db: Db, workspaceId: string, subject: Subject): Promise<Beginning> {
  const isOfLink = hasLink(subject, sql`link_id`);
  const linkId = subject.kind === 'link' ? subject.id : null;
  const [row] = await inTurn(db, workspaceId, 'lists', (tx) =>
    executePrepared<{ firstHitAt: number | null; linkAt: number | null }>(
      tx,
      `beginning-of-${subject.kind}`,
      sql`
select (extract(epoch from least(
  (select min(first_hit_at) from link_totals    where workspace_id = ${workspaceId} and ${isOfLink}),
  (select min(clicked_at)   from ${pendingHits(workspaceId, ['link_id', 'clicked_at'])} c where ${isOfLink})
)) * 1000)::float8 as "firstHitAt",
  (select extract(epoch from created_at) * 1000 from links where workspace_id = ${workspaceId} and id = ${linkId})::float8 as "linkAt"`,
    ),
  );
  const firstHitAt = dateOf(row?.firstHitAt);
  const linkAt = dateOf(row?.linkAt);
  return { firstHitAt, createdAt: (linkAt && firstHitAt && firstHitAt < linkAt ? firstHitAt : linkAt) ?? undefined };
}

const dateOf = (at: number | null | undefined): Date | null =>
  at === null || at === undefined ? null : new Date(Math.floor(at));

/** As `Beginning` has it. */
export const findFirstHitAt = async (db: Db, workspaceId: string, subject: Subject): Promise<Date | null> =>
  (await findBeginning(db, workspaceId, subject)).firstHitAt;
