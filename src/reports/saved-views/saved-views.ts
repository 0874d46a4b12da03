import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { savedViews } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { nameKey, readName, refuseTaken } from '../../links/links/name.ts';

/** A report under a name; its address is path and query below the workspace, 'reports?period=30d'. */
export type SavedView = { id: string; name: string; address: string };
export type ListedView = SavedView & {
  /** The name of its subject, 'go.acme.com/spring' or 'Launch'; '' of the whole workspace, null where it is gone. */
  subjectName: string | null;
};

export const maxViews = 100;

const kind = { index: 'saved_views_name', what: 'view' };

const columns = { id: savedViews.id, name: savedViews.name, address: savedViews.address };

/** @throws Invalid (field `name`) */
export function readViewName(typed: string): string {
  return readName(typed, { field: 'name', what: 'view', maxLength: 80, isListed: false });
}

/** A workspace's views by name. */
export async function listViews(db: Db, workspaceId: string): Promise<ListedView[]> {
  return executePrepared<ListedView>(
    db,
    'list-views',
    sql`
select v.id, v.name, v.address, case when v.folder is null then '' else named.name end as "subjectName"
from (
  select *, substring(address from '^([^?]*)/') as folder, substring(address from '^[^?]*/([^/?]*)') as subject_id
  from saved_views
  where workspace_id = ${workspaceId}
) v
left join lateral (
  select case when o.kind = 'qr' then 'QR code of ' else '' end || d.host || '/' || s.slug as name
  from slugs o
  join links l on l.id = o.link_id and l.workspace_id = v.workspace_id and l.deleted_at is null
  join slugs s on s.link_id = l.id and s.kind = 'primary'
  join domains d on d.id = s.domain_id
  where (v.folder = 'links' and o.link_id = v.subject_id and o.kind = 'primary')
     or (v.folder = 'reports/qr-codes' and o.id = v.subject_id and o.kind = 'qr')
  union all
  select c.name from campaigns c
  where v.folder = 'reports/campaigns' and c.id = v.subject_id and c.workspace_id = v.workspace_id
  union all
  select t.name from tags t where v.folder = 'reports/tags' and t.id = v.subject_id and t.workspace_id = v.workspace_id
  union all
  select d.host from domains d
  where v.folder = 'reports/domains' and d.id = v.subject_id and coalesce(d.workspace_id, v.workspace_id) = v.workspace_id
) named on true
order by v.name_key`,
  );
}

/** A saved view as the menu of a report offers it. */
export type OfferedView = { name: string; href: string; isCurrent: boolean };

/** The views that still lead somewhere. @param current address of the report that is shown */
export async function offerViews(
  db: Db,
  workspace: { id: string; slug: string },
  current: string,
): Promise<OfferedView[]> {
  const views = await listViews(db, workspace.id);
  return views
    .filter(({ subjectName }) => subjectName !== null)
    .map(({ name, address }) => ({ name, href: `/w/${workspace.slug}/${address}` }))
    .map((view) => ({ ...view, isCurrent: view.href === current }));
}

/** @throws NotFound for a view that is gone or another workspace's */
export async function getView(db: Db, workspaceId: string, viewId: string): Promise<SavedView> {
  const [view] = await db.select(columns).from(savedViews).where(isView(workspaceId, viewId));
  return view ?? notThere();
}

/**
 * @param deletedId of a view that was deleted, and is brought back
 * @throws Conflict (field `name`, code `view_taken`)
 * @throws Invalid (field `name`, code `views_limit`)
 */
export async function insertView(
  db: Db,
  workspaceId: string,
  by: Actor,
  { name, address }: Omit<SavedView, 'id'>,
  deletedId?: string,
): Promise<SavedView> {
  const id = deletedId ?? newId();
  const what = deletedId === undefined ? 'view.created' : 'view.restored';
  const values = { id, workspaceId, name, nameKey: nameKey(name), address, createdBy: by.userId };
  await db.transaction(async (tx) => {
    if ((await countForInsert(tx, savedViews, workspaceId)) >= maxViews)
      throw new Invalid(`A workspace has at most ${maxViews} saved views. Delete some first.`, {
        field: 'name',
        code: 'views_limit',
      });
    await refuseTaken(name, kind, () => tx.insert(savedViews).values(values));
    await record(tx, by, workspaceId, { what, target: { id, name }, after: { name, address } });
  });
  return { id, name, address };
}

/**
 * @param nameFor sees the view as it is under the lock, and throws where it may not be renamed
 * @throws NotFound
 * @throws Conflict (field `name`, code `view_taken`)
 */
export async function renameView(
  db: Db,
  workspaceId: string,
  by: Actor,
  viewId: string,
  nameFor: (now: SavedView) => string,
): Promise<void> {
  const isMeant = isView(workspaceId, viewId);
  await db.transaction(async (tx) => {
    const [now] = await tx.select(columns).from(savedViews).where(isMeant).for('no key update');
    const found = now ?? notThere();
    const name = nameFor(found);
    const before = { name: found.name };
    await refuseTaken(name, kind, () =>
      tx
        .update(savedViews)
        .set({ name, nameKey: nameKey(name) })
        .where(isMeant),
    );
    const target = { id: viewId, name };
    await record(tx, by, workspaceId, { what: 'view.changed', target, before, after: { name } });
  });
}

/** @returns what was deleted @throws NotFound */
export async function removeView(db: Db, workspaceId: string, by: Actor, viewId: string): Promise<SavedView> {
  return db.transaction(async (tx) => {
    const [found] = await tx.delete(savedViews).where(isView(workspaceId, viewId)).returning(columns);
    const gone = found ?? notThere();
    const before = { name: gone.name, address: gone.address };
    await record(tx, by, workspaceId, { what: 'view.deleted', target: gone, before });
    return gone;
  });
}

const isView = (workspaceId: string, viewId: string) =>
  and(eq(savedViews.workspaceId, workspaceId), eq(savedViews.id, viewId));

function notThere(): never {
  throw new NotFound('There is no such view.');
}
