import { previousWords } from '../addresses/period-links.ts';
import { isDayUnderWay, type Period } from '../counts/period.ts';
import type { Db } from '../../ground/db/db.ts';
import { inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { formatDate, formatNumber, formatPercent, plural } from '../../ground/text/format.ts';
import { type Campaign, listCampaigns } from '../../links/links/campaigns.ts';
import { drawSparkline, type Sparkline } from '../../links/pages/sparkline.ts';
import { addDays, countDays, dayStart, localDay } from '../../ground/time/zoned-time.ts';
import { type Pace, paceOf } from './pace.ts';
import { type CampaignDay, countCampaignDays } from '../../visitors/rollups/days.ts';
import { clicksOf, type Standing, standingsOf } from './standing.ts';

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
  /** Of a campaign with a goal; without both days only how far it is. */
  goal: { progress: number; share: string; state: Pace['state'] | null; words: string } | null;
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
  const goalDays = (campaign: Campaign) => ({
    first: campaign.startsOn ?? localDay(campaign.createdAt, timeZone),
    last: campaign.endsOn && campaign.endsOn < today ? campaign.endsOn : today,
  });
  const ids = (some: readonly Campaign[]) => some.map(({ id }) => id);
  const span = { first: before.first, last: period.days.last, timeZone };
  const counts = await countCampaignDays(db, workspaceId, span, ids(campaigns));
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
    goal: goalOf(standing.campaign, goalCounts, goalDays(standing.campaign), { timeZone, now }),
  }));

  async function countGoals(): Promise<CampaignDay[]> {
    const [first] = withGoal.map((campaign) => goalDays(campaign).first).toSorted();
    if (first === undefined || first > today) return [];
    return countCampaignDays(db, workspaceId, { first, last: today, timeZone }, ids(withGoal));
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

function goalOf(
  { id, goal, startsOn, endsOn }: Campaign,
  counts: readonly CampaignDay[],
  days: { first: string; last: string },
  clock: { timeZone: string; now: Date },
): CampaignRow['goal'] {
  if (goal === null) return null;
  const clicks = clicksOf(counts, id, days);
  const reached = `${formatNumber(clicks)} of ${plural(goal, 'click')}`;
  if (!startsOn || !endsOn) {
    const progress = clicks / goal;
    return { progress, share: formatPercent(progress), state: clicks >= goal ? 'reached' : null, words: `${reached}.` };
  }
  const pace = paceOf({ goal, clicks, startsOn, endsOn, ...clock });
  const { progress, state } = pace;
  return { progress, share: formatPercent(progress), state, words: `${reached}. ${paceWords(pace)}`.trim() };
}

function paceWords({ state, expected, projected }: Pace): string {
  const byTheEnd = projected === null ? '' : `at this rate ${formatNumber(projected)} by the end.`;
  const words: Record<Pace['state'], string> = {
    'not started': 'It has not started yet.',
    early: 'It has just started.',
    'on pace': `${formatNumber(expected)} by now would be even, ${byTheEnd}`,
    behind: `${formatNumber(expected)} by now would be even, ${byTheEnd}`,
    reached: byTheEnd.replace(/^a/, 'A'),
    missed: 'It is over.',
  };
  return words[state];
}

/** A campaign's days as people read them. */
function daysWords({ startsOn, endsOn }: Pick<Campaign, 'startsOn' | 'endsOn'>): string {
  const words = (day: string) => formatDate(dayStart(day, 'UTC'), 'UTC');
  if (startsOn && endsOn) return startsOn === endsOn ? words(startsOn) : `${words(startsOn)} – ${words(endsOn)}`;
  if (startsOn) return `from ${words(startsOn)}`;
  return endsOn ? `until ${words(endsOn)}` : '';
}
