import type { FastifyRequest } from 'fastify';
import { showTabs, type Tab } from '../../people/workspaces/tabs.ts';
import { showHost } from '../dns/name.ts';
import type { Claim } from './claims.ts';

/** The address of a domain's page. @param home of the workspace, '/w/acme' */
export const domainPath = (home: string, { id }: { id: string }): string => `${home}/domains/${id}`;

/** THE list of tabs of a domain's page, one a line. Their pages begin with views/domains/domains/_header.eta. */
const domainTabs = [
  { name: 'records', label: 'Records', href: domainPath },
  {
    name: 'brand',
    label: 'Visitor pages & brand',
    href: (home, domain) => `${domainPath(home, domain)}/brand`,
    isSet: ({ brandName, brandColor, logoType }) => (brandName ?? brandColor ?? logoType) !== null,
  },
  {
    name: 'redirects',
    label: 'Redirects',
    href: (home, domain) => `${domainPath(home, domain)}/redirects`,
    isSet: ({ rootUrl, notFoundUrl, expiredUrl, referrerPolicy, redirectStatus, isCaseSensitive }) =>
      (rootUrl ?? notFoundUrl ?? expiredUrl ?? referrerPolicy) !== null || redirectStatus !== 302 || isCaseSensitive,
  },
  {
    name: 'apps',
    label: 'Search engines & apps',
    href: (home, domain) => `${domainPath(home, domain)}/apps`,
    isSet: ({ isIndexed, robotsTxt, appleAppSiteAssociation, assetLinks }) =>
      isIndexed || (robotsTxt ?? appleAppSiteAssociation ?? assetLinks) !== null,
  },
  { name: 'report', label: 'Report', href: (home, { id }) => `${home}/reports/domains/${id}` },
  { name: 'history', label: 'History', href: (home, domain) => `${domainPath(home, domain)}/history` },
] as const satisfies readonly Tab<Claim>[];

/**
 * Head and tabs of a domain's page: the names that views/domains/domains/_header.eta takes.
 * @param tab the one that is shown
 */
export const domainHead = ({ workspace }: FastifyRequest, claim: Claim, tab: (typeof domainTabs)[number]['name']) => ({
  path: domainPath(`/w/${workspace.slug}`, claim),
  shown: showHost(claim.host).shown,
  standing: standingWords(claim),
  tabs: showTabs<Claim>(domainTabs, claim, tab, workspace),
});

/** How a domain stands, as a badge says it. */
export function standingWords({ state, failingSince }: Pick<Claim, 'state' | 'failingSince'>) {
  if (state === 'live' && failingSince === null) return { label: 'Live', variant: 'secondary' };
  if (state === 'live') return { label: 'Failing', variant: 'warning' };
  return state === 'paused' ? { label: 'Paused', variant: 'destructive' } : { label: 'Waiting', variant: 'outline' };
}
