import { stateOfSplit } from '../../ground/addresses/split.ts';
import type { Link } from '../links/queries.ts';

/** How a link stands for its visitors, as a pill says it. `variant`: of a badge; left out, it is the one of all is well. */
export type LinkStatus = { label: string; variant?: 'secondary' | 'outline' | 'warning' | 'destructive' };

/** `isTested`: an A/B test splits its visitors. `rules`: how many send some of them elsewhere. */
type Standing = { isLive: boolean; isTested: boolean; rules: number };

type State = (link: Link, now: Date, timeZone: string) => LinkStatus | false;

/** THE list of states besides live, one a line; the first that a link is in says how it stands. */
const states: readonly State[] = [
  ({ archivedAt }) => archivedAt !== null && { label: 'Archived', variant: 'secondary' },
];

/**
 * How a link stands at a moment.
 * @param timeZone of the workspace, for states that name a day
 */
export function statusOf(link: Link, now: Date, timeZone: string): LinkStatus & Standing {
  for (const state of states) {
    const status = state(link, now, timeZone);
    if (status) return { ...status, isLive: false, isTested: false, rules: 0 };
  }
  const isTested = link.split !== null && stateOfSplit(link.split, now) === 'running';
  return { label: 'Live', isLive: true, isTested, rules: link.routes?.length ?? 0 };
}
