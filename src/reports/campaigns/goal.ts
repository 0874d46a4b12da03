import type { Db } from '../../ground/db/db.ts';
import { inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { formatNumber, formatPercent, plural } from '../../ground/text/format.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import type { Campaign } from '../../links/links/campaigns.ts';
import { type GroupDay, countGroupDays } from '../../visitors/rollups/days.ts';
import { type Pace, paceOf } from './pace.ts';
import { clicksOf, type Days } from './standing.ts';

/** How far a campaign is, in words and shapes; without both days it has no pace. */
export type CampaignGoal = { progress: number; share: string; state: Pace['state'] | null; words: string };

type Clock = { timeZone: string; now: Date };

/** The days whose clicks count for its goal, up to today. */
export function goalDays({ startsOn, endsOn, createdAt }: Campaign, { timeZone, now }: Clock): Days {
  const today = localDay(now, timeZone);
  return { first: startsOn ?? localDay(createdAt, timeZone), last: endsOn && endsOn < today ? endsOn : today };
}

/** The goal of one campaign; null where it has none. @throws (field `goal`) where counting takes too long */
export async function loadGoal(
  db: Db,
  workspaceId: string,
  campaign: Campaign,
  clock: Clock,
): Promise<CampaignGoal | null> {
  if (campaign.goal === null) return null;
  const { first, last } = goalDays(campaign, clock);
  if (first > last) return goalOf(campaign, [], clock);
  const days = { first, last, timeZone: clock.timeZone };
  const counts = await inTurn(
    db,
    workspaceId,
    'rows',
    (tx) => countGroupDays(tx, workspaceId, 'campaign', days, [campaign.id]),
    {
      field: 'goal',
      tooLong: () => new Invalid('Counting this campaign takes too long.', { field: 'goal', code: tookTooLong }),
    },
  );
  return goalOf(campaign, counts, clock);
}

/** @param counts of its days, at least */
export function goalOf(campaign: Campaign, counts: readonly GroupDay[], clock: Clock): CampaignGoal | null {
  const { id, goal, startsOn, endsOn } = campaign;
  if (goal === null) return null;
  const clicks = clicksOf(counts, id, goalDays(campaign, clock));
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
    'on pace': `${formatNumber(expected)} expected by now, ${byTheEnd}`,
    behind: `${formatNumber(expected)} expected by now, ${byTheEnd}`,
    reached: byTheEnd.replace(/^a/, 'A'),
    missed: 'It is over.',
  };
  return words[state];
}
