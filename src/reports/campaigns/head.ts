import type { FastifyRequest } from 'fastify';
import { orRefusal } from '../../ground/http/refusal.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import type { Campaign } from '../../links/links/campaigns.ts';
import { showTabs, type Tab, tabBehind } from '../../people/workspaces/tabs.ts';
import { loadGoal } from './goal.ts';
import { daysWords } from './page.ts';
import { campaignStatusOf } from './status.ts';

/** The address of a campaign's page, which is its report. @param home of the workspace, '/w/acme' */
export const campaignPath = (home: string, { id }: { id: string }): string => `${home}/reports/campaigns/${id}`;

export const campaignLinksPath = (home: string, { id }: { id: string }): string => `${home}/campaigns/${id}/links`;

/** THE list of tabs of a campaign's page, one a line. Their pages begin with views/reports/campaigns/_header.eta. */
const campaignTabs = [
  { name: 'report', label: 'Report', href: campaignPath },
  { name: 'links', label: 'Links', href: campaignLinksPath },
  { name: 'history', label: 'History', href: (home: string, { id }: Campaign) => `${home}/campaigns/${id}/history` },
] as const satisfies readonly Tab<Campaign>[];

type TabName = (typeof campaignTabs)[number]['name'];

/**
 * The data of views/reports/campaigns/_header.eta, which stands above every tab of a campaign's page.
 * @param tab the one that is shown
 */
export async function campaignHead({ server, workspace }: FastifyRequest, campaign: Campaign, tab: TabName, now: Date) {
  const { id, slug, timeZone } = workspace;
  // The page is to be had also where counting takes too long.
  const { value: goal } = await orRefusal(() => loadGoal(server.db, id, campaign, { timeZone, now }));
  return {
    campaign,
    days: daysWords(campaign),
    goal: goal ?? null,
    status: campaignStatusOf(campaign, localDay(now, timeZone)),
    tabs: showTabs<Campaign>(campaignTabs, campaign, tab, workspace),
    address: `${server.config.appUrl}${campaignPath(`/w/${slug}`, campaign)}`,
  };
}

/** The tab of a campaign that a browser's address shows; undefined where that is another page. */
export const campaignTabShown = (request: FastifyRequest, campaign: Campaign): TabName | undefined =>
  tabBehind(request, campaignTabs, campaign);
