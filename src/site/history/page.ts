import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { formatDateTime, plural } from '../../ground/text/format.ts';
import { AppError, NotFound } from '../../ground/text/errors.ts';
import { addDays, dayStart, isDay, localDay } from '../../ground/time/zoned-time.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import type { Head } from '../../reports/pages/heads.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { type FieldNow, digestOf } from './compared.ts';
import {
  countOfRequest,
  type HistoryEvent,
  type HistoryPage,
  listHistory,
  listHistoryOf,
  listOfRequest,
  listUndos,
  maxCounted,
} from './events.ts';
import { historyHome, requestHref, showChange, showLines } from './lines.ts';
import { listActors, listThere } from './named.ts';
import { hiddenFrom, type ThingFilter, thingFilters, thingOf, thingsFor } from './things.ts';
import { compareWithNow, mayUndo } from './undo.ts';
import { undoneAmong } from './undone.ts';
import { actorChoice, tellLine } from './words.ts';

/** Lines of a page. */
const linesPerPage = 50;

/** Filters of the History, as its address says them. */
export type HistoryQuery = {
  of: ThingFilter | '';
  by: string;
  /** 'YYYY-MM-DD' of the workspace's calendar, or ''. */
  day: string;
  /** Id of the last line before, or 0; and its day. */
  before: number;
  after: string;
};

/** The thing whose History a page shows. */
export type HistorySubject = {
  id: string;
  /** As the page calls it, and the place in the navigation. */
  name: string;
  section: string;
  head: Head;
};

const queryOf = (query: Partial<HistoryQuery>): string => {
  const pairs = Object.entries(query).filter(([, value]) => value !== '' && value !== 0);
  const text = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text && `?${text}`;
};

/** The History of a workspace. */
export async function showHistory(request: FastifyRequest, reply: FastifyReply, query: HistoryQuery) {
  const { db } = request.server;
  const { workspace } = request;
  const { of, by, day, before } = query;
  const span = isDay(day)
    ? { from: dayStart(day, workspace.timeZone), to: dayStart(addDays(day, 1), workspace.timeZone) }
    : null;
  const things = of === '' ? [] : thingsFor(workspace.role, of);
  const filter = { things, hidden: hiddenFrom(workspace.role), by, span };
  const page = await listHistory(db, workspace.id, filter, { before, limit: linesPerPage });
  const home = historyHome(workspace);
  const shown = await showPage(request, page, query, (next) => `${home}${queryOf({ of, by, day, ...next })}`);
  const isFiltered = of !== '' || by !== '' || span !== null;
  if (isFragmentRequest(request) && before > 0) return reply.fragment('site/history/more.eta', shown);
  return reply.page('site/history/index.eta', {
    title: 'History',
    ...shown,
    section: 'history',
    subject: null,
    isFiltered,
    filters: {
      home,
      of,
      by,
      day: span ? day : '',
      today: localDay(new Date(), workspace.timeZone),
      things: Object.entries(thingFilters).filter(
        ([name]) => thingsFor(workspace.role, name as ThingFilter).length > 0,
      ),
      actors: (await listActors(db, workspace.id)).map(({ id, kind, name }) => ({
        id,
        name: actorChoice(id, kind, name),
      })),
      isFiltered,
    },
  });
}

/** The History of one thing, a page of its own. */
export async function showHistoryOf(
  request: FastifyRequest,
  reply: FastifyReply,
  query: Pick<HistoryQuery, 'before' | 'after'>,
  subject: HistorySubject,
) {
  const { before } = query;
  const { workspace } = request;
  const options = { before, limit: linesPerPage, isLink: subject.section === 'links' };
  const page = await listHistoryOf(request.server.db, workspace.id, subject.id, options);
  const [path = ''] = request.url.split('?');
  const shown = await showPage(request, page, query, (next) => `${path}${queryOf(next)}`, subject.id);
  if (isFragmentRequest(request) && before > 0) return reply.fragment('site/history/more.eta', shown);
  return reply.page('site/history/index.eta', {
    title: `History of ${subject.name}`,
    ...shown,
    section: subject.section,
    subject,
    isFiltered: false,
    filters: null,
  });
}

async function showPage(
  request: FastifyRequest,
  { lines, nextCursor }: HistoryPage,
  { before, after }: Pick<HistoryQuery, 'before' | 'after'>,
  hrefOf: (next: Partial<HistoryQuery>) => string,
  own?: string,
) {
  const { workspace } = request;
  const last = lines.at(-1)?.events[0];
  const changes = lines.flatMap(({ events }) => events);
  const undos = await listUndos(request.server.db, workspace.id, changes);
  return {
    lines: showLines(lines, {
      workspace,
      now: new Date(),
      there: await thereOf(
        request,
        lines.flatMap(({ events }) => events.slice(0, 1)),
      ),
      undone: undoneAmong([...changes, ...undos]),
      lastDay: after,
      own,
    }),
    isFirstPage: before === 0,
    firstHref: hrefOf({}),
    nextHref:
      nextCursor === null || !last
        ? null
        : hrefOf({ before: nextCursor, after: localDay(last.at, workspace.timeZone) }),
    path: request.url,
  };
}

const thereOf = (request: FastifyRequest, events: readonly HistoryEvent[]) =>
  listThere(
    request.server.db,
    request.workspace.id,
    events.map(({ targetId }) => targetId),
  );

/** A change that somebody may not read about looks like none. @throws NotFound */
export function refuseHidden({ workspace }: FastifyRequest, event: HistoryEvent): void {
  if (hiddenFrom(workspace.role).includes(thingOf(event.what)))
    throw new NotFound('There is no such change in the History.');
}

/** Why undoing was refused. */
type Refused = { why: string };

/** One change, with its thing as it is now. @param refused why the person may have to look twice */
export async function showEvent(
  request: FastifyRequest,
  reply: FastifyReply,
  event: HistoryEvent,
  refused: Refused | null = null,
) {
  refuseHidden(request, event);
  const { workspace } = request;
  const there = await thereOf(request, [event]);
  const canUndo = mayUndo(workspace.role, event);
  const { fields, obstacle } = await comparedOf(request, event, canUndo);
  const change = showChange(event, workspace, there);
  const { requestId } = event;
  const hidden = hiddenFrom(workspace.role);
  const isOneOfMany =
    requestId !== null && (await countOfRequest(request.server.db, workspace.id, requestId, hidden)) > 1;
  return reply.page('site/history/event.eta', {
    title: `Change on ${formatDateTime(event.at, workspace.timeZone)}`,
    event: change,
    refused: refused?.why ?? null,
    /** Fields that undoing would set. */
    open: fields.filter(({ now, undone }) => now !== undone),
    isUndone: canUndo && obstacle === null && fields.length > 0 && fields.every(({ now, undone }) => now === undone),
    obstacle,
    seen: digestOf(fields),
    canUndo,
    undoAction: `${historyHome(workspace)}/${event.id}/undo`,
    home: historyHome(workspace),
    requestHref: isOneOfMany ? requestHref(workspace, event) : null,
    alike: alikeOf(request, event),
    timeZone: workspace.timeZone,
  });
}

async function comparedOf(
  request: FastifyRequest,
  event: HistoryEvent,
  canUndo: boolean,
): Promise<{ fields: FieldNow[]; obstacle: string | null }> {
  if (!canUndo) return { fields: [], obstacle: null };
  try {
    const fields = await compareWithNow(request.server, request.workspace, actorOf(request), event, new Date());
    return { fields, obstacle: fields.find(({ obstacle }) => obstacle !== undefined)?.obstacle ?? null };
  } catch (error) {
    if (error instanceof AppError) return { fields: [], obstacle: error.message };
    throw error;
  }
}

/** The form of a new link like one that is deleted for good. */
function alikeOf({ workspace }: FastifyRequest, { what, before }: HistoryEvent): string | null {
  if (what !== 'link.deleted' || !before || !mayDo(workspace.role, 'changeLinks')) return null;
  const texts = ['url', 'title'].flatMap((name): [string, string][] => {
    const value = before[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return `/w/${workspace.slug}/links/new?${new URLSearchParams(texts).toString()}`;
}

/** All that a request changed. @param refused why some of it was not undone */
export async function showRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  requestId: string,
  { before, after }: Pick<HistoryQuery, 'before' | 'after'>,
  refused: Refused | null = null,
) {
  const { db } = request.server;
  const { workspace } = request;
  const hidden = hiddenFrom(workspace.role);
  const read = await listOfRequest(db, workspace.id, requestId, { before, limit: linesPerPage + 1, hidden });
  const events = read.slice(0, linesPerPage);
  const [head] = events;
  if (!head) throw new NotFound('There is no such change in the History.');
  const page = {
    lines: events.map((event) => ({ events: [event], count: 1 })),
    nextCursor: read.length > linesPerPage ? (events.at(-1)?.id ?? null) : null,
  };
  const href = requestHref(workspace, head);
  const shown = await showPage(request, page, { before, after }, (next) => `${href}${queryOf(next)}`);
  if (isFragmentRequest(request) && before > 0) return reply.fragment('site/history/more.eta', shown);
  const count = await countOfRequest(db, workspace.id, requestId, hidden);
  const told = tellLine({ events, count }, workspace.timeZone);
  const { actor, way, network } = showChange(head, workspace, new Set());
  return reply.page('site/history/request.eta', {
    title: 'Changes at once',
    ...shown,
    actor,
    verb: told.verb,
    what: told.count ?? told.target?.name ?? '',
    count: count > maxCounted ? `more than ${plural(maxCounted, 'change')}` : plural(count, 'change'),
    isOne: count === 1,
    at: head.at,
    way,
    network,
    refused: refused?.why ?? null,
    undoAction: shown.lines.some(({ undoAction }) => undoAction) ? `${href}/undo` : null,
    home: historyHome(workspace),
    timeZone: workspace.timeZone,
  });
}
