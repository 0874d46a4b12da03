import { isFragmentRequest, pageBehind } from '../../ground/http/fragments.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { drawSparkline } from './sparkline.ts';
import type { Db } from '../../ground/db/db.ts';
import { formatNumber } from '../../ground/text/format.ts';
import { loadChecklist } from '../setup/checklist.ts';
import { keptListQuery, type tabQuery } from './forms.ts';
import {
  countLinks,
  inTurnOfList,
  type LinkCounts,
  listAndCount,
  listLinks,
  mostFound,
  sparklinesOf,
} from '../links/list.ts';
import { getCampaign } from '../links/campaigns.ts';
import type { Link } from '../links/queries.ts';
import { statusOf } from './status.ts';
import { wordsOf } from '../search/search.ts';
import { getTag } from '../links/tags.ts';

const linksPerPage = 50;
const sparklineDays = 30;

export type ListQuery = z.output<typeof keptListQuery>;

/** The values that the bar of several links shows again when it was refused. */
export type RefusedBulk = {
  links: readonly string[];
  tag: string;
  campaign: string;
  /** Sentences by field. */
  errors: Record<string, string>;
  /** The bar offers to make the campaign. */
  isCampaignNew: boolean;
};

/** The list of links. @param refused what was asked of several links, and why it was not done */
export async function showList(
  request: FastifyRequest,
  reply: FastifyReply,
  query: ListQuery,
  refused: RefusedBulk | null = null,
) {
  const { slug } = request.workspace;
  const { search, sort, tag, campaign } = query;
  const href = (changes: Partial<ListQuery>) => listHref(slug, { ...query, cursor: null, ...changes });
  return showLinks(request, reply, query, async (shown) =>
    reply.page('links/pages/index.eta', {
      title: 'Links',
      setup: isFragmentRequest(request) ? null : await loadChecklist(request),
      ...shown,
      refused,
      search,
      sort,
      filters: [
        ...(tag ? [{ what: 'Tag', name: tag, offHref: href({ tag: '' }) }] : []),
        ...(campaign ? [{ what: 'Campaign', name: campaign, offHref: href({ campaign: '' }) }] : []),
      ],
    }),
  );
}

/** A campaign or a tag, whose page has a tab of its links. */
type Group = { kind: 'campaign' | 'tag'; id: string; name: string };

/**
 * The links of a campaign or a tag, in a tab of its page.
 * @param show the page, of what views/links/pages/_links-tab.eta takes as its links
 */
export async function showLinksOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, id, name }: Group,
  asked: z.output<typeof tabQuery>,
  show: (links: ShownLinks & { everywhereHref: string }) => Promise<string>,
) {
  const query = { search: '', tag: '', campaign: '', [kind]: name, ...asked, within: `${kind}s/${id}` };
  const everywhereHref = listHref(request.workspace.slug, { ...query, cursor: null, within: '' });
  return showLinks(request, reply, query, (shown) => show({ ...shown, everywhereHref }));
}

type ShownLinks = Awaited<ReturnType<typeof readLinksShown>> & { counts: LinkCounts };

/** Shows a list on the page that it is given, and more of one that is shown already by itself. */
async function showLinks(
  request: FastifyRequest,
  reply: FastifyReply,
  query: ListQuery,
  show: (shown: ShownLinks) => Promise<string>,
) {
  const shown = await readLinksShown(request, query);
  const { counts, list } = shown;
  keepList(request, reply, list);
  if (!counts) return reply.fragment('links/pages/more.eta', { ...shown, refused: null });
  if (isFragmentRequest(request)) reply.header('HX-Replace-Url', shown.firstHref);
  return show({ ...shown, counts });
}

async function readLinksShown(request: FastifyRequest, query: ListQuery) {
  const { db } = request.server;
  const { id, slug, timeZone } = request.workspace;
  const { cursor } = query;
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
  return {
    ...statesOf(request, query),
    counts,
    isMore,
    list: queryOf({ ...query, cursor: null }),
    rows,
    now: new Date(),
    timeZone,
    nextHref: page.nextCursor && href({ cursor: page.nextCursor }),
    isFirstPage: cursor === null,
    firstHref: href({}),
    exportHref: listHref(slug, { ...query, sort: 'newest', cursor: null }, 'links.csv'),
    query: queryOf(query),
  };
}

/** The list that a browser's address stands for. @throws NotFound where it is of a campaign or a tag that is gone */
async function queryBehind(request: FastifyRequest): Promise<ListQuery> {
  const { pathname, search } = pageBehind(request);
  const query = readBack(search);
  const [, within, kind, groupId = ''] = /\/((campaigns|tags)\/(\w+))\/links$/.exec(pathname) ?? [];
  if (!within) return query;
  const { db } = request.server;
  const { id } = request.workspace;
  if (kind === 'tags') return { ...query, within, tag: (await getTag(db, id, groupId)).name };
  return { ...query, within, campaign: (await getCampaign(db, id, groupId)).name };
}

/** The query of that list. */
export const listBehind = async (request: FastifyRequest): Promise<string> =>
  queryOf({ ...(await queryBehind(request)), cursor: null });

/** The choice between active and archived links, in that list. */
export async function statesBehind(request: FastifyRequest) {
  const query = await queryBehind(request);
  const { search, tag, campaign } = query;
  const counts = await countLinks(request.server.db, request.workspace.id, { search, tag, campaign });
  return { ...statesOf(request, query), counts };
}

function statesOf({ workspace: { slug } }: FastifyRequest, query: ListQuery) {
  const { search, tag, campaign, state } = query;
  const isCapped = wordsOf(search).length > 0;
  return {
    state,
    tag,
    campaign,
    countText: (count: number) => (isCapped && count > mostFound ? `${formatNumber(mostFound)}+` : formatNumber(count)),
    stateHref: (other: ListQuery['state']) => listHref(slug, { ...query, cursor: null, state: other }),
  };
}

/** The list that a query stands for, as a page or a file; what is usual is left out, so that addresses stay short. */
export function listHref(workspaceSlug: string, query: ListQuery, as: 'links' | 'links.csv' = 'links'): string {
  const { within } = query;
  const isTab = within !== '' && as === 'links';
  const text = queryOf({ ...query, within: '', ...(isTab && { tag: '', campaign: '' }) });
  return `/w/${workspaceSlug}/${isTab ? `${within}/` : ''}${as}${text && `?${text}`}`;
}

const usual: Readonly<Record<string, string>> = { sort: 'newest', state: 'active' };

function queryOf({ search, tag, campaign, sort, state, cursor, within }: ListQuery): string {
  const parameters = { search, tag, campaign, sort, state, cursor: cursor ?? '', within };
  return new URLSearchParams(
    Object.entries(parameters).filter(([name, value]) => value !== (usual[name] ?? '')),
  ).toString();
}

/** The list that a form came from, as queryOf wrote it. */
export function readBack(text: string): ListQuery {
  return keptListQuery.parse(Object.fromEntries(new URLSearchParams(text)));
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
