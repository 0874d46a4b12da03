import type { CampaignPlan } from '../../links/links/campaigns.ts';

/** How a campaign stands by its days, as a pill says it. `variant`: of a badge; left out, it is the one of all is well. */
export type CampaignStatus = { label: string; variant?: 'secondary' | 'outline' };

type State = (plan: Pick<CampaignPlan, 'startsOn' | 'endsOn'>, today: string) => CampaignStatus | false;

/** THE list of states, one a line; the first that a campaign is in says how it stands. */
const states: readonly State[] = [
  ({ startsOn }, today) => startsOn !== null && today < startsOn && { label: 'Planned', variant: 'outline' },
  ({ endsOn }, today) => endsOn !== null && today > endsOn && { label: 'Over', variant: 'secondary' },
  ({ startsOn, endsOn }) => (startsOn ?? endsOn) !== null && { label: 'Running' },
];

/**
 * How a campaign stands on a day; one without days neither runs nor ends.
 * @param today of the workspace's calendar, 'YYYY-MM-DD'
 */
export function campaignStatusOf(...asked: Parameters<State>): CampaignStatus | undefined {
  for (const state of states) {
    const status = state(...asked);
    if (status) return status;
  }
  return undefined;
}
