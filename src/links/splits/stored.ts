import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Route, RoutesPlan } from '../../ground/addresses/route.ts';
import type { Db } from '../../ground/db/db.ts';
import { linkDestinations, links, slugs } from '../../ground/db/schema.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { type OpensRow, openingColumns } from '../../visitors/openings/list.ts';
import { draftRoutes } from './settle-routes.ts';

/** All that a link leads to, as visits and as people read it. */
export type StoredOpening = OpensRow & { routes: readonly Route[] };

/** @throws NotFound */
export async function getOpening(db: Db, workspaceId: string, linkId: string): Promise<StoredOpening> {
  const [row] = await db
    .select({ ...openingColumns, routes: links.routes })
    .from(links)
    .where(and(eq(links.workspaceId, workspaceId), eq(links.id, linkId), isNull(links.deletedAt)));
  if (!row) throw new NotFound('There is no such link.');
  return { ...row, routes: row.routes ?? [] };
}

/** The same with rules that nobody has saved. */
export async function draftOpening(
  db: Db,
  workspaceId: string,
  stored: StoredOpening,
  routes: readonly Route[],
): Promise<StoredOpening> {
  const before: { routes: readonly Route[]; plan: RoutesPlan } | null = stored.routesPlan && {
    routes: stored.routes,
    plan: stored.routesPlan,
  };
  return { ...stored, routes, routesPlan: await draftRoutes(db, workspaceId, routes, before) };
}

/** The slugs of a link that hits may have come by. */
export async function listSlugsOf(db: Db, workspaceId: string, linkId: string) {
  return db
    .select({ id: slugs.id, slug: slugs.slug, domainId: slugs.domainId, kind: slugs.kind })
    .from(slugs)
    .innerJoin(links, eq(links.id, slugs.linkId))
    .where(and(eq(links.workspaceId, workspaceId), eq(slugs.linkId, linkId), ne(slugs.kind, 'retired')));
}

/** All addresses that hits of a link name: those of its A/B tests and its rules, former ones too. */
export async function listDestinationsOf(db: Db, workspaceId: string, linkId: string) {
  return db
    .select({ id: linkDestinations.id, url: linkDestinations.url, routeId: linkDestinations.routeId })
    .from(linkDestinations)
    .where(and(eq(linkDestinations.workspaceId, workspaceId), eq(linkDestinations.linkId, linkId)));
}
