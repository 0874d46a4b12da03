import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { patientMs } from '../../ground/http/downloads.ts';
import type { CsvValue } from '../../ground/text/csv.ts';
import { type LinkFilter, type LinkState, readNewest } from '../../links/links/list.ts';
import { linkOptions } from '../../links/options/list.ts';
import type { NamesOfLink } from '../../links/options/option.ts';
import { totalsOf } from '../../visitors/rollups/totals.ts';

/** A link as its file says it. */
export type LinkRow = NamesOfLink & {
  link: Read;
  /** Options that have a column of `links`, by name. */
  columns: Readonly<Record<string, CsvValue>>;
  domain: Domain;
};

type Domain = { scheme: string; host: string };

/** Instants are ISO 8601 in UTC, to the millisecond. */
type Read = Record<string, CsvValue> & {
  id: string;
  domainId: string;
  slug: string;
  /** With spaces between them. */
  tagIds: string | null;
  campaignId: string | null;
  isArchived: boolean;
  createdAt: string;
  clicks: number;
  visitors: number;
  lastClickAt: string | null;
  qrSlugId: string;
};

/**
 * A workspace's links, the newest first, a page at a time: the next is read when it is asked for.
 * @param size links a page
 * @throws as readNewest
 */
export async function* readLinkPages(
  db: Db,
  workspaceId: string,
  asked: LinkFilter & { state: LinkState },
  size: number,
): AsyncGenerator<LinkRow[]> {
  let names: Names | undefined;
  for (let after: string | null = null; ; ) {
    const waitMs = after === null ? undefined : patientMs;
    const page: LinkRow[] = await readNewest(
      db,
      workspaceId,
      { ...asked, after, limit: size, waitMs },
      async (tx, found) => {
        const { rows } = await tx.execute<Read>(statement(workspaceId, found));
        // They are read once, and again where one came meanwhile.
        let known = names ?? (await readNames(tx, workspaceId));
        if (!rows.every((row) => isNamed(row, known))) known = await readNames(tx, workspaceId);
        names = known;
        return rows.map((row) => withNames(row, known));
      },
    );
    if (page.length > 0) yield page;
    if (page.length < size) return;
    after = page.at(-1)?.link.id ?? null;
  }
}

const iso = (instant: SQL) => sql`to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Instants as the others. */
const optionColumns = sql.join(
  Object.values(linkOptions).flatMap(({ name, csv }) => {
    if (!('column' in csv)) return [];
    const column = sql.raw(`l.${csv.column.name}`);
    return [sql`${csv.column.dataType === 'date' ? iso(column) : column} as ${sql.identifier(name)}`];
  }),
  sql`, `,
);

/** Each link is looked up by its keys: a join over all of them would be made anew for every page. */
const statement = (workspaceId: string, found: SQL) => {
  const totals = totalsOf(workspaceId, sql`l.id`);
  return sql`
select l.id, s.domain_id as "domainId", s.slug, ${optionColumns},
       (select string_agg(tag_id, ' ') from link_tags where link_id = l.id) as "tagIds", l.campaign_id as "campaignId",
       l.archived_at is not null as "isArchived", ${iso(sql`l.created_at`)} as "createdAt",
       ${totals.clicks}::float8 as clicks, ${totals.visitors}::float8 as visitors,
       ${iso(totals.lastClickAt)} as "lastClickAt", s.qr_slug_id as "qrSlugId"
from (${found}) l
cross join lateral (
  select max(slug) filter (where kind = 'primary') as slug, max(domain_id) filter (where kind = 'primary') as domain_id,
         max(id) filter (where kind = 'qr') as qr_slug_id
  from slugs where link_id = l.id
) s
left join lateral ${totals.table} on ${totals.on}
order by l.created_at desc, l.id desc`;
};

/** By id: what many links have in common. Tags stand in the order of their names. */
type Names = { domains: Map<string, Domain>; tags: Map<string, Tag>; campaigns: Map<string, string> };
type Tag = { name: string; place: number };

async function readNames(tx: Db, workspaceId: string): Promise<Names> {
  const { rows: tags } = await tx.execute<{ id: string; name: string }>(
    sql`select id, name from tags where workspace_id = ${workspaceId} order by name_key`,
  );
  const { rows: campaigns } = await tx.execute<{ id: string; name: string }>(
    sql`select id, name from campaigns where workspace_id = ${workspaceId}`,
  );
  const { rows: domains } = await tx.execute<Domain & { id: string }>(
    sql`select id, scheme, host from domains where workspace_id is null or workspace_id = ${workspaceId}`,
  );
  return {
    tags: new Map(tags.map(({ id, name }, place) => [id, { name, place }])),
    campaigns: new Map(campaigns.map(({ id, name }) => [id, name])),
    domains: new Map(domains.map((domain) => [domain.id, domain])),
  };
}

const isNamed = ({ domainId, campaignId, tagIds }: Read, { domains, campaigns, tags }: Names): boolean =>
  domains.has(domainId) &&
  (campaignId === null || campaigns.has(campaignId)) &&
  (tagIds === null || tagIds.split(' ').every((id) => tags.has(id)));

function withNames(link: Read, { domains, tags, campaigns }: Names): LinkRow {
  const domain = domains.get(link.domainId);
  if (!domain) throw new Error('A link is on a domain that its workspace cannot use.');
  const ofLink = (link.tagIds?.split(' ') ?? []).flatMap((id) => tags.get(id) ?? []);
  const inOrder = ofLink.length > 1 ? ofLink.toSorted((one, other) => one.place - other.place) : ofLink;
  return {
    link,
    columns: link,
    domain,
    tags: inOrder.map(({ name }) => name).join(', '),
    campaign: (link.campaignId === null ? undefined : campaigns.get(link.campaignId)) ?? null,
  };
}
