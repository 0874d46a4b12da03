import type { FastifyRequest } from 'fastify';
import { showTabs, type Tab, tabBehind } from '../../people/workspaces/tabs.ts';
import type { Link } from '../links/queries.ts';
import { lastListHref } from './list-page.ts';
import { statusOf } from './status.ts';

/** The address of a link's page. @param home of the workspace, '/w/acme' */
export const linkPath = (home: string, { id }: { id: string }): string => `${home}/links/${id}`;

/** THE list of tabs of a link's page, one a line. Their pages begin with views/links/pages/_header.eta. */
const linkTabs = [
  { name: 'report', label: 'Report', href: linkPath },
  {
    name: 'destinations',
    label: 'Destinations',
    href: (home: string, link: Link) => `${linkPath(home, link)}/destinations`,
    isSet: ({ split, routes }: Link) => split !== null || routes !== null,
  },
  { name: 'qr', label: 'QR code', href: (home: string, link: Link) => `${linkPath(home, link)}/qr` },
  { name: 'history', label: 'History', href: (home: string, link: Link) => `${linkPath(home, link)}/history` },
] as const satisfies readonly Tab<Link>[];

type TabName = (typeof linkTabs)[number]['name'];

/**
 * The data of views/links/pages/_header.eta, which stands above every tab of a link's page.
 * @param tab the one that is shown
 */
export function linkHead(request: FastifyRequest, link: Link, tab: TabName, now: Date) {
  const { workspace } = request;
  return {
    link,
    back: { href: lastListHref(request), label: 'Links' },
    status: statusOf(link, now, workspace.timeZone),
    tabs: showTabs<Link>(linkTabs, link, tab, workspace),
    timeZone: workspace.timeZone,
  };
}

/** The tab of a link that a browser's address shows; undefined where that is another page. */
export const tabShown = (request: FastifyRequest, link: Link): TabName | undefined =>
  tabBehind(request, linkTabs, link);
