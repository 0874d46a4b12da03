import { randomBytes } from 'node:crypto';
import { and, desc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Filter } from '../counts/filter.ts';
import { keepFilters, readKeptFilters } from '../pages/kept-filters.ts';
import { idsOf, type KeptSubject, subjectOf } from '../counts/subjects.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, shares, users, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { type ShownToken, sealToken, showToken } from '../../ground/text/sealed.ts';
import { hashOfSecret } from '../../ground/text/secret.ts';
import type { WeekStart } from '../../ground/time/week.ts';

export type Share = Pick<
  typeof shares.$inferSelect,
  'id' | 'title' | 'filters' | 'parts' | 'passwordHash' | 'expiresAt' | 'createdAt'
>;

/** A share with what its page is made from. */
export type OpenedShare = Omit<Share, 'filters'> & {
  workspaceId: string;
  timeZone: string;
  weekStartsOn: WeekStart;
  subject: KeptSubject;
  /** They narrow all that it shows. */
  filters: readonly Filter[];
  brand: Brand;
};

/** Whose report it is: the name, the colour and the logo of the domain on which the workspace makes its links. */
export type Brand = {
  /** The workspace's own name where that domain has none. */
  name: string;
  color: string | null;
  /** The domain whose logo it is; null without one. */
  logoOf: string | null;
};

const columns = {
  id: shares.id,
  title: shares.title,
  filters: shares.filters,
  parts: shares.parts,
  passwordHash: shares.passwordHash,
  expiresAt: shares.expiresAt,
  createdAt: shares.createdAt,
};

/**
 * Shares a report.
 * @param serverSecret SECRET of the instance
 * @returns its id, and the token of its address
 * @throws Invalid (field `f`) when its filters are too long
 */
export async function insertShare(
  db: Db,
  workspaceId: string,
  by: Actor,
  share: Pick<OpenedShare, 'subject' | 'filters' | 'title' | 'parts' | 'passwordHash' | 'expiresAt'>,
  serverSecret: string,
): Promise<{ id: string; token: string }> {
  const { subject, passwordHash, ...others } = share;
  const token = randomBytes(24).toString('base64url');
  const id = newId();
  const values = { ...others, ...idsOf(subject), filters: keepFilters(others.filters) };
  await db.transaction(async (tx) => {
    const tokenSealed = sealToken(serverSecret, { of: 'share', id }, token);
    const secrets = { passwordHash, tokenHash: hashOfSecret(token), tokenSealed };
    await tx.insert(shares).values({ id, workspaceId, createdBy: by.userId, ...values, ...secrets });
    const after = { ...values, hasPassword: passwordHash !== null };
    await record(tx, by, workspaceId, { what: 'share.created', target: { id, name: share.title }, after });
  });
  return { id, token };
}

/** A share as its workspace sees it. */
export type ListedShare = Share & {
  /** Name of the person, or null when their account is gone. */
  createdBy: string | null;
  /** The token of its address, for those who share reports. */
  shown: ShownToken;
};

/** The shares of a workspace, the newest first; expired ones too. */
export async function listShares(db: Db, workspaceId: string, serverSecret: string): Promise<ListedShare[]> {
  const found = await db
    .select({
      ...columns,
      createdBy: users.name,
      kept: { tokenHash: shares.tokenHash, tokenSealed: shares.tokenSealed },
    })
    .from(shares)
    .leftJoin(users, eq(users.id, shares.createdBy))
    .where(eq(shares.workspaceId, workspaceId))
    .orderBy(desc(shares.createdAt), desc(shares.id));
  return found.map(({ kept, ...share }) => ({
    ...share,
    shown: showToken(serverSecret, { of: 'share', id: share.id }, kept),
  }));
}

/**
 * Ends a share at once.
 * @returns its title
 * @throws NotFound
 */
export async function removeShare(db: Db, workspaceId: string, by: Actor, shareId: string): Promise<string> {
  return db.transaction(async (tx) => {
    const [before] = await tx
      .delete(shares)
      .where(and(eq(shares.workspaceId, workspaceId), eq(shares.id, shareId)))
      .returning({ title: shares.title, filters: shares.filters, expiresAt: shares.expiresAt });
    if (!before) throw new NotFound('There is no such shared report. It may have been ended already.');
    await record(tx, by, workspaceId, { what: 'share.deleted', target: { id: shareId, name: before.title }, before });
    return before.title;
  });
}

/** @throws NotFound, in the same words whether it never was, was ended, has expired or cannot be narrowed as it was */
export async function getOpenShare(db: Db, token: string, now: Date): Promise<OpenedShare> {
  const [found] = await db
    .select({
      ...columns,
      linkId: shares.linkId,
      campaignId: shares.campaignId,
      tagId: shares.tagId,
      workspaceId: shares.workspaceId,
      timeZone: workspaces.timeZone,
      weekStartsOn: workspaces.weekStartsOn,
      brandName: sql<string>`coalesce(${domains.brandName}, ${workspaces.name})`,
      brandColor: domains.brandColor,
      logoOf: sql<string | null>`case when ${isNotNull(domains.logo)} then ${domains.id} end`,
    })
    .from(shares)
    .innerJoin(workspaces, eq(workspaces.id, shares.workspaceId))
    .leftJoin(domains, and(eq(domains.id, workspaces.defaultDomainId), eq(domains.workspaceId, workspaces.id)))
    .where(and(eq(shares.tokenHash, hashOfSecret(token)), or(isNull(shares.expiresAt), gt(shares.expiresAt, now))));
  const filters = found && readKeptFilters(found.filters);
  if (!filters) throw new NotFound('This report is not shared any more. Ask the person who sent you the link.');
  const { linkId, campaignId, tagId, brandName, brandColor, logoOf, ...share } = found;
  const brand = { name: brandName, color: brandColor, logoOf };
  return { ...share, filters, brand, subject: subjectOf(share.workspaceId, { linkId, campaignId, tagId }) };
}
