import type { Db } from '../../ground/db/db.ts';
import { listOwnHosts } from '../../domains/domains/queries.ts';
import { showHost } from '../../domains/dns/name.ts';
import { jumpToCampaigns, jumpToLinks, jumpToTags } from '../../links/links/jump.ts';
import { inTurnOfList } from '../../links/links/list.ts';
import type { Link } from '../../links/links/queries.ts';
import { nameKey } from '../../links/links/name.ts';
import { wordsOf } from '../../links/search/search.ts';
import type { Tag } from '../../links/links/tags.ts';
import { shownOf } from '../../links/options/list.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import type { Membership } from '../../people/workspaces/queries.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { actionsBelow, offeredTo, placesBelow } from '../frame/navigation.ts';
import * as results from './results.ts';

/** The person who searches, and the workspace in which. */
export type Searcher = { workspace: Membership; memberships: readonly Membership[]; isAdmin: boolean };

const maxLinks = 8;
const maxOfKind = 5;
const maxShown = 60;

/**
 * Finds whatever somebody may open: links, tags, campaigns and domains of the workspace, places and actions.
 * @param search '' shows what there is before one types
 * @throws Invalid (field `search`, code `took_too_long`); LimitReached or Unavailable when no turn comes
 */
export async function findAnything(db: Db, searcher: Searcher, search: string): Promise<results.ResultGroup[]> {
  const { workspace, isAdmin } = searcher;
  const home = `/w/${workspace.slug}`;
  const keys = results.keysOf(wordsOf(search));
  const places = results.namedBy(offeredTo(placesBelow(home), workspace.role, isAdmin), keys);
  const others = searcher.memberships.filter(({ id }) => id !== workspace.id);
  const actions = results
    .namedBy(offeredTo(actionsBelow(home, others), workspace.role, isAdmin), keys)
    .map((action) => results.resultOfAction(action, search));
  const [careful, easy] = [actions.filter(({ isCareful }) => isCareful), actions.filter(({ isCareful }) => !isCareful)];
  const ours = [
    { name: 'places', heading: 'Go to', items: places.slice(0, maxOfKind).map(results.resultOfPlace) },
    { name: 'actions', heading: 'Actions', items: [...easy, ...careful].slice(0, maxOfKind) },
  ];
  if (keys.length === 0) {
    const newest = (tx: Db) => jumpToLinks(tx, workspace.id, '', maxOfKind);
    const { links } = await inTurnOfList(db, workspace.id, { search: '' }, newest, { field: 'search' });
    const made = { name: 'links', heading: 'Newest links', items: links.map((link) => resultOfLink(home, link)) };
    return results.inOrder([made], ours.toReversed(), '', false);
  }
  const { made, isExact } = await findMade(db, workspace.id, home, search, keys);
  const canCreate = mayDo(workspace.role, 'changeLinks');
  if (canCreate && results.isAddressLike(search)) ours[1]?.items.unshift(resultOfNew(home, search));
  return results.inOrder(made, ours, search, isExact);
}

/** Links, tags, campaigns and domains, in turn with other lists and on one moment. */
function findMade(db: Db, workspaceId: string, home: string, search: string, keys: readonly string[]) {
  const find = async (tx: Db) => {
    const { links, isExact, isMore } = await jumpToLinks(tx, workspaceId, search, maxLinks);
    const tags = await jumpToTags(tx, workspaceId, keys, maxOfKind);
    const campaigns = await jumpToCampaigns(tx, workspaceId, keys, maxOfKind);
    const domains = await findDomains(tx, workspaceId, keys);
    const rest = isMore ? [restOfLinks(home, search)] : [];
    const made: results.ResultGroup[] = [
      { name: 'links', heading: 'Links', items: [...links.map((link) => resultOfLink(home, link)), ...rest] },
      { name: 'tags', heading: 'Tags', items: tags.map((tag) => resultOfTag(home, tag)) },
      {
        name: 'campaigns',
        heading: 'Campaigns',
        items: campaigns.map(({ id, name }) => ({
          label: name,
          icon: 'megaphone',
          href: `${home}/reports/campaigns/${id}`,
        })),
      },
      {
        name: 'domains',
        heading: 'Domains',
        items: domains.map(({ id, shown }) => ({ label: shown, icon: 'globe', href: `${home}/domains/${id}` })),
      },
    ];
    return { made, isExact };
  };
  return inTurnOfList(db, workspaceId, { search }, find, { field: 'search' });
}

/** Domains by their hosts as people read them, and as DNS knows them. */
async function findDomains(db: Db, workspaceId: string, keys: readonly string[]) {
  const hosts = (await listOwnHosts(db, workspaceId)).map((each) => ({ ...each, shown: showHost(each.host).shown }));
  // A pasted address means its host.
  const asked = keys.map((key) => key.replace(/^https?:\/\//, '').replace(/[/?#].*$/, ''));
  const isMeant = ({ host, shown }: { host: string; shown: string }) =>
    asked.every((key) => key !== '' && (nameKey(host).includes(key) || nameKey(shown).includes(key)));
  return hosts.filter(isMeant).slice(0, maxOfKind);
}

const listHrefOf = (home: string, fields: Record<string, string>) =>
  `${home}/links?${new URLSearchParams(fields).toString()}`;

const resultOfTag = (home: string, { name, colour }: Tag): results.SearchResult => ({
  label: name,
  icon: 'tag',
  colour,
  href: listHrefOf(home, { tag: name }),
});

const restOfLinks = (home: string, search: string): results.SearchResult => ({
  label: 'Search the list of links',
  icon: 'list-filter',
  href: listHrefOf(home, { search }),
});

function resultOfLink(home: string, link: Link): results.SearchResult {
  const short = `${link.domain}/${link.slug}`;
  return {
    label: link.title ?? short,
    icon: link.archivedAt ? 'archive' : 'link',
    detail: link.title === null ? '' : short,
    leadsTo: shownOf(link).words,
    href: `${home}/links/${link.id}`,
    ...(link.archivedAt && { badge: 'Archived' }),
  };
}

/** The way to make a link of what was looked for. */
export function resultOfNew(home: string, search: string): results.SearchResult {
  const words = shortened(search, maxShown);
  const label = results.isAddressLike(search) ? `Create a link to ${words}` : `Create a link called “${words}”`;
  return { label, icon: 'plus', href: results.createHref(home, search) };
}
