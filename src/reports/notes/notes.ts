import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { listRoutingChanges } from './routing-changes.ts';
import type { Span } from '../counts/period.ts';
import type { Subject } from '../counts/kinds.ts';

/** Something that happened to a subject, or to how it is counted; `id` of one that people wrote, and may remove. */
export type Note = { id: string | null; at: Date; text: string };

/** Notes shown on one chart; more would hide it. */
const most = 20;

/** The notes of a span, the earliest first: of the subject, of its workspace, of the whole instance, and changes of a link. */
export async function listNotes(db: Db, workspaceId: string, subject: Subject, span: Span): Promise<Note[]> {
  const linkId = subject.kind === 'link' ? subject.id : null;
  const rows = await executePrepared<{ id: string | null; at: number; text: string }>(
    db,
    'list-notes',
    sql`
select id, (extract(epoch from at) * 1000)::float8 as at, text
from (
  select null as id, created_at as at, 'Link created' as text from links where workspace_id = ${workspaceId} and id = ${linkId}
  union all
  select null, at, text from chart_notes where workspace_id is null or workspace_id = ${workspaceId}
  union all
  select id, at, text from report_notes where workspace_id = ${workspaceId} and (link_id is null or link_id = ${linkId})
) n
where at >= ${span.from.toISOString()} and at < ${span.to.toISOString()}
order by at desc, text
limit ${most}`,
  );
  const written = rows.map(({ id, at, text }): Note => ({ id, at: new Date(at), text })).toReversed();
  const changes = linkId === null ? [] : await listRoutingChanges(db, workspaceId, linkId, span);
  return [...written, ...changes.map((change): Note => ({ id: null, ...change }))].toSorted(
    (one, other) => one.at.getTime() - other.at.getTime(),
  );
}

/**
 * @param note.linkId the link that it is about; null for all of the workspace
 * @param deletedId of a note that was deleted, and is brought back
 * @throws NotFound for another workspace's link
 */
export async function insertNote(
  db: Db,
  workspaceId: string,
  by: Actor,
  note: { at: Date; text: string; linkId: string | null },
  deletedId?: string,
): Promise<void> {
  const id = deletedId ?? newId();
  const what = deletedId === undefined ? 'note.created' : 'note.restored';
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute(sql`
insert into report_notes (id, workspace_id, link_id, at, text, created_by)
select ${id}, ${workspaceId}, ${note.linkId}, ${note.at.toISOString()}, ${note.text}, ${by.userId}
where ${note.linkId}::text is null
   or exists (select 1 from links where id = ${note.linkId} and workspace_id = ${workspaceId} and deleted_at is null)
returning id`);
    if (rows.length === 0) throw new NotFound('There is no such link.');
    await record(tx, by, workspaceId, { what, target: { id, name: note.text }, after: note });
  });
}

/** Whether a note is there, and is the workspace's. */
export async function hasNote(db: Db, workspaceId: string, noteId: string): Promise<boolean> {
  const { rows } = await db.execute(
    sql`select from report_notes where id = ${noteId} and workspace_id = ${workspaceId}`,
  );
  return rows.length > 0;
}

/**
 * @returns what it was
 * @throws NotFound for a note that is gone or another workspace's
 */
export async function removeNote(
  db: Db,
  workspaceId: string,
  by: Actor,
  noteId: string,
): Promise<{ at: Date; text: string; linkId: string | null }> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ at: number; text: string; linkId: string | null }>(sql`
delete from report_notes where id = ${noteId} and workspace_id = ${workspaceId}
returning (extract(epoch from at) * 1000)::float8 as at, text, link_id as "linkId"`);
    const [removed] = rows;
    if (!removed) throw new NotFound('There is no such note.');
    const before = { ...removed, at: new Date(removed.at) };
    await record(tx, by, workspaceId, { what: 'note.deleted', target: { id: noteId, name: before.text }, before });
    return before;
  });
}
