import { isFragmentRequest } from '../../ground/http/fragments.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { drawSparkline } from './sparkline.ts';
import { queryOf as queryIn } from '../../ground/addresses/destination.ts';
import type { Db } from '../../ground/db/db.ts';
import { formatNumber } from '../../ground/text/format.ts';
import { loadChecklist } from '../setup/checklist.ts';
import { listQuery } from './forms.ts';
import {
  countLinks,
  inTurnOfList,
  type LinkCounts,
  listAndCount,
  listLinks,
  mostFound,
  sparklinesOf,
} from '../links/list.ts';
import type { Link } from '../links/queries.ts';
import { statusOf } from '../links/status.ts';
import { wordsOf } from '../links/search.ts';

const linksPerPage = 50;
const sparklineDays = 30;

export type ListQuery = z.output<typeof listQuery>;

/** The values that the bar of several links shows again when it was refused. */
export type RefusedBulk = { links: readonly string[]; tag: string; campaign: string; message: string };

/** The list of links. @param refused what was asked of several links, and why it was not done */
export async function showList(
  request: FastifyRequest,
  reply: FastifyReply,
  query: ListQuery,
  refused: RefusedBulk | null = null,
) {
  const { db } = request.server;
  const { search, sort, tag, campaign, cursor } = query;
  const { id, slug, timeZone } = request.workspace;
  const href = (changes: Partial<ListQuery>) => listHref(slug, { ...query, cursor: null, ...changes });
  const isMore = isFragmentRequest(request) && cursor !== null;
  const { page, counts, rows } = await inTurnOfList(db, id, query, async (tx) => {
    const options = { ...query, limit: linksPerPage };
    // More of a list that is shown already: how many links there are stands above it.
    const listed = isMore
      ? { page: await listLinks(tx, id, options), counts: null }
      : await listAndCount(tx, id, options);
    return { ...listed, rows: await rowsOf(request, listed.page.links, tx) };
  });
  const list = queryOf({ ...query, cursor: null });
  keepList(request, reply, list);
  const shown = {
    refused,
    isMore,
    list,
    rows,
    now: new Date(),
    timeZone,
    nextHref: page.nextCursor && href({ cursor: page.nextCursor }),
  };
  if (!counts) return reply.fragment('links/pages/more.eta', shown);
  const isFragment = isFragmentRequest(request);
  if (isFragment) reply.header('HX-Replace-Url', href({}));
  return reply.page('links/pages/index.eta', {
    title: 'Links',
    setup: isFragment ? null : await loadChecklist(request),
    ...statesOf(request, query, counts),
    ...shown,
    search,
    sort,
    filters: [
      ...(tag ? [{ what: 'Tag', name: tag, offHref: href({ tag: '' }) }] : []),
      ...(campaign ? [{ what: 'Campaign', name: campaign, offHref: href({ campaign: '' }) }] : []),
    ],
    isFirstPage: cursor === null,
    firstHref: href({}),
    exportHref: listHref(slug, { ...query, sort: 'newest', cursor: null }, 'links.csv'),
    query: queryOf(query),
  });
}

const queryBehind = (request: FastifyRequest) => readBack(queryIn(String(request.headers['hx-current-url'] ?? '')));

/** The query of the list that a browser's address stands for. */
export const listBehind = (request: FastifyRequest): string => queryOf({ ...queryBehind(request), cursor: null });

/** The choice between active and archived links, in that list. */
export async function statesBehind(request: FastifyRequest) {
  const query = queryBehind(request);
  const { search, tag, campaign } = query;
  return statesOf(request, query, await countLinks(request.server.db, request.workspace.id, { search, tag, campaign }));
}

function statesOf({ workspace: { slug } }: FastifyRequest, query: ListQuery, counts: LinkCounts) {
  const { search, tag, campaign, state } = query;
  const isCapped = wordsOf(search).length > 0;
  return {
    state,
    tag,
    campaign,
    counts,
    countText: (count: number) => (isCapped && count > mostFound ? `${formatNumber(mostFound)}+` : formatNumber(count)),
    stateHref: (other: ListQuery['state']) => listHref(slug, { ...query, cursor: null, state: other }),
  };
}

/** The list that a query stands for, as a page or a file; what is usual is left out, so that addresses stay short. */
export function listHref(workspaceSlug: string, query: ListQuery, as: 'links' | 'links.csv' = 'links'): string {
  const text = queryOf(query);
  return `/w/${workspaceSlug}/${as}${text && `?${text}`}`;
}

const usual: Readonly<Record<string, string>> = { sort: 'newest', state: 'active' };

function queryOf({ search, tag, campaign, sort, state, cursor }: ListQuery): string {
  const parameters = { search, tag, campaign, sort, state, cursor: cursor ?? '' };
  return new URLSearchParams(
    Object.entries(parameters).filter(([name, value]) => value !== (usual[name] ?? '')),
  ).toString();
}

/** The list that a form came from, as queryOf wrote it. */
export function readBack(text: string): ListQuery {
  return listQuery.parse(Object.fromEntries(new URLSearchParams(text)));
}

const listCookie = '_list';
/** How long the way back from a link leads to the list that it was opened from, in seconds. */
const keptSeconds = 3_600;
/** Browsers take cookies of 4,096 bytes, with the name and the signature. */
const longestKept = 3_000;

/** Keeps the search, filters and order of the list that is shown, so that pages of links lead back to it. */
function keepList(request: FastifyRequest, reply: FastifyReply, list: string): void {
  const value = encodeURIComponent(`${request.workspace.id} ${list}`);
  if (list !== '' && value.length <= longestKept)
    reply.setSigned(listCookie, value, { maxAge: keptSeconds, isOfSession: true });
  else if (request.hasCookie(listCookie)) reply.clearSigned(listCookie);
}

/** The list that this person saw last, in this workspace; without one, or after a while, all links. */
export function lastListHref(request: FastifyRequest): string {
  const kept = decodeURIComponent(request.readSigned(listCookie, { isOfSession: true }) ?? '').split(' ');
  const { id, slug } = request.workspace;
  return listHref(slug, readBack(kept[0] === id ? kept.slice(1).join(' ') : ''));
}

/** Links with their last thirty days drawn. */
export async function rowsOf(request: FastifyRequest, links: readonly Link[], db: Db = request.server.db) {
  const { id, timeZone } = request.workspace;
  const now = new Date();
  const lines = await sparklinesOf(
    db,
    id,
    links.map((link) => link.id),
    { days: sparklineDays, timeZone, now },
  );
  return links.map((link) => {
    const counts = lines.get(link.id) ?? [];
    const recentClicks = counts.reduce((sum, count) => sum + count, 0);
    return { link, status: statusOf(link, now, timeZone), sparkline: drawSparkline(counts), recentClicks };
  });
}
