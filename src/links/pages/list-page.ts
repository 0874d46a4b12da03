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
  const shown = {
    refused,
    isMore,
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

/** The choice between active and archived links, in the list that a browser's address stands for. */
export async function statesBehind(request: FastifyRequest) {
  const query = readBack(queryIn(String(request.headers['hx-current-url'] ?? '')));
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

/** Links with their last thirty days drawn. */
export async function rowsOf(request: FastifyRequest, links: readonly Link[], db: Db = request.server.db) {
  const { id, timeZone } = request.workspace;
  const lines = await sparklinesOf(
    db,
    id,
    links.map((link) => link.id),
    { days: sparklineDays, timeZone, now: new Date() },
  );
  return links.map((link) => {
    const counts = lines.get(link.id) ?? [];
    const recentClicks = counts.reduce((sum, count) => sum + count, 0);
    return { link, sparkline: drawSparkline(counts), recentClicks };
  });
}
