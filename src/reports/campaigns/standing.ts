import type { Campaign } from '../../links/links/campaigns.ts';
import type { GroupDay } from '../../visitors/rollups/days.ts';

type Sum = { clicks: number; visitors: number; scans: number };

/** A campaign among the others, in a period. */
export type Standing = {
  campaign: Campaign;
  total: Sum;
  /** Clicks in the period before. */
  before: number;
  /** Clicks of each day of the period, oldest first. */
  line: number[];
};

/** Days in order, 'YYYY-MM-DD', both ends counted. */
export type Days = { first: string; last: string };

const isIn = (day: string, { first, last }: Days) => day >= first && day <= last;

/**
 * Campaigns side by side, the most clicks first; those alike by visitors, then by name.
 * @param counts of the period and of the one before; other days do no harm
 */
export function standingsOf(
  campaigns: readonly Campaign[],
  counts: readonly GroupDay[],
  period: { days: readonly string[]; before: Days },
): Standing[] {
  const index = new Map(period.days.map((day, position) => [day, position]));
  const standings = new Map(
    campaigns.map((campaign): [string, Standing] => [
      campaign.id,
      { campaign, total: { clicks: 0, visitors: 0, scans: 0 }, before: 0, line: period.days.map(() => 0) },
    ]),
  );
  for (const { groupId, day, clicks, visitors, scans } of counts) {
    const standing = standings.get(groupId);
    const position = index.get(day);
    if (!standing) continue;
    if (position !== undefined) {
      standing.line[position] = clicks;
      const { total } = standing;
      standing.total = {
        clicks: total.clicks + clicks,
        visitors: total.visitors + visitors,
        scans: total.scans + scans,
      };
    }
    if (isIn(day, period.before)) standing.before += clicks;
  }
  return [...standings.values()].toSorted(
    (one, other) =>
      other.total.clicks - one.total.clicks ||
      other.total.visitors - one.total.visitors ||
      one.campaign.name.localeCompare(other.campaign.name, 'en'),
  );
}

/** Clicks of a campaign on some days. */
export function clicksOf(counts: readonly GroupDay[], campaignId: string, days: Days): number {
  return counts
    .filter((count) => count.groupId === campaignId && isIn(count.day, days))
    .reduce((sum, { clicks }) => sum + clicks, 0);
}
