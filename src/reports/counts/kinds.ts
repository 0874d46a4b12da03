import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { findKept, findKeptOfDomain, type KeptOf } from '../../visitors/rollups/scopes.ts';

/**
 * The subject of a report; a workspace goes by its own id. Campaigns and tags stand for all links that have them today,
 * deleted ones too. Their visitors are those of each link: a visitor who opens two of the links on one day counts at both.
 * A domain is a part of its workspace and a QR code of its link. A visitor belongs to the first click of the day there, as
 * where a workspace or a link is filtered by them: all domains add up to the workspace.
 */
export type Subject = { kind: SubjectKind; id: string };
export type SubjectKind = 'workspace' | 'link' | 'campaign' | 'tag' | 'domain' | 'qr';

type KindOfSubject = {
  /** How refusals call it. */
  noun: string;
  /** The path of its reports, below the workspace. */
  folder: string;
  /** The place of the navigation where its pages stand. */
  section: 'reports' | 'links' | 'campaigns' | 'tags' | 'domains';
  /** True of what is made of links, whole, and counts the visitors of each. */
  isSumOfLinks: boolean;
  isOfOneLink: boolean;
  /** True where rollups answer for all of it, however few hits its links have. */
  isRolledUp: boolean;
  /** Whether a visitor is credited to the first click of the day in the workspace, or on each link. */
  visitorsOf: 'workspace' | 'link';
  /** Condition: the workspace `w` has one with this id. */
  exists: (id: string) => SQL;
  /** Condition: a column holds one of its links. */
  hasLink: (column: SQL, id: string) => SQL;
  /** Condition: a row `c` of clicks is its own; that it has the link says it where left out. */
  hasHit?: (id: string) => SQL;
  /** Finds the rollups that it has of its own. */
  findKept?: (db: Db, workspaceId: string, id: string) => Promise<KeptOf | undefined>;
};

const link = sql`c.link_id`;
const linkOfCode = (column: SQL, id: string) => sql`${column} = (select s.link_id from slugs s where s.id = ${id})`;

/** Campaigns and tags: made of many links. */
const ofManyLinks = {
  isSumOfLinks: true,
  isOfOneLink: false,
  isRolledUp: false,
  visitorsOf: 'link',
  findKept: async (db: Db, workspaceId: string, id: string) => (await findKept(db, workspaceId, [id])).get(id),
} as const;

/** THE list of what can have a report. */
export const kinds: Readonly<Record<SubjectKind, KindOfSubject>> = {
  workspace: {
    noun: 'workspace',
    folder: 'reports',
    section: 'reports',
    isSumOfLinks: false,
    isOfOneLink: false,
    isRolledUp: true,
    visitorsOf: 'workspace',
    exists: (id) => sql`w.id = ${id}`,
    hasLink: () => sql`true`,
  },
  link: {
    noun: 'link',
    folder: 'links',
    section: 'links',
    isSumOfLinks: true,
    isOfOneLink: true,
    isRolledUp: true,
    visitorsOf: 'link',
    exists: (id) => sql`exists (select 1 from links where workspace_id = w.id and id = ${id} and deleted_at is null)`,
    hasLink: (column, id) => sql`${column} = ${id}`,
  },
  campaign: {
    noun: 'campaign',
    folder: 'reports/campaigns',
    section: 'campaigns',
    ...ofManyLinks,
    exists: (id) => sql`exists (select 1 from campaigns where workspace_id = w.id and id = ${id})`,
    hasLink: (column, id) => sql`${column} in (select l.id from links l where l.campaign_id = ${id})`,
  },
  tag: {
    noun: 'tag',
    folder: 'reports/tags',
    section: 'tags',
    ...ofManyLinks,
    exists: (id) => sql`exists (select 1 from tags where workspace_id = w.id and id = ${id})`,
    hasLink: (column, id) => sql`${column} in (select lt.link_id from link_tags lt where lt.tag_id = ${id})`,
  },
  domain: {
    noun: 'domain',
    folder: 'reports/domains',
    section: 'domains',
    isSumOfLinks: false,
    isOfOneLink: false,
    isRolledUp: false,
    visitorsOf: 'workspace',
    exists: (id) =>
      sql`exists (select 1 from domains where id = ${id} and (workspace_id is null or workspace_id = w.id))`,
    hasLink: (column, id) => sql`${column} in (select s.link_id from slugs s where s.domain_id = ${id})`,
    hasHit: (id) => sql`c.domain_id = ${id}`,
    findKept: findKeptOfDomain,
  },
  qr: {
    noun: 'QR code',
    folder: 'reports/qr-codes',
    section: 'links',
    isSumOfLinks: false,
    isOfOneLink: true,
    isRolledUp: false,
    visitorsOf: 'link',
    exists: (id) => sql`exists (
    select 1 from slugs s join links o on o.id = s.link_id
    where s.id = ${id} and s.kind = 'qr' and o.workspace_id = w.id and o.deleted_at is null)`,
    hasLink: linkOfCode,
    hasHit: (id) => sql`${linkOfCode(link, id)} and c.slug_id = ${id}`,
  },
};

export const subjectKinds = Object.keys(kinds) as SubjectKind[];

/** Condition: a column holds a link of the subject. */
export const hasLink = ({ kind, id }: Subject, column: SQL): SQL => kinds[kind].hasLink(column, id);

/** Condition: a row `c` of clicks is the subject's. */
export const hasHit = ({ kind, id }: Subject): SQL => kinds[kind].hasHit?.(id) ?? kinds[kind].hasLink(link, id);
