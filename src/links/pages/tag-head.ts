import type { FastifyRequest } from 'fastify';
import { showTabs, type Tab } from '../../people/workspaces/tabs.ts';
import type { CountedTag } from '../links/tags.ts';

/** The address of a tag's page, which is its report. @param home of the workspace, '/w/acme' */
export const tagPath = (home: string, { id }: { id: string }): string => `${home}/reports/tags/${id}`;

export const tagLinksPath = (home: string, { id }: { id: string }): string => `${home}/tags/${id}/links`;

/** THE list of tabs of a tag's page, one a line. Their pages begin with views/links/pages/_tag-header.eta. */
const tagTabs = [
  { name: 'report', label: 'Report', href: tagPath },
  { name: 'links', label: 'Links', href: tagLinksPath },
  { name: 'history', label: 'History', href: (home: string, { id }: CountedTag) => `${home}/tags/${id}/history` },
] as const satisfies readonly Tab<CountedTag>[];

/**
 * The data of views/links/pages/_tag-header.eta, which stands above every tab of a tag's page.
 * @param tab the one that is shown
 */
export const tagHead = (
  { server, workspace }: FastifyRequest,
  tag: CountedTag,
  tab: (typeof tagTabs)[number]['name'],
) => ({
  tag,
  tabs: showTabs<CountedTag>(tagTabs, tag, tab, workspace),
  address: `${server.config.appUrl}${tagPath(`/w/${workspace.slug}`, tag)}`,
});
