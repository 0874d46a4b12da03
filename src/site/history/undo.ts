import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { formatDateTime, inSentence } from '../../ground/text/format.ts';
import { AppError } from '../../ground/text/errors.ts';
import type { LinkContext } from '../../links/reading/context.ts';
import { mayDo, type Role } from '../../people/workspaces/roles.ts';
import type { Membership } from '../../people/workspaces/queries.ts';
import { ChangedSince, type FieldNow, settle } from './compared.ts';
import { type HistoryEvent, listLater } from './events.ts';
import { changesIn } from './fields.ts';
import { compareLink, inside, isOfLink, orError, undoOfLinks } from './restore-links.ts';
import { otherRestorers } from './restore-others.ts';
import type { RestorePlace } from './restorer.ts';
import { actorWords } from './words.ts';

/** Result of undoing one change; `why` is a sentence. */
export type UndoOutcome =
  | { event: HistoryEvent; result: 'done' | 'already' }
  | { event: HistoryEvent; result: 'refused'; why: string; isOvertaken: boolean };

/** Whether it can be undone, and somebody may. */
export function mayUndo(role: Role, event: HistoryEvent): boolean {
  const right = isOfLink(event) ? 'changeLinks' : otherRestorers[event.what]?.right;
  return right !== undefined && mayDo(role, right);
}

/** The server's parts that undoing needs. */
export type UndoContext = LinkContext;

const placeIn = (
  { sites, config, isReservedSlug }: UndoContext,
  tx: Db,
  workspace: Membership,
  by: Actor,
  now: Date,
): RestorePlace => ({
  tx,
  workspace,
  by: { ...by, via: 'undo' },
  now,
  // Reading goes by the transaction: a second connection could wait for one that waits for it.
  context: { db: tx, sites, config, isReservedSlug },
});

/**
 * The fields of a change as they are now, and as they would be with it undone.
 * @throws NotFound for a thing that is gone
 */
export async function compareWithNow(
  context: UndoContext,
  workspace: Membership,
  by: Actor,
  event: HistoryEvent,
  now: Date,
): Promise<FieldNow[]> {
  const place = placeIn(context, context.db, workspace, by, now);
  if (isOfLink(event)) return compareLink(place, event);
  return (await otherRestorers[event.what]?.compare(place, event)) ?? [];
}

/**
 * Undoes changes by the functions of ordinary changes, in one transaction. Each is undone as far as it can be: one that
 * others changed since, or that is gone, stays and says why.
 * @param events of a workspace, the newest first; those that cannot be undone are left out
 * @param seen digest of what the person was shown, who wants it nevertheless
 */
export async function undoChanges(
  context: UndoContext,
  workspace: Membership,
  by: Actor,
  events: readonly HistoryEvent[],
  { now, seen = '' }: { now: Date; seen?: string },
): Promise<UndoOutcome[]> {
  const able = events.filter((event) => mayUndo(workspace.role, event));
  return context.db.transaction(async (tx) => {
    const place = placeIn(context, tx, workspace, by, now);
    const outcomes: UndoOutcome[] = [];
    const decide = (fields: readonly FieldNow[]) => settle(fields, seen);
    for (const each of await undoOfLinks(place, able.filter(isOfLink), decide))
      outcomes.push('error' in each ? await refused(place, each.event, each.error) : each);
    for (const event of able.filter((each) => !isOfLink(each))) {
      let sets = {};
      const error = await orError(async () => {
        // Somebody else, or the same button, brings back the same note: one of them waits, and sees that it is done.
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`undo ${event.targetId}`}))`);
        await tx.transaction(async (inner) => {
          await otherRestorers[event.what]?.apply(inside(place, inner), event, (fields) => {
            sets = decide(fields);
            return sets;
          });
        });
      });
      if (error instanceof AppError) outcomes.push(await refused(place, event, error));
      else outcomes.push({ event, result: Object.keys(sets).length > 0 ? 'done' : 'already' });
    }
    return outcomes;
  });
}

/** Changes of a thing that are looked through for who changed a field. */
const maxLooked = 50;

async function refused(place: RestorePlace, event: HistoryEvent, error: AppError): Promise<UndoOutcome> {
  const isOvertaken = error instanceof ChangedSince;
  const why = isOvertaken ? await whoChanged(place, event, error) : error.message;
  return { event, result: 'refused', why, isOvertaken };
}

/** "Grace changed the destination since, on 3 Nov 2026, 14:05." */
async function whoChanged({ tx, workspace }: RestorePlace, event: HistoryEvent, error: ChangedSince): Promise<string> {
  const [field] = error.fields;
  if (!field || field.doubt) return error.message;
  const later = await listLater(tx, workspace.id, event, maxLooked);
  const by = later.find((each) => changesIn(each, workspace.timeZone).some(({ label }) => label === field.label));
  if (!by) return error.message;
  const what = inSentence(field.label);
  return `${actorWords(by)} changed the ${what} since, on ${formatDateTime(by.at, workspace.timeZone)}.`;
}
