import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import { byteOrderMark, csvLine } from '../../ground/text/csv.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { domains, links, slugs, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { patientMs } from '../../ground/http/downloads.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { type Domain, isOwnDomain } from './queries.ts';

/** Few enough that writing their lines takes some milliseconds, in which no redirect is answered. */
const rowsAPage = 1_000;

/** How many links live on a domain, archived ones included. */
export async function countLinksOn(db: Db, workspaceId: string, domainId: string): Promise<number> {
  const [row] = await inTurn(db, workspaceId, 'rows', (tx) =>
    tx
      .select({ links: sql<number>`count(distinct ${slugs.linkId})::int` })
      .from(slugs)
      .innerJoin(domains, eq(domains.id, slugs.domainId))
      .where(and(isOwnDomain(workspaceId, domainId), ne(slugs.kind, 'retired'))),
  );
  return row?.links ?? 0;
}

/**
 * Gives a domain up: nothing is served there any more, on every node at once. Its slugs and clicks stay, so that reports
 * can name its links, and that nobody else gets its slugs should it come back.
 * @throws NotFound
 */
export async function removeDomain(db: Db, workspaceId: string, by: Actor, domainId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const isMeant = isOwnDomain(workspaceId, domainId);
    const [domain] = await tx
      .select({ host: domains.host, state: domains.state })
      .from(domains)
      .where(isMeant)
      .for('update');
    if (!domain) throw new NotFound('There is no such domain.');
    await tx.update(domains).set({ state: 'removed' }).where(isMeant);
    const isDefault = and(eq(workspaces.id, workspaceId), eq(workspaces.defaultDomainId, domainId));
    await tx.update(workspaces).set({ defaultDomainId: null }).where(isDefault);
    const { host, state } = domain;
    await record(tx, by, workspaceId, {
      what: 'domain.deleted',
      target: { id: domainId, name: host },
      before: { host, state },
      tells: state === 'live' ? [{ kind: 'domain', host }] : [],
    });
  });
}

/**
 * Every short address that works on a domain and where it leads, as CSV: for whoever sets the redirects up elsewhere. The
 * addresses in QR codes are among them. The next page is read when the last one was taken.
 */
export async function* writeRedirectMap(
  db: Db,
  workspaceId: string,
  { id, scheme, host }: Domain,
  shortUrlOf: (scheme: string, host: string, slug: string) => string,
): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(['short_url', 'destination']);
  for (let after = ''; ; ) {
    const read = (tx: Db) =>
      tx
        .select({ key: slugs.slugKey, slug: slugs.slug, url: links.url })
        .from(slugs)
        .innerJoin(links, and(eq(links.id, slugs.linkId), eq(links.workspaceId, workspaceId)))
        .where(
          and(eq(slugs.domainId, id), gt(slugs.slugKey, after), ne(slugs.kind, 'retired'), isNull(links.archivedAt)),
        )
        .orderBy(slugs.slugKey)
        .limit(rowsAPage);
    const rows = await inTurn(db, workspaceId, 'rows', read, after === '' ? {} : { waitMs: patientMs });
    yield rows.map(({ slug, url }) => csvLine([shortUrlOf(scheme, host, slug), url])).join('');
    const last = rows.at(-1);
    if (!last || rows.length < rowsAPage) return;
    after = last.key;
  }
}
