import type { FastifyRequest } from 'fastify';
import { showTabs, type Tab } from '../../people/workspaces/tabs.ts';
import type { Link } from '../links/queries.ts';
import { statusOf } from '../links/status.ts';

/** The address of a link's page. @param home of the workspace, '/w/acme' */
export const linkPath = (home: string, { id }: { id: string }): string => `${home}/links/${id}`;

/** THE list of tabs of a link's page, one a line. Their pages begin with views/links/pages/_header.eta. */
const linkTabs = [{ name: 'report', label: 'Report', href: linkPath }] as const satisfies readonly Tab<Link>[];

/**
 * What stands above every tab of a link's page: the names that views/links/pages/_header.eta takes.
 * @param tab the one that is shown
 */
export const linkHead = (
  { workspace }: FastifyRequest,
  link: Link,
  tab: (typeof linkTabs)[number]['name'],
  now: Date,
) => ({
  link,
  status: statusOf(link, now, workspace.timeZone),
  tabs: showTabs<Link>(linkTabs, link, tab, workspace),
  timeZone: workspace.timeZone,
});
