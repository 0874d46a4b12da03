import { and, eq, getTableColumns, inArray, isNotNull, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { domains } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';

const { logo: _logo, ...columns } = getTableColumns(domains);

/** All of a domain but the bytes of its logo, which only those read who show it. */
export const domainColumns = columns;

export type Domain = Omit<typeof domains.$inferSelect, 'logo'>;

/** A domain that the workspace has not given up, whatever its state. */
export const isOwnDomain = (workspaceId: string, domainId: string): SQL | undefined =>
  and(eq(domains.workspaceId, workspaceId), eq(domains.id, domainId), ne(domains.state, 'removed'));

/**
 * The instance's own short host is a row as well: made at the first start, and it follows the configuration.
 * @param origin where short links live by default, such as https://go.example.com
 * @returns the row's id
 */
export async function ensureInstanceDomain(db: Db, origin: string): Promise<string> {
  const { host, protocol } = new URL(origin);
  const result = await db.execute<{ id: string }>(sql`
insert into domains (id, host, scheme) values (${newId()}, ${host}, ${protocol.slice(0, -1)})
on conflict ((true)) where workspace_id is null do update set host = excluded.host, scheme = excluded.scheme
returning id`);
  const [domain] = result.rows;
  if (!domain) throw new Error('The instance has no short domain and none could be made.');
  return domain.id;
}

/** The row above for commands: they make it when it is missing, and leave what a running server wrote. */
export async function findOrMakeInstanceDomain(db: Db, origin: string): Promise<string> {
  const [domain] = await db.select({ id: domains.id }).from(domains).where(isNull(domains.workspaceId));
  return domain?.id ?? ensureInstanceDomain(db, origin);
}

/** The instance's own short host; undefined before the first start. */
export async function findInstanceDomain(db: Db): Promise<Pick<Domain, 'id' | 'isCaseSensitive'> | undefined> {
  const { id, isCaseSensitive } = domains;
  const [domain] = await db.select({ id, isCaseSensitive }).from(domains).where(isNull(domains.workspaceId));
  return domain;
}

/** The domains on which a workspace may make links: its default first, then the instance's own, then by name. */
export async function listDomains(
  db: Db,
  workspaceId: string,
): Promise<(Pick<Domain, 'id' | 'host' | 'isCaseSensitive'> & { isInstances: boolean })[]> {
  const isDefault = sql`${domains.id} = (select default_domain_id from workspaces where id = ${workspaceId})`;
  return db
    .select({
      id: domains.id,
      host: domains.host,
      isCaseSensitive: domains.isCaseSensitive,
      isInstances: sql<boolean>`${domains.workspaceId} is null`,
    })
    .from(domains)
    .where(or(isNull(domains.workspaceId), and(eq(domains.workspaceId, workspaceId), eq(domains.state, 'live'))))
    .orderBy(sql`${isDefault} is not true`, sql`${domains.workspaceId} is not null`, domains.host)
    .prepare('list-domains')
    .execute();
}

/**
 * The domain that a form names for new links; '' is the usual one.
 * @throws Invalid (field `domain`, code `domain_unknown`)
 */
export async function readDomain(db: Db, workspaceId: string, typedHost: string) {
  const usable = await listDomains(db, workspaceId);
  const host = typedHost.trim().toLowerCase();
  const domain = host === '' ? usable[0] : usable.find((candidate) => candidate.host === host);
  if (!domain) throw new Invalid('This domain is not yours to use.', { field: 'domain', code: 'domain_unknown' });
  return domain;
}

/** Links of some workspace live on it, or did until its proof went missing. */
const isProved = and(isNotNull(domains.workspaceId), inArray(domains.state, ['live', 'paused']));

/** A trailing dot names the same host. */
const withoutDot = (hostname: string): string => hostname.replace(/\.$/, '');

/** True when links of some workspace live on a host name of its own. */
export async function isCustomHost(db: Db, hostname: string): Promise<boolean> {
  return (await db.$count(domains, and(eq(domains.host, withoutDot(hostname)), isProved))) > 0;
}

export type KeptHost = Pick<Domain, 'id' | 'host' | 'isCaseSensitive'> & { isProved: boolean };

/** The domains of some host names: those with live links of anybody, and all of the workspace, removed ones too. */
export async function listKeptHosts(db: Db, workspaceId: string, hostnames: readonly string[]): Promise<KeptHost[]> {
  const { id, host, isCaseSensitive } = domains;
  return db
    .select({ id, host, isCaseSensitive, isProved: sql<boolean>`${isProved}` })
    .from(domains)
    .where(and(inArray(host, hostnames.map(withoutDot)), or(isProved, eq(domains.workspaceId, workspaceId))));
}

/** A workspace's domains by their hosts alone, without those that it gave up: some hundreds at most. */
export async function listOwnHosts(db: Db, workspaceId: string): Promise<Pick<Domain, 'id' | 'host'>[]> {
  return db
    .select({ id: domains.id, host: domains.host })
    .from(domains)
    .where(and(eq(domains.workspaceId, workspaceId), ne(domains.state, 'removed')))
    .orderBy(domains.host);
}
