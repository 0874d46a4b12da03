import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { links } from '../../ground/db/schema.ts';
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
  const [firstHitAt, linkAt] = await Promise.all([
    findFirstHitAt(db, workspaceId, subject),
    subject.kind === 'link' ? findLinkBirth(db, workspaceId, subject.id) : undefined,
  ]);
  return { firstHitAt, createdAt: linkAt && firstHitAt && firstHitAt < linkAt ? firstHitAt : linkAt };
}

async function findLinkBirth(db: Db, workspaceId: string, linkId: string): Promise<Date | undefined> {
  const isLink = and(eq(links.workspaceId, workspaceId), eq(links.id, linkId));
  const [link] = await db.select({ createdAt: links.createdAt }).from(links).where(isLink);
  return link?.createdAt;
}

/** As `Beginning` has it. */
export async function findFirstHitAt(db: Db, workspaceId: string, subject: Subject): Promise<Date | null> {
  const isOfLink = hasLink(subject, sql`link_id`);
  const { rows } = await inTurn(db, workspaceId, 'lists', (tx) =>
    tx.execute(sql`
select (extract(epoch from least(
  (select min(first_hit_at) from link_totals    where workspace_id = ${workspaceId} and ${isOfLink}),
  (select min(clicked_at)   from ${pendingHits(workspaceId, ['link_id', 'clicked_at'])} c where ${isOfLink})
)) * 1000)::float8 as at`),
  );
  const { at } = rows[0] as { at: number | null };
  return at === null ? null : new Date(Math.floor(at));
}
