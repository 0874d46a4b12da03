import { previousWords } from '../addresses/period-links.ts';
import { isDayUnderWay, type Period } from '../counts/period.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { formatDate, formatNumber, formatPercent } from '../../ground/text/format.ts';
import { type Campaign, listCampaigns } from '../../links/links/campaigns.ts';
import { drawSparkline, type Sparkline } from '../../links/pages/sparkline.ts';
import { addDays, countDays, dayStart, localDay } from '../../ground/time/zoned-time.ts';
import { type CampaignGoal, goalDays, goalOf } from './goal.ts';
import { type GroupDay, countGroupDays } from '../../visitors/rollups/days.ts';
import { type Standing, standingsOf } from './standing.ts';

/** A campaign's row in words and shapes. */
export type CampaignRow = {
  campaign: Campaign;
  /** '1 Nov 2026 – 30 Nov 2026', '' where no day is set. */
  days: string;
  clicks: number;
  visitors: number;
  scans: number;
  change: { direction: 'up' | 'down' | 'same'; words: string };
  sparkline: Sparkline;
  goal: CampaignGoal | null;
};

/**
 * Campaigns side by side in a period, the one that performs best first.
 * @throws Invalid (field `period`, code `took_too_long`); LimitReached or Unavailable when no turn comes
 */
export async function loadCampaigns(db: Db, workspaceId: string, period: Period): Promise<CampaignRow[]> {
  const tooLong = () => new Invalid('Counting these campaigns takes too long.', { field: 'period', code: tookTooLong });
  return inTurn(db, workspaceId, 'rows', (tx) => readCampaigns(tx, workspaceId, period), { tooLong });
}

async function readCampaigns(db: Db, workspaceId: string, period: Period): Promise<CampaignRow[]> {
  const campaigns = await listCampaigns(db, workspaceId);
  if (campaigns.length === 0) return [];
  const { timeZone, now } = period;
  const before = {
    first: localDay(period.previous.from, timeZone),
    last: localDay(new Date(period.previous.to.getTime() - 1), timeZone),
  };
  const withGoal = campaigns.filter(({ goal }) => goal !== null);
  const today = localDay(now, timeZone);
  const ids = (some: readonly Campaign[]) => some.map(({ id }) => id);
  const span = { first: before.first, last: period.days.last, timeZone };
  const counts = await countGroupDays(db, workspaceId, 'campaign', span, ids(campaigns));
  const goalCounts = await countGoals();
  const days = Array.from({ length: countDays(period.days.first, period.days.last) }, (_, index) =>
    addDays(period.days.first, index),
  );
  return standingsOf(campaigns, counts, { days, before }).map((standing) => ({
    campaign: standing.campaign,
    days: daysWords(standing.campaign),
    ...standing.total,
    change: changeOf(standing, period),
    sparkline: drawSparkline(standing.line),
    goal: goalOf(standing.campaign, goalCounts, { timeZone, now }),
  }));

  async function countGoals(): Promise<GroupDay[]> {
    const [first] = withGoal.map((campaign) => goalDays(campaign, { timeZone, now }).first).toSorted();
    if (first === undefined || first > today) return [];
    return countGroupDays(db, workspaceId, 'campaign', { first, last: today, timeZone }, ids(withGoal));
  }
}

function changeOf({ total, before }: Standing, period: Period): CampaignRow['change'] {
  const { clicks } = total;
  const words = previousWords(period);
  if (isDayUnderWay(period)) return { direction: 'same', words: before > 0 ? `${formatNumber(before)} ${words}` : '' };
  if (before === 0) return { direction: 'same', words: clicks > 0 ? `none ${words}` : '' };
  if (clicks === before) return { direction: 'same', words: `as many ${words}` };
  return {
    direction: clicks > before ? 'up' : 'down',
    words: formatPercent(Math.abs(clicks - before) / before),
  };
}

/** A campaign's days as people read them. */
export function daysWords({ startsOn, endsOn }: Pick<Campaign, 'startsOn' | 'endsOn'>): string {
  const words = (day: string) => formatDate(dayStart(day, 'UTC'), 'UTC');
  if (startsOn && endsOn) return startsOn === endsOn ? words(startsOn) : `${words(startsOn)} – ${words(endsOn)}`;
  if (startsOn) return `from ${words(startsOn)}`;
  return endsOn ? `until ${words(endsOn)}` : '';
}
