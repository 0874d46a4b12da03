import { and, asc, eq, isNull, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Db } from '../../ground/db/db.ts';
import { domains, links, slugs } from '../../ground/db/schema.ts';
import { NotFound } from '../../ground/text/errors.ts';

export type QrCode = {
  workspaceId: string;
  scheme: string;
  host: string;
  /** The slug that the code leads through, so that scans are told from clicks. */
  slug: string;
  /** The slug that people know the link by. */
  primarySlug: string;
};

/**
 * The QR code that a public picture shows. Nobody's workspace is asked for: who knows the slug's id may see it.
 * @throws NotFound when it is no QR code's, or the link is deleted
 */
export async function getPublicQrCode(db: Db, slugId: string): Promise<QrCode> {
  return getOne(db, eq(slugs.id, slugId));
}

/**
 * The first QR code of a link.
 * @throws NotFound when the workspace has no such link
 */
export async function getQrCode(db: Db, workspaceId: string, linkId: string): Promise<QrCode> {
  return getOne(db, and(eq(links.workspaceId, workspaceId), eq(links.id, linkId)));
}

/** The link that a code opens; undefined where the workspace has none such. */
export async function findLinkOfCode(db: Db, workspaceId: string, slugId: string): Promise<string | undefined> {
  const isCode = and(eq(slugs.id, slugId), eq(slugs.kind, 'qr'));
  const [row] = await db
    .select({ id: links.id })
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .where(and(isCode, eq(links.workspaceId, workspaceId), isNull(links.deletedAt)));
  return row?.id;
}

async function getOne(db: Db, condition: SQL | undefined): Promise<QrCode> {
  const primary = alias(slugs, 'primary_slugs');
  const [code] = await db
    .select({
      workspaceId: links.workspaceId,
      scheme: domains.scheme,
      host: domains.host,
      slug: slugs.slug,
      primarySlug: primary.slug,
    })
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .innerJoin(domains, eq(domains.id, slugs.domainId))
    .innerJoin(primary, and(eq(primary.linkId, links.id), eq(primary.kind, 'primary')))
    .where(and(condition, eq(slugs.kind, 'qr'), isNull(links.deletedAt)))
    .orderBy(asc(slugs.createdAt), asc(slugs.id))
    .limit(1);
  if (!code) throw new NotFound('There is no QR code at this address.');
  return code;
}
