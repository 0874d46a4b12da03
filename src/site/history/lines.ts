import { formatDate, formatTime, formatWeekday } from '../../ground/text/format.ts';
import { addDays, localDay } from '../../ground/time/zoned-time.ts';
import type { Membership } from '../../people/workspaces/queries.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import type { HistoryEvent, HistoryLine } from './events.ts';
import type { FieldChange } from './fields.ts';
import { thingList, thingOf } from './things.ts';
import { mayUndo } from './undo.ts';
import { actorWords, tell, tellLine, type Told, ways } from './words.ts';

/** A line as a page shows it. */
export type ShownLine = {
  id: number;
  /** Heading of its day, where the line before is of another one. */
  heading: string | null;
  at: Date;
  time: string;
  actor: string;
  /** The History of this actor alone. */
  actorHref: string;
  verb: string;
  name: string | null;
  nameHref: string | null;
  count: string | null;
  changes: FieldChange[];
  others: number;
  way: string | null;
  detailsHref: string;
  /** The form that undoes it is sent there; null for what cannot be undone, or not by this person. */
  undoAction: string | null;
};

type Asked = {
  workspace: Membership;
  now: Date;
  /** The day of the line before, 'YYYY-MM-DD'. */
  lastDay?: string;
  /** Ids of things that are there still. */
  there: ReadonlySet<string>;
  /** Ids of changes that are undone already. */
  undone: ReadonlySet<number>;
  /** The thing whose own page it is. */
  own?: string | undefined;
};

/** 'Today', 'Yesterday', 'Wed, 3 Nov 2026' */
function dayHeading(at: Date, now: Date, timeZone: string): string {
  const day = localDay(at, timeZone);
  const today = localDay(now, timeZone);
  if (day === today) return 'Today';
  if (day === addDays(today, -1)) return 'Yesterday';
  return `${formatWeekday(at, timeZone)}, ${formatDate(at, timeZone)}`;
}

/** Lines as a page shows them. */
export function showLines(lines: readonly HistoryLine[], { lastDay = '', ...asked }: Asked): ShownLine[] {
  let day = lastDay;
  return lines.flatMap((line) => {
    const [head] = line.events;
    if (!head) return [];
    const ofLine = localDay(head.at, asked.workspace.timeZone);
    const heading = ofLine === day ? null : dayHeading(head.at, asked.now, asked.workspace.timeZone);
    day = ofLine;
    return [{ ...showLine(line, head, asked), heading }];
  });
}

/** The address of the History below a workspace. */
export const historyHome = ({ slug }: Pick<Membership, 'slug'>): string => `/w/${slug}/history`;

function showLine(
  line: HistoryLine,
  head: HistoryEvent,
  { workspace, there, undone, own }: Asked,
): Omit<ShownLine, 'heading'> {
  const { role, timeZone } = workspace;
  const home = historyHome(workspace);
  const told = own === head.targetId ? tell(head, timeZone, true) : tellLine(line, timeZone);
  const isOfRequest = line.count > 1 && head.requestId !== null;
  const detailsHref = isOfRequest ? requestHref(workspace, head) : `${home}/${head.id}`;
  const canUndo = line.events.some((event) => mayUndo(role, event) && isWhole(event, there) && !undone.has(event.id));
  return {
    id: head.id,
    at: head.at,
    time: formatTime(head.at, timeZone),
    actor: actorWords(head),
    actorHref: `${home}?by=${encodeURIComponent(head.actorId ?? head.actorKind)}`,
    ...namedBy(told, workspace, there),
    verb: told.verb,
    count: told.count,
    changes: told.changes,
    others: told.others,
    // Of the other ways the actor tells, or the number.
    way: head.via === 'undo' ? ways.undo : null,
    detailsHref,
    undoAction: canUndo ? `${detailsHref}/undo` : null,
  };
}

function namedBy({ target }: Told, { slug }: Membership, there: ReadonlySet<string>) {
  const page = target && thingList[target.thing]?.page;
  const nameHref = target && page && there.has(target.id) ? `/w/${slug}${page(target.id)}` : null;
  return { name: target?.name ?? null, nameHref };
}

/** Of a request by its id, which a proxy may have given it. */
export const requestHref = (workspace: Pick<Membership, 'slug'>, { requestId }: HistoryEvent): string =>
  `${historyHome(workspace)}/requests/${encodeURIComponent(requestId ?? '')}`;

/** Whether its thing is there still, as far as that was looked up; notes and views come back when they were deleted. */
function isWhole({ what, targetId }: HistoryEvent, there: ReadonlySet<string>): boolean {
  return thingList[thingOf(what)]?.page === undefined || there.has(targetId);
}

/** A change on a page of its own. */
export function showChange(event: HistoryEvent, workspace: Membership, there: ReadonlySet<string>) {
  const told = tell(event, workspace.timeZone);
  return {
    actor: actorWords(event),
    verb: told.verb,
    ...namedBy(told, workspace, there),
    changes: told.changes,
    way: ways[event.via],
    at: event.at,
    /** For those who manage people. */
    network: mayDo(workspace.role, 'managePeople') ? event.network : null,
  };
}
