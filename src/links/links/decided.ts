import { getTableColumns } from 'drizzle-orm';
import { links } from '../../ground/db/schema.ts';

/** The kind of thing that a link opens: of its main option (`links/options/list.ts`), when it is made, and for ever. */
export type LinkKind = typeof links.$inferSelect.kind;

/** Columns of `links` that we keep by ourselves, or that are shown by the name of what they point at. */
const ours = [
  'id',
  'workspaceId',
  'kind',
  'version',
  'campaignId',
  'createdBy',
  'createdAt',
  'updatedAt',
  'archivedAt',
  'deletedAt',
  'searchText',
  'splitPlan',
  'routesPlan',
] as const;
type Ours = (typeof ours)[number];

/** The columns that people decide: a new one is read, kept, changed and told by events without a word elsewhere. */
export type Decided = Omit<typeof links.$inferSelect, Ours>;
export type NewDecided = Omit<typeof links.$inferInsert, Ours>;

export const decidedColumns = Object.fromEntries(
  Object.entries(getTableColumns(links)).filter(([name]) => !(ours as readonly string[]).includes(name)),
) as Omit<(typeof links)['_']['columns'], Ours>;

/** Those of a link alone. */
export const decidedOf = (link: Decided): Decided =>
  Object.fromEntries(Object.keys(decidedColumns).map((name) => [name, link[name as keyof Decided]])) as Decided;
