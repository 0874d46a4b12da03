import { randomBytes } from 'node:crypto';
import { and, desc, eq, gt, isNull, or } from 'drizzle-orm';
import { idsOf, type KeptSubject, subjectOf } from '../analytics/subjects.ts';
import type { Db } from '../db/db.ts';
import { shares, users, workspaces } from '../db/schema.ts';
import { NotFound } from '../errors.ts';
import { newId } from '../id.ts';
import { hashOfSecret } from '../secret.ts';

export type Share = Pick<
  typeof shares.$inferSelect,
  'id' | 'title' | 'parts' | 'passwordHash' | 'expiresAt' | 'createdAt'
>;

/** A share with what its page is made from. */
export type OpenedShare = Share & { workspaceId: string; timeZone: string; subject: KeptSubject };

const columns = {
  id: shares.id,
  title: shares.title,
  parts: shares.parts,
  passwordHash: shares.passwordHash,
  expiresAt: shares.expiresAt,
  createdAt: shares.createdAt,
};

/**
 * Shares a report.
 * @returns the token of its address, which is kept nowhere
 */
export async function insertShare(
  db: Db,
  workspaceId: string,
  {
    subject,
    ...share
  }: Pick<OpenedShare, 'subject' | 'title' | 'parts' | 'passwordHash' | 'expiresAt'> & { createdBy: string | null },
): Promise<string> {
  const token = randomBytes(24).toString('base64url');
  await db
    .insert(shares)
    .values({ id: newId(), workspaceId, ...share, ...idsOf(subject), tokenHash: hashOfSecret(token) });
  return token;
}

/** The shares of a workspace, the newest first; expired ones too. */
export async function listShares(db: Db, workspaceId: string): Promise<(Share & { createdBy: string | null })[]> {
  return db
    .select({ ...columns, createdBy: users.name })
    .from(shares)
    .leftJoin(users, eq(users.id, shares.createdBy))
    .where(eq(shares.workspaceId, workspaceId))
    .orderBy(desc(shares.createdAt), desc(shares.id));
}

/**
 * Ends a share at once.
 * @returns its title
 * @throws NotFound
 */
export async function removeShare(db: Db, workspaceId: string, shareId: string): Promise<string> {
  const [share] = await db
    .delete(shares)
    .where(and(eq(shares.workspaceId, workspaceId), eq(shares.id, shareId)))
    .returning({ title: shares.title });
  if (!share) throw new NotFound('There is no such shared report. It may have been ended already.');
  return share.title;
}

/** @throws NotFound, in the same words whether it never was, was ended or has expired */
export async function getOpenShare(db: Db, token: string, now: Date): Promise<OpenedShare> {
  const [found] = await db
    .select({
      ...columns,
      linkId: shares.linkId,
      campaignId: shares.campaignId,
      tagId: shares.tagId,
      workspaceId: shares.workspaceId,
      timeZone: workspaces.timeZone,
    })
    .from(shares)
    .innerJoin(workspaces, eq(workspaces.id, shares.workspaceId))
    .where(and(eq(shares.tokenHash, hashOfSecret(token)), or(isNull(shares.expiresAt), gt(shares.expiresAt, now))));
  if (!found) throw new NotFound('This report is not shared, or not any more. Ask whoever sent you the link.');
  const { linkId, campaignId, tagId, ...share } = found;
  return { ...share, subject: subjectOf({ linkId, campaignId, tagId }) };
}
